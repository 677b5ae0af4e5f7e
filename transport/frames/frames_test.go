package frames

import (
	"bytes"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"pixelplayground/actors"
	"pixelplayground/actors/canvas"
	"pixelplayground/codec"
)

func TestFrame_Header(t *testing.T) {
	for _, n := range []int{0, 1, 125, 126, 127, 65535, 65536, 200_000} {
		var want bytes.Buffer
		if err := ws.WriteHeader(&want, ws.Header{Fin: true, OpCode: ws.OpBinary, Length: int64(n)}); err != nil {
			t.Fatal(err)
		}
		payload := make([]byte, n)
		for i := range payload {
			payload[i] = byte(i)
		}
		want.Write(payload)
		if got := Seal(ws.OpBinary, append(Room(n), payload...)); !bytes.Equal(got, want.Bytes()) {
			t.Errorf("%d bytes: got % x…", n, got[:min(len(got), 16)])
		}
	}
}

func TestFrame_SealCopiesNoPayload(t *testing.T) {
	b := append(Room(1000), make([]byte, 1000)...)
	if n := testing.AllocsPerRun(100, func() { Seal(ws.OpBinary, b) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestPixels_AreEncodedOnce(t *testing.T) {
	b := &canvas.Batch{To: 2, Time: 5, Ops: []canvas.Op{{Name: "ada", Pixels: make([]canvas.Pixel, 2)}}}
	p := NewPixels(b, geometry)
	for protocol := range Protocols {
		first, second := p.Encoded[protocol](), p.Encoded[protocol]()
		if len(first) == 0 || &first[0] != &second[0] {
			t.Errorf("protocol %d: encoded twice", protocol)
		}
	}
}

func TestCatchUps_EncodeOnce(t *testing.T) {
	var k CatchUps
	at := canvas.Position{Epoch: 1, Seq: 5}
	snapshot := &canvas.Snapshot{Region: 3, Position: at, Tile: canvas.NewTile(64, 64)}
	snapshot.Tile.Set(1, 2)
	delta := &canvas.Batch{Region: 3, Epoch: 1, From: 5, To: 6}
	first, second := k.Snapshot(snapshot), k.Snapshot(snapshot)
	if again := k.Delta(delta, geometry); &first[0] != &second[0] || again != k.Delta(delta, geometry) {
		t.Error("encoded twice")
	}
	later := *snapshot
	later.Position.Seq++
	if third := k.Snapshot(&later); &third[0] == &first[0] {
		t.Error("a later snapshot is the same")
	}
	h, err := ws.ReadHeader(bytes.NewReader(first))
	if err != nil {
		t.Fatal(err)
	}
	m, err := codec.DecodeServer(first[ws.HeaderSize(h):])
	if got, ok := m.(codec.Snapshot); err != nil || !ok || got.Mark != (canvas.Mark{Region: 3, Position: at}) {
		t.Errorf("got %+v, %v", m, err)
	}
	if k.Forget(); k.snapshot != nil || k.deltas != nil {
		t.Error("not forgotten")
	}
}

// Clients at different positions take turns, and the delta from each position is encoded once.
func TestCatchUps_EncodeOncePerPosition(t *testing.T) {
	var k CatchUps
	join := func(from, to uint64, n int) *Pixels {
		b := &canvas.Batch{Region: 3, Epoch: 1, From: from, To: to, Ops: []canvas.Op{{Pixels: make([]canvas.Pixel, n)}}}
		return k.Delta(b, geometry)
	}
	first, second := join(5, 20, 1), join(8, 20, 1)
	if join(5, 20, 1) != first || join(8, 20, 1) != second {
		t.Error("a position is encoded twice")
	}
	if join(5, 21, 1) == first {
		t.Error("leads to where the region was before")
	}
	most := 0
	for from := range uint64(100) {
		join(from, 200, 10_000)
		most = max(most, len(k.deltas))
	}
	if most < 2 || most > maxDeltas/50_000 {
		t.Errorf("keeps %d of 50 KB", most)
	}
	if big := join(1, 300, 60_000); join(1, 300, 60_000) != big {
		t.Error("one that is larger than the bound is encoded for each")
	}
}

func TestPresence_Lists(t *testing.T) {
	many := make([]canvas.User, canvas.MaxListedUsers+1)
	for i := range many {
		many[i] = canvas.User{Author: canvas.Author(i), Name: "x"}
	}
	var source Presences
	shown := source.Next(&actors.Presence{Count: 2000, Named: many, Joined: many}, time.Now)
	for name, frame := range map[string][]byte{
		"full": shown.Full[Binary](), "change": shown.Change[Binary](),
	} {
		h, err := ws.ReadHeader(bytes.NewReader(frame))
		if err != nil {
			t.Fatal(err)
		}
		m, err := codec.DecodeServer(frame[ws.HeaderSize(h):])
		if p, ok := m.(codec.Presence); err != nil || !ok || !p.Full || len(p.Joined) != canvas.MaxListedUsers {
			t.Errorf("%s: %v", name, err)
		}
	}
	shown = source.Next(&actors.Presence{Count: 2000, Named: many}, time.Now)
	if len(shown.Change[Binary]()) > 0 || len(shown.Change[JSON]()) > 0 {
		t.Error("nothing has changed")
	}
}

// geometry has 16 regions of 64x64.
var geometry = canvas.Geometry{Width: 256, Height: 256, Region: 64}
