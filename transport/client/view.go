package client

import (
	"fmt"
	"math"
	"slices"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/transport/client/wire"
)

// patience is how long the server may take to answer a SUBSCRIBE. After that, PIXELS that
// don't continue what is held cause another SUBSCRIBE.
const patience = 5 * time.Second

// view is what the client holds of the regions it follows. It is guarded by Client.mu.
type view struct {
	regions map[canvas.RegionID]*region
	order   []canvas.RegionID // all of them, rising
	due     []canvas.RegionID // regions for which SUBSCRIBE is due
	gone    []canvas.RegionID // regions for which UNSUBSCRIBE is due
}

type region struct {
	held   canvas.Position
	pixels int         // its size
	tile   canvas.Tile // nil: only the position is kept
	asked  time.Time   // when SUBSCRIBE became due, if it has not been answered; else zero
}

// verdict is what a PIXELS means to the view.
type verdict uint8

const (
	foreign   verdict = iota // not followed, or sent before the server knew the client's position
	applied                  // continues what is held
	gap                      // is ahead of what is held
	duplicate                // is behind what is held
)

func newView(g canvas.Geometry, follow []canvas.RegionID, replica bool) view {
	v := view{regions: make(map[canvas.RegionID]*region, len(follow))}
	v.follow(g, follow, replica, time.Time{})
	v.due = nil // askAll asks
	return v
}

// follow makes these all the regions there are. SUBSCRIBE becomes due for those that are new, and
// UNSUBSCRIBE for those that are gone.
func (v *view) follow(g canvas.Geometry, ids []canvas.RegionID, replica bool, now time.Time) {
	before := v.regions
	v.regions, v.order = make(map[canvas.RegionID]*region, len(ids)), nil
	for _, id := range ids {
		if v.regions[id] != nil || int64(id) >= int64(g.Regions()) {
			continue
		}
		r := before[id]
		if r == nil {
			_, _, width, height := g.Bounds(id)
			r = &region{pixels: width * height, asked: now}
			if replica {
				r.tile = canvas.NewTile(width, height)
			}
			v.due = append(v.due, id)
		}
		v.regions[id] = r
		v.order = append(v.order, id)
		delete(before, id)
	}
	slices.Sort(v.order)
	for id := range before {
		v.gone = append(v.gone, id)
	}
}

// left takes the regions for which UNSUBSCRIBE is due.
func (v *view) left() []canvas.RegionID {
	gone := slices.DeleteFunc(v.gone, func(id canvas.RegionID) bool { return v.regions[id] != nil })
	v.gone = nil
	return gone
}

// askAll makes SUBSCRIBE due for all regions. It is for a new connection.
func (v *view) askAll(now time.Time) {
	for _, r := range v.regions {
		r.asked = now
	}
	v.due, v.gone = slices.Clone(v.order), nil
}

// ask takes the regions for which SUBSCRIBE is due, with the positions held now.
func (v *view) ask() (marks []canvas.Mark) {
	for _, id := range v.due {
		// A region that has caught up meanwhile must not be asked for again: the answer would
		// be older than what is held.
		if r := v.regions[id]; r != nil && !r.asked.IsZero() {
			marks = append(marks, canvas.Mark{Region: id, Position: r.held})
		}
	}
	v.due = v.due[:0]
	return marks
}

// apply handles a PIXELS. If it does not continue what is held, SUBSCRIBE becomes due.
func (v *view) apply(b *canvas.Batch, clock wire.Clock) (verdict, error) {
	r := v.regions[b.Region]
	if r == nil {
		return foreign, nil
	}
	if b.From == r.held.Seq && b.Epoch >= r.held.Epoch {
		if err := r.apply(b); err != nil {
			return foreign, err
		}
		r.held, r.asked = b.Position(), time.Time{}
		return applied, nil
	}
	now := clock.Now()
	if !r.asked.IsZero() && now.Sub(r.asked) < patience {
		return foreign, nil
	}
	r.asked = now
	v.due = append(v.due, b.Region)
	if b.From < r.held.Seq {
		return duplicate, nil
	}
	return gap, nil
}

// apply applies a batch to the replica, if there is one. It first checks the pixels' positions
// in the region: a small region has fewer than 16 bits can express.
func (r *region) apply(b *canvas.Batch) error {
	if r.pixels <= math.MaxUint16 {
		for i := range b.Ops {
			for _, p := range b.Ops[i].Pixels {
				if int(p.Pos) >= r.pixels {
					return fmt.Errorf("pixel %d of region %d, which has %d: %w", p.Pos, b.Region, r.pixels, wire.ErrProtocol)
				}
			}
		}
	}
	if r.tile != nil {
		r.tile.Apply(b)
	}
	return nil
}

// replace handles a SNAPSHOT, and reports whether its region is followed. The tile is nil if only
// positions are kept.
func (v *view) replace(m canvas.Mark, tile canvas.Tile) bool {
	r := v.regions[m.Region]
	if r == nil {
		return false
	}
	r.held, r.tile, r.asked = m.Position, tile, time.Time{}
	return true
}

// synced reports whether all that was asked for has been answered.
func (v *view) synced() bool {
	for _, r := range v.regions {
		if !r.asked.IsZero() {
			return false
		}
	}
	return true
}

// reached reports whether the sequence numbers of marks are held.
func (v *view) reached(marks []canvas.Mark) bool {
	for _, m := range marks {
		if r := v.regions[m.Region]; r == nil || r.held.Seq < m.Position.Seq {
			return false
		}
	}
	return true
}
