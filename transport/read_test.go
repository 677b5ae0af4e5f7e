package transport

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	"github.com/gobwas/ws"

	"pixelplayground/actors"
	"pixelplayground/actors/canvas"
	"pixelplayground/codec"
	"pixelplayground/transport/upgrade/upgradetest"
)

func closePayload(code uint16, reason string) []byte {
	return append(binary.BigEndian.AppendUint16(nil, code), reason...)
}

// First bytes of frames.
const (
	fin  = 0x80
	rsv1 = 0x40
)

// violation is what a client sends once it is connected, and the code it is closed with.
type violation struct {
	name   string
	frames [][]byte
	code   codec.CloseCode
}

func commonViolations(data, other ws.OpCode) []violation {
	long := make([]byte, 126)
	first := byte(data)
	cases := []violation{
		{"reserved bit", [][]byte{rawFrame(fin|rsv1|first, true, nil)}, 1002},
		{"reserved bit of a ping", [][]byte{rawFrame(fin|rsv1|byte(ws.OpPing), true, nil)}, 1002},
		{"fragmented ping", [][]byte{rawFrame(byte(ws.OpPing), true, nil)}, 1002},
		{"fragmented close", [][]byte{rawFrame(byte(ws.OpClose), true, nil)}, 1002},
		{"oversized ping", [][]byte{frame(ws.OpPing, long)}, 1002},
		{"oversized pong", [][]byte{frame(ws.OpPong, long)}, 1002},
		{"oversized close", [][]byte{frame(ws.OpClose, long)}, 1002},
		{"unmasked data", [][]byte{rawFrame(fin|first, false, []byte("x"))}, 1002},
		{"unmasked ping", [][]byte{rawFrame(fin|byte(ws.OpPing), false, nil)}, 1002},
		{"length with its highest bit", [][]byte{{fin | first, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4}}, 1002},
		{"length of 16 bits that fits in 7", [][]byte{{fin | first, 0xFE, 0, 2, 0, 0, 0, 0, '{', '}'}}, 1002},
		{"length of 64 bits that fits in 7", [][]byte{{fin | first, 0xFF, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, '{', '}'}}, 1002},
		{"length of 64 bits that fits in 16", [][]byte{{fin | first, 0xFF, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0, 0, 0, 0}}, 1002},
		{"length of a ping in 16 bits", [][]byte{{fin | byte(ws.OpPing), 0xFE, 0, 0, 0, 0, 0, 0}}, 1002},
		{"continuation of nothing", [][]byte{frame(ws.OpContinuation, nil)}, 1002},
		{"continuation of what has ended", [][]byte{
			rawFrame(first, true, nil), frame(ws.OpPing, nil), rawFrame(0, true, nil),
			rawFrame(first, true, nil)}, 1002},
		{"new message among fragments", [][]byte{rawFrame(first, true, []byte("{")), frame(data, []byte("}"))}, 1002},
		{"wrong kind", [][]byte{frame(other, []byte("{}"))}, 1003},
		{"fragments of the wrong kind", [][]byte{rawFrame(byte(other), true, []byte("{"))}, 1003},
		{"message too long", [][]byte{frame(data, make([]byte, codec.MaxClientMessage+1))}, 1009},
		{"announced too long", [][]byte{{fin | first, 0xFF, 0, 0, 1, 0, 0, 0, 0, 0, 1, 2, 3, 4}}, 1009},
		{"fragments too long together", [][]byte{
			rawFrame(first, true, make([]byte, codec.MaxClientMessage)), rawFrame(0, true, []byte("x"))}, 1009},
		{"close of one byte", [][]byte{frame(ws.OpClose, []byte{3})}, 1002},
		{"close with a reason that is not UTF-8", [][]byte{frame(ws.OpClose, closePayload(1000, "\xff"))}, 1007},
		{"close", [][]byte{frame(ws.OpClose, closePayload(1000, "bye"))}, 1000},
		{"close, going away", [][]byte{frame(ws.OpClose, closePayload(1001, ""))}, 1001},
		{"close, of an application", [][]byte{frame(ws.OpClose, closePayload(3000, ""))}, 3000},
		{"close without code", [][]byte{frame(ws.OpClose, nil)}, 0},
		{"frames behind a close", [][]byte{frame(ws.OpClose, closePayload(1000, "")), frame(other, nil)}, 1000},
		{"ping between fragments, then a violation", [][]byte{
			rawFrame(first, true, nil), frame(ws.OpPing, []byte("x")), frame(data, nil)}, 1002},
	}
	for _, op := range []byte{3, 4, 5, 6, 7, 0xB, 0xC, 0xD, 0xE, 0xF} {
		cases = append(cases, violation{fmt.Sprintf("opcode %d", op), [][]byte{rawFrame(fin|op, true, nil)}, 1002})
	}
	for _, code := range []uint16{0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535} {
		cases = append(cases, violation{fmt.Sprintf("close %d", code), [][]byte{frame(ws.OpClose, closePayload(code, ""))}, 1002})
	}
	return cases
}

func TestRead_Violations(t *testing.T) {
	onBothSockets(t, func(t *testing.T, plain bool) {
		s, _ := openServer(t, plain, nil)
		check := func(protocol string, dial func(*testing.T) *client, cases []violation) {
			for _, tt := range cases {
				t.Run(protocol+"/"+tt.name, func(t *testing.T) {
					c := dial(t)
					c.write(bytes.Join(tt.frames, nil))
					if code := c.closeCode(); code != tt.code {
						t.Fatalf("closed with %d, not %d", code, tt.code)
					}
					if echo := tt.code < 1002 || tt.code == 3000; (c.reason == "") != echo {
						t.Errorf("closed with %d for %q", tt.code, c.reason)
					}
				})
			}
		}
		half := []byte("\xe2\x82") // of "€"
		check("json", func(t *testing.T) *client { return dial(t, s, "") }, append(commonViolations(ws.OpText, ws.OpBinary),
			violation{"not UTF-8", [][]byte{frame(ws.OpText, []byte("\"\xff\""))}, 1007},
			violation{"not UTF-8 at the end", [][]byte{frame(ws.OpText, half)}, 1007},
			violation{"not UTF-8 across fragments", [][]byte{
				rawFrame(byte(ws.OpText), true, half), rawFrame(fin, true, []byte("x"))}, 1007},
		))
		hello := frame(ws.OpBinary, codec.AppendHello(nil, codec.Hello{}))
		check("binary", func(t *testing.T) *client { return dialBinary(t, s) }, append(commonViolations(ws.OpBinary, ws.OpText),
			violation{"empty message", [][]byte{frame(ws.OpBinary, nil)}, codec.CloseMalformed},
			violation{"malformed message", [][]byte{frame(ws.OpBinary, []byte{0x93, 4})}, codec.CloseMalformed},
			violation{"second hello", [][]byte{hello}, codec.CloseMalformed},
		))
		ping := frame(ws.OpBinary, codec.AppendPing(nil, codec.Ping{Token: 1}))
		check("greeting", func(t *testing.T) *client { return dial(t, s, upgradetest.OfferBinary) }, []violation{
			{"no hello", [][]byte{ping}, codec.CloseNoHello},
			{"malformed hello", [][]byte{frame(ws.OpBinary, []byte{0x91})}, codec.CloseMalformed},
		})
		upgradetest.Eventually(t, "all connections gone", func() bool { return s.Counters().Connections.Load() == 0 })
	})
}

func TestRead_JSONMessages(t *testing.T) {
	onBothSockets(t, func(t *testing.T, plain bool) {
		s, host := openServer(t, plain, nil)
		c := dial(t, s, "")
		if m := c.text(); m["type"] != "connected" || m["clientId"] == "" || m["node"] != "pod" {
			t.Fatalf("got %v", m)
		}
		tests := []struct{ send, want string }{
			{`{"type":"ping"}`, `map[timestamp:1.700000001e+12 type:pong]`},
			{`{"type":"nonsense"}{`, `map[message:Invalid message format type:error]`},
			{``, `map[message:Invalid message format type:error]`},
			{`{"type":"pixel_update","x":-1,"y":0,"color":"#000000"}`, `map[message:Invalid pixel data type:error]`},
		}
		for _, tt := range tests {
			c.send(ws.OpText, []byte(tt.send))
			if got := fmt.Sprint(c.text()); got != tt.want {
				t.Errorf("%q answered %s", tt.send, got)
			}
		}
		// In fragments, with a euro sign cut in two and a ping in between.
		whole := `{"type":"set_username","username":"€"}`
		cut := strings.Index(whole, "€") + 1
		c.write(rawFrame(byte(ws.OpText), true, []byte(whole[:cut])))
		c.send(ws.OpPing, []byte("still there?"))
		c.write(rawFrame(0, true, nil))
		c.write(rawFrame(fin, true, []byte(whole[cut:])))
		if op, payload := c.next(); op != ws.OpPong || string(payload) != "still there?" {
			t.Fatalf("got %v %q", op, payload)
		}
		c.send(ws.OpText, []byte(`{"type":"unheard of"}`))
		c.send(ws.OpText, []byte(`{"type":"pixel_update","x":65,"y":1,"color":"#aAbBcC","username":" bob "}`))
		if m := c.text(); m["type"] != "pixel_updated" || m["x"] != 65.0 || m["y"] != 1.0 || m["color"] != "#AABBCC" || m["username"] != "ada" {
			t.Fatalf("got %v", m)
		}
		want := []any{
			actors.Hello{}, actors.SubscribeAll{}, actors.Rename{Name: "€"},
			actors.Place{Dots: []canvas.Dot{{X: 65, Y: 1, Color: 0xAABBCC}}, Alias: "bob", Spelling: "#aAbBcC"},
		}
		if got := host.session(1).received(); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("actor got %+v", got)
		}
	})
}

func TestRead_BinaryMessages(t *testing.T) {
	onBothSockets(t, func(t *testing.T, plain bool) {
		s, host := openServer(t, plain, nil)
		c := dial(t, s, upgradetest.OfferBinary)
		session := canvas.Session{1, 2, 3}
		all := [][]byte{
			codec.AppendHello(nil, codec.Hello{Session: session, Resume: true, Name: "ada"}),
			codec.AppendSubscribe(nil, codec.Subscribe{Marks: []canvas.Mark{{Region: 3}, {Region: 16}, {Region: 1 << 31}}}),
			codec.AppendUnsubscribe(nil, codec.Unsubscribe{Regions: []canvas.RegionID{16, 3}}),
			codec.AppendPlace(nil, codec.Place{Op: 4, Dots: []canvas.Dot{{X: 1, Y: 2, Color: 3}}}),
			codec.AppendRename(nil, codec.Rename{Name: "bob"}),
			codec.AppendCursor(nil, codec.Cursor{X: 5, Y: 6}),
			codec.AppendBeckon(nil, codec.Beckon{X: 7, Y: 8}),
			{0x91, 0x0f}, // a type of the future
			codec.AppendPing(nil, codec.Ping{Token: 1}),
		}
		// As one stream in single bytes, in which frames have no boundaries, and fragmented.
		var stream []byte
		for i, m := range all {
			if i%2 == 0 {
				stream = append(stream, frame(ws.OpBinary, m)...)
			} else {
				stream = append(stream, rawFrame(byte(ws.OpBinary), true, m[:1])...)
				stream = append(stream, rawFrame(fin, true, m[1:])...)
			}
		}
		for _, b := range stream {
			c.write([]byte{b})
		}
		var refused []canvas.Refusal
		for done := false; !done; {
			switch m := c.message().(type) {
			case codec.Refused:
				if m.Op != 0 || m.Retry != 0 {
					t.Fatalf("got %+v", m)
				}
				refused = append(refused, m.Code)
			case codec.Pong:
				done = true
			}
		}
		if fmt.Sprint(refused) != "[region region unknown]" {
			t.Errorf("refused %v", refused)
		}
		want := []any{
			actors.Hello{Session: session, Resume: true, Name: "ada"}, actors.Subscribe{Marks: []canvas.Mark{{Region: 3}}},
			actors.Unsubscribe{Regions: []canvas.RegionID{3}}, actors.Place{Num: 4, Dots: []canvas.Dot{{X: 1, Y: 2, Color: 3}}},
			actors.Rename{Name: "bob"}, actors.Cursor{X: 5, Y: 6}, actors.Beckon{X: 7, Y: 8},
		}
		if got := host.session(1).received(); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("actor got %+v", got)
		}
	})
}

// A message of the largest size passes, in one frame and in many.
func TestRead_LargestMessage(t *testing.T) {
	onBothSockets(t, func(t *testing.T, plain bool) {
		s, _ := openServer(t, plain, nil)
		c := dial(t, s, "")
		c.text()
		message := make([]byte, codec.MaxClientMessage)
		copy(message, "x")
		c.send(ws.OpText, message)
		for i := range 64 {
			first := byte(0)
			if i == 0 {
				first = byte(ws.OpText)
			}
			c.write(rawFrame(first, true, message[:1024]))
		}
		c.write(rawFrame(fin, true, nil))
		for range 2 {
			if m := c.text(); m["message"] != codec.JSONErrorFormat {
				t.Fatalf("got %v", m)
			}
		}
	})
}

// A client that pings without reading the answers is not read from any more.
func TestRead_PingFloodIsBounded(t *testing.T) {
	s, _ := openServer(t, false, nil)
	c := dialBinary(t, s)
	ping := bytes.Repeat(frame(ws.OpPing, make([]byte, 125)), 1000)
	sent := make(chan error, 1) // sent to once
	go func() {
		for {
			if _, err := c.conn.Write(ping); err != nil {
				sent <- err
				return
			}
		}
	}()
	upgradetest.Eventually(t, "throttled", func() bool { return s.Counters().Throttled.Load() > 0 && s.Counters().Slow.Load() > 0 })
	inspect(s, 1, func(_ *shard, c *conn) {
		if held := c.held(); held > 2*maxBacklog+2*readBuffer {
			t.Errorf("%d bytes are held for one client", held)
		}
	})
	_ = c.conn.Close()
	<-sent
}
