package regions

import (
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/journey"
	"pixelplayground/actors/oplog"
	"pixelplayground/actors/telemetry"
)

// TestRegion_TellsFollower: of an op that is followed it tells how long it waited and how long the commit took; another one costs no allocation.
func TestRegion_TellsFollower(t *testing.T) {
	var seen []journey.Span
	stats := &telemetry.Stats{Follower: journey.Follow(1, func(s journey.Span) { seen = append(seen, s) })}
	r := &region{pod: &Pod{Needs: Needs{Stats: stats}}, verified: time.Unix(9, 0)}
	batch := &canvas.Batch{Region: 2, Epoch: 7, From: 40, To: 41, Ops: []canvas.Op{{ID: canvas.OpID{Author: 5, Num: 6}, Pixels: make([]canvas.Pixel, 1)}}}
	f := &inflight{batch: batch, ops: []*oplog.Queued{{Op: batch.Ops[0], Since: time.Unix(3, 0)}}, began: time.Unix(5, 0)}
	trace := r.tellFollower(f)
	if len(seen) != 2 || len(trace) != 32 {
		t.Fatalf("trace %q, %+v", trace, seen)
	}
	store, waited := seen[0], seen[1]
	if store.Stage != journey.Store || store.Began != f.began || waited.Stage != journey.Region || waited.Began != time.Unix(3, 0) || store.Ended != r.verified || waited.Ended != r.verified ||
		store.First != 41 || waited.Epoch != 7 || waited.Region != 2 {
		t.Errorf("%+v", seen)
	}
	for name, follower := range map[string]*journey.Follower{"nobody follows": nil, "another op is followed": journey.Follow(1<<50, nil)} {
		stats.Follower = follower
		if n := testing.AllocsPerRun(100, func() { r.tellFollower(f) }); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}
