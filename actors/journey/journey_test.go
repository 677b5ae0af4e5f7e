package journey

import (
	"testing"
	"time"

	"pixelplayground/actors/canvas"
)

// TestFollower_Share: one op in so many is followed, whatever authors and numbers look like; nobody follows for nil. Asking allocates nothing.
func TestFollower_Share(t *testing.T) {
	const every, ops = 100, 200_000
	f := Follow(every, func(Span) {})
	for name, id := range map[string]func(n uint64) canvas.OpID{
		"one session":                   func(n uint64) canvas.OpID { return canvas.OpID{Author: 7, Num: n} },
		"a session each, as over HTTP":  func(n uint64) canvas.OpID { return canvas.OpID{Author: canvas.Author(n * 7919), Num: 1} },
		"sessions that count up a byte": func(n uint64) canvas.OpID { return canvas.OpID{Author: canvas.Author(n << 40), Num: n % 3} },
	} {
		followed := 0
		for n := range uint64(ops) {
			if f.Follows(id(n)) {
				followed++
			}
		}
		if share := float64(followed) / (ops / every); share < 0.85 || share > 1.15 {
			t.Errorf("%s: %d of %d are followed", name, followed, ops)
		}
	}
	var none *Follower
	batch := &canvas.Batch{Ops: make([]canvas.Op, 50)}
	for i := range batch.Ops {
		batch.Ops[i] = canvas.Op{ID: canvas.OpID{Author: 1, Num: uint64(i)}, Pixels: make([]canvas.Pixel, 2)}
	}
	seldom := Follow(1<<40, nil)
	if n := testing.AllocsPerRun(1000, func() {
		if none.Follows(canvas.OpID{}) || none.InBatch(batch, Store, time.Time{}) != nil || seldom.InBatch(batch, Store, time.Time{}) != nil {
			t.Error("an op is followed")
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// TestSpan_Linked: the spans of an op have one trace, each is a part of the one before it, and the key of the op, which not
// every pod knows, changes nothing. Spans of other ops and regions have other ids.
func TestSpan_Linked(t *testing.T) {
	seen := make(map[[8]byte]string)
	traces := make(map[[16]byte]bool)
	for op := range uint64(50) {
		of := func(stage Stage, region canvas.RegionID) Span {
			return Span{Op: canvas.OpID{Author: 9, Num: op, Key: canvas.Key{byte(stage)}}, Stage: stage, Region: region}
		}
		root, none := of(Place, 0).IDs()
		if none != [8]byte{} || of(Place, 3) != (Span{Op: of(Place, 0).Op, Region: 3}) {
			t.Errorf("the first has a parent, %x", none)
		}
		for region := range canvas.RegionID(3) {
			parents := map[Stage]Stage{Relay: Place, Region: Relay, Store: Region, FanOut: Region, Ack: Place}
			for stage, parent := range parents {
				own, above := of(stage, region).IDs()
				want, _ := of(parent, region).IDs()
				if above != want || own == above || own == ([8]byte{}) || of(stage, region).Trace() != of(Place, 0).Trace() {
					t.Errorf("%v of region %d: %x in %x, want in %x", stage, region, own, above, want)
				}
				if what := stage.String(); stage != Ack && stage != FanOut {
					if seen[own] != "" {
						t.Errorf("%s has the id of %s", what, seen[own])
					}
					seen[own] = what
				}
			}
		}
		if seen[root] != "" || traces[of(Place, 0).Trace()] {
			t.Errorf("op %d has ids of another", op)
		}
		seen[root], traces[of(Place, 0).Trace()] = "place", true
	}
}

// TestFollower_InBatch: each op of a batch is known by the numbers of its own pixels.
func TestFollower_InBatch(t *testing.T) {
	b := &canvas.Batch{Region: 4, Epoch: 6, From: 10, To: 15, Ops: []canvas.Op{
		{ID: canvas.OpID{Author: 1, Num: 1}, Pixels: make([]canvas.Pixel, 2)}, {ID: canvas.OpID{Author: 2, Num: 1}, Pixels: make([]canvas.Pixel, 3)},
	}}
	all := Follow(1, nil).InBatch(b, Store, time.Unix(5, 0))
	if len(all) != 2 || all[0].First != 11 || all[1].First != 13 || all[1].Pixels != 3 || all[1].Region != 4 || all[1].Epoch != 6 || all[1].Stage != Store || all[1].Op.Author != 2 {
		t.Errorf("%+v", all)
	}
}

// BenchmarkFollower_Follows is what an op costs at each step that is not followed.
func BenchmarkFollower_Follows(b *testing.B) {
	f := Follow(1000, func(Span) {})
	id := canvas.OpID{Author: 7}
	for b.Loop() { // which, unlike a loop over b.N, keeps the compiler from leaving out what nobody uses
		f.Follows(id)
		id.Num++
	}
}
