package transport

import (
	"testing"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/journey"
	"pixelplayground/transport/frames"
)

// TestFollowed: an op that is followed is told of when the tick that writes it is over, if anybody views its region; one that is not
// costs no allocation.
func TestFollowed(t *testing.T) {
	var seen []journey.Span
	b := newBench(t)
	b.server.cfg.Follower = journey.Follow(1, func(s journey.Span) { seen = append(seen, s) })
	c, _ := b.connect(frames.Binary)
	b.follows(c, 0)
	op := func(region canvas.RegionID) *canvas.Batch {
		return &canvas.Batch{Region: region, Epoch: 1, To: 2, Ops: []canvas.Op{{ID: canvas.OpID{Author: 5, Num: 6}, Pixels: make([]canvas.Pixel, 2)}}}
	}
	b.do(followed{b.server.followed(op(1))}) // which nobody views
	b.draw(0, 1)
	b.do(followed{b.server.followed(op(0))})
	if len(seen) > 0 {
		t.Errorf("told before it was written: %+v", seen)
	}
	b.flush()
	b.flush()
	if len(seen) != 1 || seen[0].Stage != journey.FanOut || seen[0].Region != 0 || seen[0].First != 1 || seen[0].Ended.Before(seen[0].Began) {
		t.Errorf("told: %+v", seen)
	}
	batch := op(0)
	for name, follower := range map[string]*journey.Follower{"nobody follows": nil, "another op is followed": journey.Follow(1<<50, nil)} {
		b.server.cfg.Follower = follower
		if n := testing.AllocsPerRun(100, func() { b.server.followed(batch) }); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

// TestFollowed_UntilAllHaveIt: the last viewers' turn counts, whatever is drawn meanwhile.
func TestFollowed_UntilAllHaveIt(t *testing.T) {
	seen := 0
	b, _, _ := crowded(t, 6)
	b.server.cfg.Follower = journey.Follow(1, func(journey.Span) { seen++ })
	batch := b.batch(1, 1)
	b.do(publish{batch})
	b.do(followed{b.server.followed(batch.Batch)})
	for i, want := range []int{0, 0, 1, 1} {
		b.writeDue(2)
		b.draw(1, 1)
		if seen != want {
			t.Errorf("told %d times after %d of 3 groups", seen, i+1)
		}
	}
}

// TestFollowed_Fault: what a fault has kept from being written is not told of, and what comes then is.
func TestFollowed_Fault(t *testing.T) {
	seen := 0
	b := newBench(t)
	b.server.cfg.Follower = journey.Follow(1, func(journey.Span) { seen++ })
	for range 2 {
		c, _ := b.connect(frames.Binary)
		b.follows(c, 1)
		batch := b.batch(1, 1)
		b.do(publish{batch})
		b.do(followed{b.server.followed(batch.Batch)})
		if len(b.unshown) != 1 {
			t.Fatalf("%d are followed", len(b.unshown))
		}
		b.renew()
	}
	b.flush()
	if seen > 0 || len(b.unshown) > 0 {
		t.Errorf("told %d times of what nobody was shown, %d are left", seen, len(b.unshown))
	}
}
