package store

import (
	"fmt"
	"strings"

	"pixelplayground/actors/canvas"
)

// Remains is what a store finds of a region, before it is known whether that is everything it was
// given. Stores fill it in, and Claim judges it.
type Remains struct {
	Region   canvas.RegionID
	Position canvas.Position
	Tile     canvas.Tile
	Log      []*canvas.Batch // what can be read, oldest first
	LogStart uint64          // sequence number at which the log begins: Position's if it is empty
	ReadFrom uint64          // Log has what ends after it; the rest, if there is any, was not read
	Recorded uint64          // see Claim
	Epoch    uint64          // of the last claim

	// Missing reports whether the pixel at a position is lost (it is then background in Tile); nil:
	// no pixel is lost.
	Missing func(pos uint16) bool

	lost []string
}

// Lose notes that something is missing or can't be read.
func (r *Remains) Lose(format string, args ...any) {
	r.lost = append(r.lost, fmt.Sprintf(format, args...))
}

// Claim returns what a new owner gets. If something is lost, it says so, and includes what can
// still be found: a missing pixel may be in the log.
func (r *Remains) Claim(term Term) *Claim {
	r.keepFitting()
	whole := r.chain()
	c := &Claim{Term: term, Position: r.Position, Tile: r.Tile, Recent: r.Log, LogStart: r.LogStart, Recorded: min(r.Recorded, r.Position.Seq)}
	if len(r.lost) == 0 {
		return c
	}
	c.Damage = fmt.Errorf("%w: %s", ErrDamaged, strings.Join(r.lost, ", "))
	if n := len(r.Log); n > 0 && after(r.Log[n-1].Position(), c.Position) {
		c.Position = r.Log[n-1].Position() // the record of the region's position is older than its log, or gone
	}
	if r.Missing != nil {
		r.repaint()
	}
	if !whole {
		c.Recent = r.tail(c.Position)
	}
	fromTheBeginning := len(c.Recent) > 0 && c.Recent[0].From == 0
	c.PixelsLost = r.Missing != nil && !fromTheBeginning
	return c
}

// keepFitting drops log batches that are not of this region: they may paint out of its bounds.
func (r *Remains) keepFitting() {
	pixels := len(r.Tile) / 3
	fits := r.Log[:0:0]
	for _, b := range r.Log {
		if b.Region == r.Region && withinBounds(b, pixels) {
			fits = append(fits, b)
		}
	}
	if dropped := len(r.Log) - len(fits); dropped > 0 {
		r.Lose("%d batches in its log are not its own", dropped)
		r.Log = fits
	}
}

func withinBounds(b *canvas.Batch, pixels int) bool {
	for i := range b.Ops {
		for _, p := range b.Ops[i].Pixels {
			if int(p.Pos) >= pixels {
				return false
			}
		}
	}
	return true
}

// chain reports whether the log begins where it should, has no holes, and ends where the region is.
// It notes everything else as lost.
func (r *Remains) chain() bool {
	at, sound := r.LogStart, true
	if len(r.Log) > 0 && r.Log[0].From > at && r.Log[0].From <= r.ReadFrom {
		at = r.Log[0].From
	}
	for _, b := range r.Log {
		if b.From != at {
			r.Lose("its log goes on at %d after %d", b.From, at)
			sound = false
		}
		at = b.To
	}
	end := r.Position
	if n := len(r.Log); n > 0 {
		end = r.Log[n-1].Position()
	} else if end.Seq = r.LogStart; end.Seq == r.Position.Seq {
		return sound
	}
	if end != r.Position {
		r.Lose("its log ends at %d and the region is at %d", end.Seq, r.Position.Seq)
		return false
	}
	return sound
}

// repaint sets the missing pixels that are still in the log.
func (r *Remains) repaint() {
	for _, b := range r.Log {
		for i := range b.Ops {
			for _, p := range b.Ops[i].Pixels {
				if r.Missing(p.Pos) {
					r.Tile.Set(p.Pos, p.Color)
				}
			}
		}
	}
}

// tail returns the longest part of the log's end that has no holes and leads to a position.
func (r *Remains) tail(to canvas.Position) []*canvas.Batch {
	n := len(r.Log)
	if n == 0 || r.Log[n-1].Position() != to {
		return nil
	}
	first := n - 1
	for first > 0 && r.Log[first-1].To == r.Log[first].From {
		first--
	}
	return r.Log[first:]
}

// after reports whether a region comes to a only after b: positions only rise.
func after(a, b canvas.Position) bool {
	return a.Epoch > b.Epoch || a.Epoch == b.Epoch && a.Seq > b.Seq
}

// Ends returns where a log that leads to a position begins, and where its last batch begins, as
// sequence numbers.
func Ends(log []*canvas.Batch, to canvas.Position) (start, lastFrom uint64) {
	if len(log) == 0 {
		return to.Seq, to.Seq
	}
	return log[0].From, log[len(log)-1].From
}
