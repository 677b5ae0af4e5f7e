package canvas

import (
	"bytes"
	"math/rand/v2"
	"reflect"
	"testing"
)

// randomBatches returns consecutive batches of one region with so many positions.
func randomBatches(random *rand.Rand, positions int) []*Batch {
	var batches []*Batch
	epoch, seq, num := uint64(1), random.Uint64N(1000), uint64(0)
	for range 1 + random.IntN(8) {
		epoch += random.Uint64N(2)
		b := &Batch{Region: 7, Epoch: epoch, From: seq, Time: int64(seq)}
		for range 1 + random.IntN(6) {
			num++
			op := Op{ID: OpID{Author: Author(random.IntN(3)), Num: num}, Name: "Ada", Alias: random.IntN(2) == 0, Spelling: "#aAbBcC"}
			for range 1 + random.IntN(10) {
				op.Pixels = append(op.Pixels, Pixel{Pos: uint16(random.IntN(positions)), Color: Color(random.IntN(1 << 24))})
			}
			b.Ops = append(b.Ops, op)
		}
		seq += uint64(b.Pixels())
		b.To = seq
		batches = append(batches, b)
	}
	return batches
}

func clone(batches []*Batch) []*Batch {
	var copies []*Batch
	for _, b := range batches {
		c := *b
		c.Ops = nil
		for _, op := range b.Ops {
			op.Pixels = append([]Pixel(nil), op.Pixels...)
			c.Ops = append(c.Ops, op)
		}
		copies = append(copies, &c)
	}
	return copies
}

// TestMerge_Equivalent shows that applying the merged batch has the effect of applying the batches
// one by one, with no pixel twice. The batches do not change, since others hold them too.
func TestMerge_Equivalent(t *testing.T) {
	random := newRandom(t)
	for range 500 {
		width, height := 1+random.IntN(MaxRegionEdge), 1+random.IntN(MaxRegionEdge)
		positions := min(width*height, 1+random.IntN(100)) // few, so that pixels overwrite each other
		if random.IntN(4) == 0 {
			positions = width * height
		}
		batches := randomBatches(random, positions)
		before := clone(batches)
		merged := Merge(batches)
		if !reflect.DeepEqual(batches, before) {
			t.Fatal("Merge changed its arguments")
		}

		oneByOne, atOnce := NewTile(width, height), NewTile(width, height)
		for _, b := range batches {
			oneByOne.Apply(b)
		}
		atOnce.Apply(merged)
		if !bytes.Equal(oneByOne, atOnce) {
			t.Fatalf("%d batches give another picture when merged", len(batches))
		}
		first, last := batches[0], batches[len(batches)-1]
		if merged.Region != 7 || merged.From != first.From || merged.Position() != last.Position() || merged.Time != last.Time {
			t.Fatalf("merged is %d to %v of region %d, at %d", merged.From, merged.Position(), merged.Region, merged.Time)
		}
		if len(batches) > 1 {
			checkMerged(t, merged, batches)
		}
	}
}

// checkMerged checks that each position comes once, that no op is without pixels, and that the ops
// are in order and otherwise unchanged.
func checkMerged(t *testing.T, merged *Batch, batches []*Batch) {
	t.Helper()
	originals := map[uint64]Op{}
	for _, b := range batches {
		for _, op := range b.Ops {
			originals[op.ID.Num] = op
		}
	}
	seen := map[uint16]bool{}
	num := uint64(0)
	for _, op := range merged.Ops {
		if op.ID.Num <= num || len(op.Pixels) == 0 {
			t.Fatalf("op %d with %d pixels after op %d", op.ID.Num, len(op.Pixels), num)
		}
		num = op.ID.Num
		for _, p := range op.Pixels {
			if seen[p.Pos] {
				t.Fatalf("position %d twice", p.Pos)
			}
			seen[p.Pos] = true
		}
		original := originals[num]
		original.Pixels, op.Pixels = nil, nil
		if !reflect.DeepEqual(op, original) {
			t.Fatalf("op %+v was %+v", op, original)
		}
	}
}

// TestMerge_InSteps shows that merged batches can be merged further.
func TestMerge_InSteps(t *testing.T) {
	random := newRandom(t)
	for range 200 {
		batches := randomBatches(random, 50)
		var steps *Batch
		for _, b := range batches {
			if steps == nil {
				steps = b
			} else {
				steps = Merge([]*Batch{steps, b})
			}
		}
		if want := Merge(batches); !reflect.DeepEqual(steps, want) {
			t.Fatalf("in steps %+v\nat once  %+v", steps, want)
		}
	}
}

func TestMerge_Few(t *testing.T) {
	if got := Merge(nil); got != nil {
		t.Errorf("no batches merge to %+v", got)
	}
	b := &Batch{From: 3, To: 5, Ops: []Op{{Pixels: []Pixel{{Pos: 1, Color: 2}, {Pos: 1, Color: 3}}}}}
	if got := Merge([]*Batch{b}); got != b {
		t.Errorf("one batch merges to another, %+v", got)
	}
}

func TestMerge_KeepsTheLast(t *testing.T) {
	op := func(num uint64, pixels ...Pixel) Op { return Op{ID: OpID{Author: 1, Num: num}, Pixels: pixels} }
	got := Merge([]*Batch{
		{Region: 2, Epoch: 4, From: 10, To: 14, Time: 100, Ops: []Op{
			op(1, Pixel{0, 1}, Pixel{65535, 2}),
			op(2, Pixel{5, 3}, Pixel{6, 4})}},
		{Region: 2, Epoch: 5, From: 14, To: 17, Time: 200, Ops: []Op{
			op(3, Pixel{0, 5}, Pixel{65535, 6}, Pixel{0, 7})}},
	})
	want := &Batch{Region: 2, Epoch: 5, From: 10, To: 17, Time: 200, Ops: []Op{
		op(2, Pixel{5, 3}, Pixel{6, 4}),
		op(3, Pixel{65535, 6}, Pixel{0, 7})}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("\n got %+v\nwant %+v", got, want)
	}
	if got.Pixels() != 4 {
		t.Errorf("%d pixels, want 4", got.Pixels())
	}
}
