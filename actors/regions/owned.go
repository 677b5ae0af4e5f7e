package regions

import (
	"context"
	"sync"
	"sync/atomic"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/decisions"
	"pixelplayground/actors/store"
)

// Owned is what the rules actor must know of the pod's regions: it implements decisions.Regions. It
// outlives the regions' actors, which may fail and leave a batch on its way to the store. Only the actor of
// a region writes the region's entries, except that Fence clears one.
type Owned struct {
	store   store.Store
	begun   []atomic.Uint64              // by RegionID: the batch that may be on its way, as begin notes it; 0: none is
	batches atomic.Uint64                // numbers them
	terms   []atomic.Pointer[store.Term] // by RegionID: of our claim; nil: we have none
}

var _ decisions.Regions = (*Owned)(nil)

// newOwned makes room for regions.
func newOwned(s store.Store, regions int) *Owned {
	return &Owned{store: s, begun: make([]atomic.Uint64, regions), terms: make([]atomic.Pointer[store.Term], regions)}
}

// A batch is noted by the generation of the rules that it was begun under and, in the lower numberBits bits, by its
// number. A region may begin another batch under the same rules within a moment, and whoever takes back the
// note of one must not take back that of the other.
const numberBits = 24

// begin notes that a batch is begun under the rules of a generation.
func (o *Owned) begin(id canvas.RegionID, generation uint64) {
	o.begun[id].Store(generation<<numberBits | o.batches.Add(1)&(1<<numberBits-1))
}

// claimed notes a claim: whatever was on its way is fenced.
func (o *Owned) claimed(id canvas.RegionID, term store.Term) {
	o.begun[id].Store(0)
	o.terms[id].Store(&term)
}

// mended notes the claim under which a region was repaired.
func (o *Owned) mended(id canvas.RegionID, term store.Term) { o.terms[id].Store(&term) }

// lost notes that we have no claim any more.
func (o *Owned) lost(id canvas.RegionID) { o.terms[id].Store(nil) }

// ended notes that no batch of ours is on its way.
func (o *Owned) ended(id canvas.RegionID) { o.begun[id].Store(0) }

// Unsettled implements decisions.Regions.
func (o *Owned) Unsettled(generation uint64) (regions []canvas.RegionID) {
	for id := range o.begun {
		if g := o.begun[id].Load() >> numberBits; g != 0 && g < generation {
			regions = append(regions, canvas.RegionID(id))
		}
	}
	return regions
}

// holdsAtOnce is how many regions the store is asked about at the same time.
const holdsAtOnce = 16

// Held implements decisions.Regions.
func (o *Owned) Held(ctx context.Context) (held []canvas.RegionID) {
	var asking sync.WaitGroup
	var mu sync.Mutex
	var next atomic.Int64
	for range min(holdsAtOnce, len(o.terms)) {
		asking.Go(func() {
			for id := next.Add(1) - 1; id < int64(len(o.terms)); id = next.Add(1) - 1 {
				term := o.terms[id].Load()
				if term == nil || o.store.Holds(ctx, canvas.RegionID(id), *term, 0) != nil {
					continue
				}
				mu.Lock()
				held = append(held, canvas.RegionID(id))
				mu.Unlock()
			}
		})
	}
	asking.Wait()
	return held
}

// Fence implements decisions.Regions.
func (o *Owned) Fence(ctx context.Context, id canvas.RegionID) error {
	before := uint64(0)
	if int(id) < len(o.begun) {
		before = o.begun[id].Load()
	}
	if err := store.Fence(ctx, o.store, id); err != nil {
		return err
	}
	if before != 0 {
		o.begun[id].CompareAndSwap(before, 0)
	}
	return nil
}

// Claims implements decisions.Regions.
func (o *Owned) Claims(ctx context.Context) (string, error) { return o.store.Claims(ctx) }
