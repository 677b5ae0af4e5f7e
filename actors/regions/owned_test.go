package regions

import (
	"context"
	"testing"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/store"
	"pixelplayground/actors/store/memory"
)

// fencing is a store in which something happens after a fence and before whoever asked for it hears of it.
type fencing struct {
	*memory.Store
	after func()
}

func (f *fencing) Fence(ctx context.Context, id canvas.RegionID) error {
	err := store.Fence(ctx, f.Store, id)
	f.after()
	return err
}

// TestOwned_BatchAfterTheFence (I11): a region that is fenced may have claimed anew and begun its next batch, under the same rules, before
// the one that fenced it notes that nothing is on its way any more. The note of that batch stays: it is not fenced.
func TestOwned_BatchAfterTheFence(t *testing.T) {
	const generation, region = 7, canvas.RegionID(0)
	s := &fencing{Store: memory.New(memory.Config{Geometry: canvas.Geometry{Width: 32, Height: 32, Region: 32}})}
	t.Cleanup(func() { _ = s.Close() })
	claim := func() store.Term {
		t.Helper()
		claimed, err := s.Claim(t.Context(), region, "us")
		if err != nil {
			t.Fatal(err)
		}
		return claimed.Term
	}
	owned := newOwned(s, 1)
	unsettled := func(generation uint64) bool { return len(owned.Unsettled(generation)) > 0 }

	owned.claimed(region, claim())
	owned.begin(region, generation)
	if unsettled(generation) || !unsettled(generation+1) {
		t.Fatal("the batch is not noted under its rules")
	}
	s.after = func() {}
	if err := owned.Fence(t.Context(), region); err != nil || unsettled(generation+1) {
		t.Fatalf("what was fenced is still noted, %v", err)
	}

	owned.claimed(region, claim())
	owned.begin(region, generation)
	s.after = func() {
		owned.claimed(region, claim())
		owned.begin(region, generation)
	}
	if err := owned.Fence(t.Context(), region); err != nil {
		t.Fatal(err)
	}
	if !unsettled(generation + 1) {
		t.Error("the batch that was begun after the fence is forgotten: an act would not wait for it")
	}
	owned.ended(region)
	if unsettled(generation + 1) {
		t.Error("what has ended is still noted")
	}
}
