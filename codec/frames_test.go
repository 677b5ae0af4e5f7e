package codec

import (
	"encoding/hex"
	"time"

	"pixelplayground/actors/canvas"
)

// frame is an example of a message. decodeOnly holds its bytes if the codec reads them but would
// write others, or none.
type frame struct {
	name       string
	message    any // ClientMessage or ServerMessage
	decodeOnly []byte
	tile       canvas.Tile // what the data of a Snapshot holds, 2x2 pixels
}

// bigSeq is the largest integer that JavaScript counts to; server state never gets near.
const bigSeq = 1<<53 - 1

// tileData is 2x2 pixels, red, green, blue, white, compressed by another zlib than Go's
// (Python's, level 9), so that reading it says something about the format.
const tileData = "78dafbcfc0c0f01f848100001dee05fb"

func mustHex(s string) []byte {
	b, err := hex.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return b
}

func at(region canvas.RegionID, epoch, seq uint64) canvas.Mark {
	return canvas.Mark{Region: region, Position: canvas.Position{Epoch: epoch, Seq: seq}}
}

func run(author canvas.Author, pixels ...canvas.Pixel) canvas.Op {
	return canvas.Op{ID: canvas.OpID{Author: author}, Pixels: pixels}
}

func aliasRun(name string, pixels ...canvas.Pixel) canvas.Op {
	return canvas.Op{Name: name, Alias: true, Pixels: pixels}
}

func stroke(n int) []canvas.Dot {
	dots := make([]canvas.Dot, n)
	for i := range dots {
		dots[i] = canvas.Dot{X: uint16(250 + i), Y: 7, Color: 0x8000FF}
	}
	return dots
}

func clientFrames() []frame {
	session := canvas.Session{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 255}
	return []frame{
		{name: "hello-new", message: Hello{Name: "Ada"}},
		{name: "hello-resume", message: Hello{Session: session, Resume: true}},
		{name: "hello-resume-sent", message: Hello{Session: session, Resume: true, Name: "Ada", Sent: new(uint64(300))}},
		{name: "hello-token", message: Hello{Name: "Ada", Sent: new(uint64(0)), Token: "eyJhbGciOiJFZERTQSJ9.e30.c2ln"}},
		{name: "hello-knows", message: Hello{Name: "Ada", Sent: new(uint64(0)), Knows: canvas.RefusedBanned}},
		{name: "hello-resume-knows", message: Hello{Session: session, Resume: true, Sent: new(uint64(300)), Knows: canvas.RefusedBanned}},
		{name: "hello-token-knows", message: Hello{Name: "Ada", Sent: new(uint64(7)), Token: "eyJhbGciOiJFZERTQSJ9.e30.c2ln", Knows: canvas.RefusedBanned}},
		{name: "auth", message: Auth{Token: "eyJhbGciOiJFZERTQSJ9.e30.c2ln"}},
		{name: "hello-not-ascii", message: Hello{Name: "Zoë 🎨 日本"}},
		{name: "hello-longest-name", message: Hello{Name: "日本日本日本日本日本日本日本日本日本日本"}},
		{name: "subscribe-blank", message: Subscribe{Marks: []canvas.Mark{at(0, 0, 0)}}},
		{name: "subscribe-resume", message: Subscribe{Marks: []canvas.Mark{at(0, 1, 17), at(15, 200, 70000), at(4095, 1<<32, bigSeq)}}},
		{name: "subscribe-none", message: Subscribe{Marks: []canvas.Mark{}}},
		{name: "unsubscribe", message: Unsubscribe{Regions: []canvas.RegionID{0, 15, 200, 4095}}},
		{name: "place-one", message: Place{Op: 1, Dots: []canvas.Dot{{X: 3, Y: 4, Color: 0xFF0080}}}},
		{name: "place-corners", message: Place{Op: 300, Dots: []canvas.Dot{{}, {X: 1023, Y: 767, Color: 0xFFFFFF}, {X: 65535, Y: 65535, Color: 0x010203}}}},
		{name: "place-stroke", message: Place{Op: bigSeq, Dots: stroke(40)}},
		{name: "rename", message: Rename{Name: "Grace"}},
		{name: "rename-none", message: Rename{}},
		{name: "cursor", message: Cursor{X: 0, Y: 500}},
		{name: "cursor-gone", message: Cursor{X: canvas.PointerGone, Y: canvas.PointerGone}},
		{name: "beckon", message: Beckon{X: 10, Y: 500}},
		{name: "ping", message: Ping{Token: 42}},
		{name: "ping-large-token", message: Ping{Token: bigSeq}},
	}
}

func serverFrames() []frame {
	session := canvas.Session{0xDE, 0xAD, 0xBE, 0xEF, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}
	now := time.UnixMilli(1_760_000_000_123)
	red, green, blue := canvas.Color(0xFF0000), canvas.Color(0x00FF00), canvas.Color(0x0000FF)
	return []frame{
		{name: "welcome", message: Welcome{Session: session, User: 0xABCDEF123456, Node: "playground-gateway-0", Time: now,
			Geometry: canvas.Geometry{Width: 1024, Height: 1024, Region: 256}, Rate: 200, Burst: 2000, Window: 256}},
		{name: "welcome-small-canvas", message: Welcome{Session: session, User: 7, Node: "zürich", Time: now,
			Geometry: canvas.Geometry{Width: 100, Height: 60, Region: 64}, Rate: 0.5, Burst: 1, Window: 1}},
		{name: "welcome-no-limit", message: Welcome{Session: session, User: 1<<48 - 1, Time: now,
			Geometry: canvas.Geometry{Width: 16384, Height: 4096, Region: 256}, Window: 256}},
		{name: "snapshot-blank", message: Snapshot{Mark: at(3, 0, 0), Data: []byte{}}, tile: canvas.NewTile(2, 2)},
		{name: "snapshot", message: Snapshot{Mark: at(12, 1<<32, bigSeq), Data: mustHex(tileData)},
			tile: mustHex("ff000000ff000000ffffffff")},
		{name: "pixels-one", message: Pixels{canvas.Batch{Region: 2, Epoch: 5, From: 41, To: 42,
			Ops: []canvas.Op{run(9, canvas.Pixel{Pos: 258, Color: red})}}}},
		{name: "pixels-one-author", message: Pixels{canvas.Batch{Region: 0, Epoch: 1, From: 0, To: 3,
			Ops: []canvas.Op{run(0xABCDEF123456, canvas.Pixel{Pos: 0, Color: red}, canvas.Pixel{Pos: 65535, Color: green}, canvas.Pixel{Pos: 0, Color: blue})}}}},
		{name: "pixels-authors", message: Pixels{canvas.Batch{Region: 1, Epoch: 300, From: 100, To: 104, Ops: []canvas.Op{
			run(7, canvas.Pixel{Pos: 1, Color: red}, canvas.Pixel{Pos: 2, Color: green}),
			run(70000, canvas.Pixel{Pos: 3, Color: blue}),
			run(7, canvas.Pixel{Pos: 1, Color: 0x123456})}}}},
		{name: "pixels-alias", message: Pixels{canvas.Batch{Region: 1, Epoch: 2, From: 9, To: 10,
			Ops: []canvas.Op{aliasRun("Bot ✨", canvas.Pixel{Pos: 77, Color: green})}}}},
		{name: "pixels-alias-and-users", message: Pixels{canvas.Batch{Region: 1, Epoch: 2, From: 10, To: 14, Ops: []canvas.Op{
			aliasRun("Ada", canvas.Pixel{Pos: 1, Color: red}),
			run(3, canvas.Pixel{Pos: 2, Color: red}, canvas.Pixel{Pos: 3, Color: red}),
			aliasRun("Grace", canvas.Pixel{Pos: 4, Color: red})}}}},
		{name: "pixels-merged", message: Pixels{canvas.Batch{Region: 4, Epoch: 8, From: 1000, To: 3000,
			Ops: []canvas.Op{run(3, canvas.Pixel{Pos: 2, Color: red}), run(4, canvas.Pixel{Pos: 3, Color: red})}}}},
		{name: "pixels-large-numbers", message: Pixels{canvas.Batch{Region: 4095, Epoch: 1 << 32, From: bigSeq - 1, To: bigSeq,
			Ops: []canvas.Op{run(1<<48-1, canvas.Pixel{Pos: 65535, Color: 0xFFFFFF})}}}},
		{name: "pixels-nothing-missed", message: Pixels{canvas.Batch{Region: 6, Epoch: 12, From: 345, To: 345}}},
		{name: "ack", message: Ack{Ops: []uint64{1}, Left: 1999}},
		{name: "waiting", message: Waiting{Ops: []uint64{2, 70000}}},
		{name: "ack-several", message: Ack{Ops: []uint64{2, 3, 200, 70000, bigSeq}, Left: 0}},
		{name: "refused-rate", message: Refused{Op: 17, Code: canvas.RefusedRate, Retry: 250 * time.Millisecond, Left: 3}},
		{name: "refused-unknown", message: Refused{Op: 0, Code: canvas.RefusedUnknown, Left: 2000}},
		{name: "ack-next", message: Ack{Ops: []uint64{1}, Left: 4, Free: Free{At: 1_760_000_004_567, Said: true}}},
		{name: "ack-full", message: Ack{Ops: []uint64{1}, Left: 2000, Free: Free{Said: true}}},
		{name: "refused-next", message: Refused{Op: 17, Code: canvas.RefusedRate, Retry: 4444 * time.Millisecond, Left: 0, Free: Free{At: 1_760_000_004_567, Said: true}}},
		{name: "allowance", message: Allowance{Rate: 0.2, Burst: 6, Left: 5, Next: 1_760_000_004_567}},
		{name: "allowance-full", message: Allowance{Rate: 0.2, Burst: 6, Left: 6}},
		{name: "cursors", message: Cursors{Pointers: []canvas.Pointer{
			{Author: 0xABCDEF123456, X: 10, Y: 500}, {Author: 7, X: canvas.PointerGone, Y: canvas.PointerGone}}}},
		{name: "cursors-none", message: Cursors{Pointers: []canvas.Pointer{}}},
		{name: "beckons", message: Beckons{Places: []canvas.Pointer{{Author: 0xABCDEF123456, X: 10, Y: 500}, {Author: 7, X: 1023}}}},
		{name: "presence-full", message: Presence{Count: 3, Full: true,
			Joined: []canvas.User{{Author: 7, Name: "Ada"}, {Author: 0xABCDEF123456, Name: "Zoë 🎨"}}, Left: []canvas.Author{}}},
		{name: "presence-change", message: Presence{Count: 100000,
			Joined: []canvas.User{{Author: 8, Name: "Grace"}}, Left: []canvas.Author{7, 1<<48 - 1}}},
		{name: "presence-people", message: Presence{Count: 3, People: 2, Joined: []canvas.User{}, Left: []canvas.Author{}}},
		{name: "presence-count", message: Presence{Count: 1, Joined: []canvas.User{}, Left: []canvas.Author{}}},
		{name: "pong", message: Pong{Token: 42, Time: now}},
		{name: "notice-draining", message: Notice{Code: NoticeDraining, Text: "restarting", Retry: 180 * time.Millisecond}},
		{name: "refused-frozen", message: Refused{Op: 17, Code: canvas.RefusedFrozen, Retry: 90 * time.Second, Left: 3, Free: Free{Said: true}}},
		{name: "refused-protected", message: Refused{Op: 18, Code: canvas.RefusedProtected, Left: 3, Free: Free{Said: true}}},
		{name: "refused-color", message: Refused{Op: 19, Code: canvas.RefusedColor, Left: 3, Free: Free{Said: true}}},
		{name: "refused-banned", message: Refused{Op: 20, Code: canvas.RefusedBanned, Retry: time.Hour, Left: 3, Free: Free{Said: true}}},
		{name: "notice-templates", message: Notice{Code: NoticeTemplates, Retry: 500 * time.Millisecond}},
		{name: "notice-rules", message: Notice{Code: NoticeRules, Text: "17", Retry: 1500 * time.Millisecond}},
		{name: "notice-announcement", message: Notice{Code: NoticeAnnouncement, Text: "Morgen um 12 Uhr: großes Finale 🎉"}},

		// What a newer server, or one in another language, may send.
		{name: "pong-widest-integers", message: Pong{Token: 42, Time: now},
			decodeOnly: mustHex("dd00000003" + "cc17" + "d3000000000000002a" + "cf00000199c82cc07b")},
		{name: "pong-with-new-elements", message: Pong{Token: 42, Time: now},
			decodeOnly: mustHex("98" + "17" + "2a" + "cf00000199c82cc07b" + "c0" + "93c2cb3ff8000000000000ff" + "82a161c40101a16280" + "d50102ff" + "d9036e6577")},
		{name: "presence-with-new-elements", message: Presence{Count: 2, People: 1, Joined: []canvas.User{{Author: 7, Name: "Ada"}}, Left: []canvas.Author{}},
			decodeOnly: mustHex("97" + "16" + "02" + "c2" + "91" + "9407a34164618101c0c3" + "90" + "01" + "a3616c6c")},
		{name: "unknown-type", message: Unknown{Type: 99},
			decodeOnly: mustHex("93" + "63" + "01" + "a3616c6c")},
	}
}
