package codec

import (
	"bytes"
	"encoding/hex"
	"errors"
	"io"
	"reflect"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
)

const pastFile = "testdata/past.json"

// pastFrame is an entry of past.json, which the JavaScript tests read too. Hex has the length before
// the message.
type pastFrame struct {
	Name    string         `json:"name"`
	Hex     string         `json:"hex"`
	Message map[string]any `json:"message"`
	Tile    string         `json:"tile,omitempty"` // as in frames.json
}

func pastPixel(pos uint16, color canvas.Color, user canvas.Author, at int64, cause string) PastPixel {
	return PastPixel{canvas.Pixel{Pos: pos, Color: color}, user, at, cause}
}

func pastFrames() []frame {
	const now = 1_760_000_000_123
	at := func(ms int64) time.Time { return time.UnixMilli(ms) }
	return []frame{
		{name: "snapshot-blank", message: PastSnapshot{Snapshot{Mark: canvas.Mark{Region: 3}, Data: []byte{}}, at(0)}, tile: canvas.NewTile(2, 2)},
		{name: "snapshot", message: PastSnapshot{Snapshot{Mark: canvas.Mark{Region: 12, Position: canvas.Position{Epoch: 1 << 32, Seq: bigSeq}},
			Data: mustHex(tileData)}, at(now)}, tile: mustHex("ff000000ff000000ffffffff")},
		{name: "pixels-one", message: PastPixels{Region: 2, Epoch: 5, From: 41, Names: []canvas.User{{Author: 9, Name: "Ada"}},
			Pixels: []PastPixel{pastPixel(258, 0xFF0000, 9, now, "")}}},
		{name: "pixels-runs", message: PastPixels{Region: 1, Epoch: 300, From: 100,
			Names: []canvas.User{{Author: 0xABCDEF123456, Name: "Zoë 🎨"}, {Author: 7, Name: ""}},
			Pixels: []PastPixel{
				pastPixel(1, 0xFF0000, 7, now, ""), pastPixel(2, 0x00FF00, 7, now, ""),
				pastPixel(65535, 0x0000FF, 0xABCDEF123456, now+5, "rollback"), pastPixel(1, 0x123456, 7, now+5, ""),
				pastPixel(0, 0xFFFFFF, 0, now+70_000, "")}}},
		{name: "pixels-nobody-new", message: PastPixels{Region: 0, Epoch: 1, From: bigSeq - 1, Names: []canvas.User{},
			Pixels: []PastPixel{pastPixel(0, 0, 1<<48-1, now, "")}}},
		{name: "end", message: PastEnd{Region: 2, Seq: 42, Time: at(now)}},
		{name: "end-more", message: PastEnd{Region: 4095, Seq: bigSeq, Time: at(now), More: true}},
		{name: "end-nothing", message: PastEnd{Time: at(0)}},
		{name: "unknown-type", message: Unknown{Type: 99}, decodeOnly: mustHex("c600000007" + "936301a3616c6c")},
		{name: "end-with-new-elements", message: PastEnd{Region: 2, Seq: 42, Time: at(now), More: true},
			decodeOnly: mustHex("c600000012" + "97" + "1b" + "02" + "2a" + "cf00000199c82cc07b" + "c3" + "9107" + "a161")},
	}
}

func appendPast(dst []byte, message any) []byte {
	switch m := message.(type) {
	case PastSnapshot:
		return AppendPastSnapshot(dst, m)
	case PastPixels:
		return AppendPastPixels(dst, m)
	case PastEnd:
		return AppendPastEnd(dst, m)
	}
	panic("a message that nothing encodes")
}

func describePast(message any) map[string]any {
	switch m := message.(type) {
	case PastSnapshot:
		fields := describe(m.Snapshot)
		fields["time"] = m.Time.UnixMilli()
		return fields
	case PastPixels:
		pixels, names := []any{}, []any{}
		for _, p := range m.Pixels {
			pixels = append(pixels, []any{p.Pos, p.Color.String(), p.User, p.Time, p.Cause})
		}
		for _, u := range m.Names {
			names = append(names, []any{u.Author, u.Name})
		}
		return map[string]any{"type": typePixels, "region": m.Region, "epoch": m.Epoch, "from": m.From, "pixels": pixels, "names": names}
	case PastEnd:
		return map[string]any{"type": typeEnd, "region": m.Region, "seq": m.Seq, "time": m.Time.UnixMilli(), "more": m.More}
	}
	return describe(message)
}

func pastBytes(f frame) []byte {
	if f.decodeOnly != nil {
		return f.decodeOnly
	}
	return appendPast(nil, f.message)
}

func readPast(t testing.TB) (frames []pastFrame) {
	t.Helper()
	readGolden(t, pastFile, &frames)
	return frames
}

// TestPast_Golden keeps the form of the past fixed, as TestFrames_Golden does for live messages.
func TestPast_Golden(t *testing.T) {
	var golden []pastFrame
	for _, f := range pastFrames() {
		golden = append(golden, pastFrame{f.name, hex.EncodeToString(pastBytes(f)), describePast(f.message), hex.EncodeToString(f.tile)})
	}
	if *update {
		writeGolden(t, pastFile, golden)
	}
	file := readPast(t)
	if len(file) != len(golden) {
		t.Fatalf("%s has %d frames, this package %d: run go test ./codec -update", pastFile, len(file), len(golden))
	}
	for i, want := range file {
		got := golden[i]
		if got.Name != want.Name || got.Hex != want.Hex || got.Tile != want.Tile || asJSON(t, got.Message) != asJSON(t, want.Message) {
			t.Errorf("encoded\n got %v\nwant %v", got, want)
		}
	}
}

// TestPast_Answer reads all examples as one answer.
func TestPast_Answer(t *testing.T) {
	var answer []byte
	for _, f := range pastFrames() {
		answer = append(answer, pastBytes(f)...)
	}
	from := bytes.NewReader(answer)
	for _, f := range pastFrames() {
		got, err := NextPast(from)
		if err != nil {
			t.Fatalf("%s: %v", f.name, err)
		}
		if !reflect.DeepEqual(got, f.message) {
			t.Errorf("%s:\n got %#v\nwant %#v", f.name, got, f.message)
		}
	}
	if _, err := NextPast(from); err != io.EOF {
		t.Errorf("at the end: %v", err)
	}
}

// TestPast_LiveReaders: who knows only the live protocol reads the pixels without who and when.
func TestPast_LiveReaders(t *testing.T) {
	for _, f := range pastFrames() {
		live, err := DecodeServer(pastBytes(f)[sizeBytes:])
		if err != nil {
			t.Fatalf("%s: %v", f.name, err)
		}
		switch want := f.message.(type) {
		case PastSnapshot:
			if !reflect.DeepEqual(live, want.Snapshot) {
				t.Errorf("%s: got %#v", f.name, live)
			}
		case PastPixels:
			b := live.(Pixels).Batch
			if b.From != want.From || b.To != want.From+uint64(len(want.Pixels)) || b.Pixels() != len(want.Pixels) {
				t.Errorf("%s: got %#v", f.name, b)
			}
		default:
			if _, unknown := live.(Unknown); !unknown {
				t.Errorf("%s: got %#v", f.name, live)
			}
		}
	}
}

func TestPast_CutShort(t *testing.T) {
	for _, f := range pastFrames() {
		whole := pastBytes(f)
		for n := 1; n < len(whole); n++ {
			if m, err := NextPast(bytes.NewReader(whole[:n])); !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Fatalf("%s, %d of %d bytes: %v, %v", f.name, n, len(whole), m, err)
			}
			if n > sizeBytes {
				if m, err := DecodePast(whole[sizeBytes:n]); !errors.Is(err, ErrMalformed) {
					t.Fatalf("%s, %d of %d bytes: %v, %v", f.name, n, len(whole), m, err)
				}
			}
		}
	}
}

func TestPast_Malformed(t *testing.T) {
	const head = "9a1200" + "01" + "00" // PIXELS of region 0, epoch 1, from 0
	const one = "01" + "c4050000ff0000"
	testMalformed(t, []malformed{
		{"a snapshot without a time", "9511030000c400", "missing"},
		{"fewer pixels than count", head + "02" + "c4050000ff0000" + "920207" + "920205" + "90" + "9202a0", "count"},
		{"no author", head + one + "90" + "920105" + "90" + "9201a0", "1 pixels have none"},
		{"half a run", head + one + "9101" + "920105" + "90" + "9201a0", "without a value"},
		{"a run of none", head + one + "920007" + "920105" + "90" + "9201a0", "no pixels"},
		{"a run too long", head + one + "920207" + "920105" + "90" + "9201a0", "at most 1"},
		{"runs too many", head + one + "9401070107" + "920105" + "90" + "9201a0", "at most 2"},
		{"an author that is a name", head + one + "9201a161" + "920105" + "90" + "9201a0", "not an unsigned integer"},
		{"a time beyond all times", head + one + "920107" + "9201cf7fffffffffffffff" + "90" + "9201a0", "at most"},
		{"a name without a user", head + one + "920107" + "920105" + "9191a161" + "9201a0", "at least 2"},
		{"a cause that is no text", head + one + "920107" + "920105" + "90" + "920107", "not a string"},
		{"an end without more", "941b000000", "missing"},
		{"an end that says no boolean", "951b00000007", "not a boolean"},
	}, func(p []byte) error { _, err := DecodePast(p); return err })
	for _, start := range []string{"c500000001" + "90", "c6ffffffff" + "90", "c600100001" + "90", "93010203"} {
		if _, err := NextPast(bytes.NewReader(mustHex(start + "0000"))); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %v", start, err)
		}
	}
}

func FuzzDecodePast(f *testing.F) {
	for _, frame := range pastFrames() {
		f.Add(pastBytes(frame)[sizeBytes:])
	}
	f.Fuzz(func(t *testing.T, p []byte) {
		m, err := DecodePast(p)
		if _, unknown := m.(Unknown); unknown || err != nil {
			return
		}
		first := appendPast(nil, m)
		again, err := DecodePast(first[sizeBytes:])
		if err != nil {
			t.Fatalf("%x\nwritten as %x: %v", p, first, err)
		}
		if second := appendPast(nil, again); !bytes.Equal(first, second) {
			t.Fatalf("%x\nwritten as %x\n     then %x", p, first, second)
		}
	})
}
