package actors

import "pixelplayground/actors/canvas"

// ring keeps the most recent batches of a region, without gaps, so that whoever holds a position in
// it can be brought up to date. It is bounded by memory, counted in pixels of 8 bytes: an op takes
// about as much as 20 pixels.
type ring struct {
	limit   int // of cost
	cost    int
	batches []*canvas.Batch // oldest first
}

func cost(b *canvas.Batch) int { return b.Pixels() + 20*len(b.Ops) }

// push appends a batch that continues the last one, and drops the oldest over the limit.
func (r *ring) push(b *canvas.Batch) {
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

// since returns the batches after p, and whether p is a state that the ring knows. A position with
// the right number but another epoch is from a history that the store has lost.
func (r *ring) since(p canvas.Position) ([]*canvas.Batch, bool) {
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

func (r *ring) reset(batches []*canvas.Batch) {
	r.batches, r.cost = nil, 0
	for _, b := range batches {
		r.push(b)
	}
}
