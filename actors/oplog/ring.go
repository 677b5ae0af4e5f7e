package oplog

import (
	"slices"

	"pixelplayground/actors/canvas"
)

// Ring keeps the most recent batches of a region, without gaps, so that whoever holds a position in
// it can be brought up to date. It is bounded by memory, counted in pixels of 8 bytes: an op takes
// about as much as 20 pixels. The bound is actors.Config.RingPixels.
type Ring struct {
	limit   int // of cost
	cost    int
	batches []*canvas.Batch // oldest first

	// What Merge has made: all of it ends at the same position, and costs no more than the ring.
	merged     map[uint64]*canvas.Batch // by the Seq they begin at
	mergedTo   canvas.Position
	mergedCost int
}

// NewRing makes an empty ring for so many pixels.
func NewRing(limit int) Ring { return Ring{limit: limit} }

func cost(b *canvas.Batch) int { return b.Pixels() + 20*len(b.Ops) }

// Push appends a batch that continues the last one, and drops the oldest over the limit.
func (r *Ring) Push(b *canvas.Batch) {
	r.batches = append(r.batches, b)
	r.cost += cost(b)
	drop := 0
	for drop < len(r.batches)-1 && r.cost > r.limit {
		r.cost -= cost(r.batches[drop])
		r.batches[drop] = nil // let it be collected before the slice is copied
		drop++
	}
	r.batches = r.batches[drop:]
}

// Since returns the batches after p, and whether p is a state that the ring knows. A position with
// the right number but another epoch is from a history that the store has lost.
func (r *Ring) Since(p canvas.Position) ([]*canvas.Batch, bool) {
	if len(r.batches) == 0 {
		return nil, false
	}
	if first := r.batches[0]; p == (canvas.Position{}) && first.From == 0 {
		return r.batches, true
	}
	for i := len(r.batches) - 1; i >= 0 && r.batches[i].To >= p.Seq; i-- {
		if r.batches[i].Position() == p {
			return r.batches[i+1:], true
		}
	}
	return nil, false
}

// After returns the batches from a time on, in Unix milliseconds, and whether the ring has them all.
func (r *Ring) After(time int64) ([]*canvas.Batch, bool) {
	i := len(r.batches)
	for i > 0 && r.batches[i-1].Time >= time {
		i--
	}
	return r.batches[i:], i > 0 || len(r.batches) == 0 || r.batches[0].From == 0
}

// All returns a copy of what the ring has, oldest first.
func (r *Ring) All() []*canvas.Batch { return slices.Clone(r.batches) }

// Merge joins batches that Since has returned; nil: there are none. It keeps the results that lead
// to the latest position, up to as much as the ring holds: when a pod has died, many viewers resume
// at once from few positions.
func (r *Ring) Merge(batches []*canvas.Batch) *canvas.Batch {
	if len(batches) == 0 {
		return nil
	}
	from, to := batches[0].From, batches[len(batches)-1].Position()
	if r.mergedTo != to || r.mergedCost > r.limit {
		r.merged, r.mergedTo, r.mergedCost = make(map[uint64]*canvas.Batch), to, 0
	}
	if r.merged[from] == nil {
		r.merged[from] = canvas.Merge(batches)
		r.mergedCost += cost(r.merged[from])
	}
	return r.merged[from]
}

// Reset makes the ring hold these batches and no others.
func (r *Ring) Reset(batches []*canvas.Batch) {
	*r = NewRing(r.limit)
	for _, b := range batches {
		r.Push(b)
	}
}

// Painted calls set with the position of each pixel that was painted after a sequence number, and reports
// whether the ring reaches back that far. now is the region's sequence number.
func (r *Ring) Painted(after, now uint64, set func(pos uint16)) bool {
	if after >= now {
		return after == now
	}
	if len(r.batches) == 0 || r.batches[0].From > after {
		return false
	}
	for i := len(r.batches) - 1; i >= 0 && r.batches[i].To > after; i-- {
		seq := r.batches[i].From
		for j := range r.batches[i].Ops {
			for _, p := range r.batches[i].Ops[j].Pixels {
				if seq++; seq > after {
					set(p.Pos)
				}
			}
		}
	}
	return true
}
