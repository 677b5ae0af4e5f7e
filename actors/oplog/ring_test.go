package oplog

import (
	"testing"

	"pixelplayground/actors/canvas"
)

func batchOf(epoch, from uint64, pixels int) *canvas.Batch {
	return &canvas.Batch{Epoch: epoch, From: from, To: from + uint64(pixels), Ops: []canvas.Op{{Pixels: make([]canvas.Pixel, pixels)}}}
}

func TestRing_Since(t *testing.T) {
	r := Ring{limit: 70}
	for _, b := range []*canvas.Batch{batchOf(1, 0, 3), batchOf(1, 3, 4), batchOf(3, 7, 2)} {
		r.Push(b)
	}
	cases := []struct {
		at      canvas.Position
		batches int
		ok      bool
	}{
		{canvas.Position{}, 3, true},
		{canvas.Position{Epoch: 1, Seq: 3}, 2, true},
		{canvas.Position{Epoch: 1, Seq: 7}, 1, true},
		{canvas.Position{Epoch: 3, Seq: 9}, 0, true},
		{canvas.Position{Epoch: 2, Seq: 7}, 0, false}, // from a history that was lost
		{canvas.Position{Epoch: 1, Seq: 5}, 0, false}, // inside a batch
		{canvas.Position{Epoch: 3, Seq: 10}, 0, false},
		{canvas.Head(), 0, false},
	}
	for _, c := range cases {
		if got, ok := r.Since(c.at); len(got) != c.batches || ok != c.ok {
			t.Errorf("since(%v) = %d batches, %v; want %d, %v", c.at, len(got), ok, c.batches, c.ok)
		}
	}
	r.Push(batchOf(3, 9, 5)) // a cost of 94: the first batch is dropped
	if r.cost > r.limit || r.batches[0].From == 0 {
		t.Errorf("a cost of %d from %d kept, at most %d", r.cost, r.batches[0].From, r.limit)
	}
	if _, ok := r.Since(canvas.Position{}); ok {
		t.Error("the blank position is gone with the first batch")
	}
}

func TestRing_After(t *testing.T) {
	r := Ring{limit: 70}
	if got, ok := r.After(0); len(got) != 0 || !ok {
		t.Errorf("an empty ring has %d batches, all of them %t", len(got), ok)
	}
	for i := range 4 {
		b := batchOf(1, uint64(5+i), 1)
		b.Time = int64(100 * i)
		r.Push(b)
	}
	for time, want := range map[int64]struct {
		batches int
		all     bool
	}{301: {0, true}, 300: {1, true}, 250: {1, true}, 200: {2, true}, 101: {2, true}, 100: {3, false}, 0: {3, false}} {
		if got, ok := r.After(time); len(got) != want.batches || ok != want.all {
			t.Errorf("from %d on: %d batches, all of them %t; want %+v", time, len(got), ok, want)
		}
	}
}
