package codec

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"reflect"
	"testing"

	"pixelplayground/actors/canvas"
)

var update = flag.Bool("update", false, "rewrite testdata")

const framesFile = "testdata/frames.json"

// goldenFrame is an entry of frames.json, which the JavaScript tests read too.
type goldenFrame struct {
	Name    string         `json:"name"`
	From    string         `json:"from"` // "client" or "server"
	Hex     string         `json:"hex"`
	Message map[string]any `json:"message"`
	Tile    string         `json:"tile,omitempty"` // hex of the pixels in a SNAPSHOT's data, a region of 2x2
}

// appendMessage encodes any message of either direction.
func appendMessage(dst []byte, message any) []byte {
	switch m := message.(type) {
	case Hello:
		return AppendHello(dst, m)
	case Subscribe:
		return AppendSubscribe(dst, m)
	case Unsubscribe:
		return AppendUnsubscribe(dst, m)
	case Place:
		return AppendPlace(dst, m)
	case Rename:
		return AppendRename(dst, m)
	case Cursor:
		return AppendCursor(dst, m)
	case Beckon:
		return AppendBeckon(dst, m)
	case Ping:
		return AppendPing(dst, m)
	case Auth:
		return AppendAuth(dst, m)
	case Welcome:
		return AppendWelcome(dst, m)
	case Snapshot:
		return AppendSnapshot(dst, m)
	case Pixels:
		if m.Batch.From == m.Batch.To {
			return AppendEmptyPixels(dst, at(m.Batch.Region, m.Batch.Epoch, m.Batch.From))
		}
		return AppendPixels(dst, &m.Batch)
	case Ack:
		return AppendAck(dst, m)
	case Refused:
		return AppendRefused(dst, m)
	case Cursors:
		return AppendCursors(dst, m)
	case Beckons:
		return AppendBeckons(dst, m)
	case Presence:
		return AppendPresence(dst, m)
	case Pong:
		return AppendPong(dst, m)
	case Notice:
		return AppendNotice(dst, m)
	case Waiting:
		return AppendWaiting(dst, m)
	case Allowance:
		return AppendAllowance(dst, m)
	}
	panic("a message that nothing encodes")
}

// describe gives a message's fields by the names of PROTOCOL.md.
func describe(message any) map[string]any {
	switch m := message.(type) {
	case Hello:
		var session any
		if m.Resume {
			session = hex.EncodeToString(m.Session[:])
		}
		fields := map[string]any{"type": typeHello, "session": session, "name": m.Name}
		if m.Sent != nil {
			fields["sent"] = *m.Sent
		}
		if m.Token != "" {
			fields["token"] = m.Token
		}
		if m.Knows > 0 {
			fields["knows"] = m.Knows
		}
		return fields
	case Subscribe:
		marks := []any{}
		for _, mark := range m.Marks {
			marks = append(marks, []any{mark.Region, mark.Position.Epoch, mark.Position.Seq})
		}
		return map[string]any{"type": typeSubscribe, "marks": marks}
	case Unsubscribe:
		return map[string]any{"type": typeUnsubscribe, "regions": m.Regions}
	case Place:
		pixels := []any{}
		for _, d := range m.Dots {
			pixels = append(pixels, []any{d.X, d.Y, d.Color.String()})
		}
		return map[string]any{"type": typePlace, "op": m.Op, "pixels": pixels}
	case Rename:
		return map[string]any{"type": typeRename, "name": m.Name}
	case Cursor:
		if m == (Cursor{canvas.PointerGone, canvas.PointerGone}) {
			return map[string]any{"type": typeCursor}
		}
		return map[string]any{"type": typeCursor, "x": m.X, "y": m.Y}
	case Beckon:
		return map[string]any{"type": typeBeckon, "x": m.X, "y": m.Y}
	case Ping:
		return map[string]any{"type": typePing, "token": m.Token}
	case Auth:
		return map[string]any{"type": typeAuth, "token": m.Token}
	case Welcome:
		return map[string]any{"type": typeWelcome, "session": hex.EncodeToString(m.Session[:]), "user": m.User, "node": m.Node,
			"time": m.Time.UnixMilli(), "width": m.Geometry.Width, "height": m.Geometry.Height, "region": m.Geometry.Region,
			"rate": m.Rate, "burst": m.Burst, "window": m.Window}
	case Snapshot:
		return map[string]any{"type": typeSnapshot, "region": m.Mark.Region, "epoch": m.Mark.Position.Epoch,
			"seq": m.Mark.Position.Seq, "data": hex.EncodeToString(m.Data)}
	case Pixels:
		return describePixels(m.Batch)
	case Ack:
		return withFree(map[string]any{"type": typeAck, "ops": m.Ops, "left": m.Left}, m.Free)
	case Allowance:
		return map[string]any{"type": typeAllowance, "rate": m.Rate, "burst": m.Burst, "left": m.Left, "next": m.Next}
	case Waiting:
		return map[string]any{"type": typeWaiting, "ops": m.Ops}
	case Refused:
		return withFree(map[string]any{"type": typeRefused, "op": m.Op, "code": m.Code, "retry": m.Retry.Milliseconds(), "left": m.Left}, m.Free)
	case Cursors:
		return map[string]any{"type": typeCursors, "cursors": describePointers(m.Pointers)}
	case Beckons:
		return map[string]any{"type": typeBeckons, "cursors": describePointers(m.Places)}
	case Presence:
		joined := []any{}
		for _, u := range m.Joined {
			joined = append(joined, []any{u.Author, u.Name})
		}
		fields := map[string]any{"type": typePresence, "count": m.Count, "full": m.Full, "joined": joined, "left": m.Left}
		if m.People > 0 {
			fields["people"] = m.People
		}
		return fields
	case Pong:
		return map[string]any{"type": typePong, "token": m.Token, "time": m.Time.UnixMilli()}
	case Notice:
		return map[string]any{"type": typeNotice, "code": m.Code, "text": m.Text, "retry": m.Retry.Milliseconds()}
	case Unknown:
		return map[string]any{"type": m.Type}
	}
	panic("a message that nothing describes")
}

func withFree(fields map[string]any, f Free) map[string]any {
	if f.Said {
		fields["next"] = f.At
	}
	return fields
}

func describePointers(pointers []canvas.Pointer) []any {
	described := []any{}
	for _, p := range pointers {
		described = append(described, []any{p.Author, p.X, p.Y})
	}
	return described
}

func describePixels(b canvas.Batch) map[string]any {
	pixels, authors := []any{}, []any{}
	for _, op := range b.Ops {
		for _, p := range op.Pixels {
			pixels = append(pixels, []any{p.Pos, p.Color.String()})
		}
		if op.Alias {
			authors = append(authors, []any{len(op.Pixels), op.Name})
		} else {
			authors = append(authors, []any{len(op.Pixels), op.ID.Author})
		}
	}
	return map[string]any{"type": typePixels, "region": b.Region, "epoch": b.Epoch, "from": b.From, "count": b.To - b.From,
		"pixels": pixels, "authors": authors}
}

func (f frame) bytes() []byte {
	if f.decodeOnly != nil {
		return f.decodeOnly
	}
	return appendMessage(nil, f.message)
}

func goldenFrames() []goldenFrame {
	var golden []goldenFrame
	add := func(from string, frames []frame) {
		for _, f := range frames {
			golden = append(golden, goldenFrame{f.name, from, hex.EncodeToString(f.bytes()), describe(f.message), hex.EncodeToString(f.tile)})
		}
	}
	add("client", clientFrames())
	add("server", serverFrames())
	return golden
}

// writeGolden writes one frame per line, so that a change to the wire reads well in a diff.
func writeGolden[T any](t *testing.T, name string, frames []T) {
	t.Helper()
	var file bytes.Buffer
	for i, f := range frames {
		file.WriteString(map[bool]string{true: "[\n", false: ",\n"}[i == 0])
		line := json.NewEncoder(&file)
		line.SetEscapeHTML(false)
		if err := line.Encode(f); err != nil {
			t.Fatal(err)
		}
		file.Truncate(file.Len() - 1) // the encoder's line end
	}
	file.WriteString("\n]\n")
	if err := os.WriteFile(name, file.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

func readGolden(t testing.TB, name string, frames any) {
	t.Helper()
	file, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	numbers := json.NewDecoder(bytes.NewReader(file))
	numbers.UseNumber() // a float64 would hide an error in the last digit
	if err := numbers.Decode(frames); err != nil {
		t.Fatal(err)
	}
}

func readFrames(t testing.TB) (frames []goldenFrame) {
	t.Helper()
	readGolden(t, framesFile, &frames)
	return frames
}

// TestFrames_Golden keeps the wire form fixed: the file changes only with -update, and then the
// JavaScript codec must read and write the same.
func TestFrames_Golden(t *testing.T) {
	if *update {
		writeGolden(t, framesFile, goldenFrames())
	}
	file := readFrames(t)
	golden := goldenFrames()
	if len(file) != len(golden) {
		t.Fatalf("%s has %d frames, this package %d: run go test ./codec -update", framesFile, len(file), len(golden))
	}
	for i, want := range file {
		t.Run(want.From+"/"+want.Name, func(t *testing.T) {
			got := golden[i]
			if got.Name != want.Name || got.From != want.From || got.Hex != want.Hex || got.Tile != want.Tile {
				t.Errorf("encoded\n got %s %s %s\nwant %s %s %s", got.From, got.Name, got.Hex, want.From, want.Name, want.Hex)
			}
			message := decodeFrom(t, want.From, mustHex(want.Hex))
			if got, want := asJSON(t, describe(message)), asJSON(t, want.Message); got != want {
				t.Errorf("decoded\n got %s\nwant %s", got, want)
			}
		})
	}
}

// TestFrames_Decode compares what the golden file doesn't show, such as nil against empty.
func TestFrames_Decode(t *testing.T) {
	for _, f := range clientFrames() {
		if got := decodeFrom(t, "client", f.bytes()); !reflect.DeepEqual(got, f.message) {
			t.Errorf("%s:\n got %#v\nwant %#v", f.name, got, f.message)
		}
	}
	for _, f := range serverFrames() {
		got := decodeFrom(t, "server", f.bytes())
		if !reflect.DeepEqual(got, f.message) {
			t.Errorf("%s:\n got %#v\nwant %#v", f.name, got, f.message)
		}
		if s, ok := got.(Snapshot); ok {
			if tile, err := DecompressTile(s.Data, 2, 2); err != nil || !bytes.Equal(tile, f.tile) {
				t.Errorf("%s: tile %x (%v), want %x", f.name, tile, err, f.tile)
			}
		}
	}
}

// TestFrames_AppendKeepsWhatIsThere: several messages can share one buffer.
func TestFrames_AppendKeepsWhatIsThere(t *testing.T) {
	for _, f := range append(clientFrames(), serverFrames()...) {
		if f.decodeOnly != nil {
			continue
		}
		want := append([]byte("before"), f.bytes()...)
		if got := appendMessage([]byte("before"), f.message); !bytes.Equal(got, want) {
			t.Errorf("%s: %x, want %x", f.name, got, want)
		}
	}
}

func decodeFrom(t testing.TB, from string, p []byte) any {
	t.Helper()
	var message any
	var err error
	if from == "client" {
		message, err = DecodeClient(p)
	} else {
		message, err = DecodeServer(p)
	}
	if err != nil {
		t.Fatalf("decode %x: %v", p, err)
	}
	return message
}

func asJSON(t testing.TB, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
