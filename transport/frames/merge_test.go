package frames

import (
	"bytes"
	"testing"

	"github.com/gobwas/ws"

	"pixelplayground/actors/canvas"
	"pixelplayground/codec"
)

// drawn is a batch of one pixel of a region. The pixel's sequence number is to.
func drawn(region canvas.RegionID, to uint64, pos uint16, color canvas.Color) Due {
	b := &canvas.Batch{
		Region: region, Epoch: 1, From: to - 1, To: to,
		Ops: []canvas.Op{{ID: canvas.OpID{Author: 1, Num: to}, Pixels: []canvas.Pixel{{Pos: pos, Color: color}}}},
	}
	return Due{From: canvas.Mark{Region: region, Position: canvas.Position{Epoch: 1, Seq: to - 1}}, Pixels: NewPixels(b, geometry)}
}

// batchOf decodes a frame of PIXELS.
func batchOf(t *testing.T, frame []byte) canvas.Batch {
	t.Helper()
	h, err := ws.ReadHeader(bytes.NewReader(frame))
	if err != nil {
		t.Fatal(err)
	}
	m, err := codec.DecodeServer(frame[ws.HeaderSize(h):])
	if err != nil {
		t.Fatal(err)
	}
	return m.(codec.Pixels).Batch
}

func TestMerges_OneFrameForARegion(t *testing.T) {
	m := NewMerges(geometry)
	all := []Due{drawn(2, 1, 7, 1), drawn(5, 9, 0, 1), drawn(2, 2, 8, 2), drawn(2, 3, 7, 3)}
	made := m.Frames(nil, Binary, all)
	if len(made) != 2 {
		t.Fatalf("%d frames", len(made))
	}
	b := batchOf(t, made[0])
	want := []canvas.Pixel{{Pos: 8, Color: 2}, {Pos: 7, Color: 3}} // the first was drawn over
	if b.Region != 2 || b.From != 0 || b.To != 3 || len(b.Ops) != 1 || len(b.Ops[0].Pixels) != 2 ||
		b.Ops[0].Pixels[0] != want[0] || b.Ops[0].Pixels[1] != want[1] {
		t.Errorf("got %+v", b)
	}
	if &made[1][0] != &all[1].Pixels.Encoded[Binary]()[0] {
		t.Error("a batch that is alone is encoded again")
	}
	if again := m.Frames(nil, Binary, all[2:]); len(again) != 1 || batchOf(t, again[0]).From != 1 {
		t.Errorf("of the last two: %d frames", len(again))
	}
	if again := m.Frames(nil, Binary, all); &again[0][0] != &made[0][0] {
		t.Error("encoded again for another view")
	}
}

// A frame that is not a batch, or a batch that does not continue the one before, is not merged and
// keeps its place in the order of its region.
func TestMerges_KeepsTheOrder(t *testing.T) {
	m := NewMerges(geometry)
	snapshot := Due{From: canvas.Mark{Region: 2}, Frame: []byte("snapshot")}
	made := m.Frames(nil, Binary, []Due{
		drawn(2, 4, 0, 1), drawn(2, 5, 0, 2), snapshot, drawn(2, 9, 0, 3), drawn(2, 10, 0, 4), drawn(2, 12, 0, 5),
	})
	if len(made) != 4 || string(made[1]) != "snapshot" {
		t.Fatalf("%d frames: %q", len(made), made)
	}
	for i, want := range map[int][2]uint64{0: {3, 5}, 2: {8, 10}, 3: {11, 12}} {
		if b := batchOf(t, made[i]); b.From != want[0] || b.To != want[1] {
			t.Errorf("frame %d: from %d to %d", i, b.From, b.To)
		}
	}
}

// The JSON protocol has every pixel, and when it was placed, so nothing is merged.
func TestMerges_LeaveJSONAlone(t *testing.T) {
	m := NewMerges(geometry)
	if made := m.Frames(nil, JSON, []Due{drawn(2, 1, 7, 1), drawn(2, 2, 7, 2)}); len(made) != 2 {
		t.Errorf("%d frames", len(made))
	}
}

// Groups have their turns hundreds of times a second, each with batches of its own: what is merged for one tick leaves
// nothing behind but the frame.
func TestMerges_KeepTheirRoom(t *testing.T) {
	m := NewMerges(geometry)
	var all []Due
	for n := range uint64(100) {
		all = append(all, drawn(2, n+1, uint16(n), canvas.Color(n)))
	}
	dst := make([][]byte, 0, 1)
	if n := testing.AllocsPerRun(50, func() {
		m.Frames(dst, Binary, all)
		m.Forget()
	}); n > 4 {
		t.Errorf("%v allocations for a frame of 100 batches", n)
	}
}
