// Package ledger keeps account of what a client was owed and what it got, as sets of sequence
// numbers. It is pure: a fleet passes in what arrived.
package ledger

import "pixelplayground/actors/canvas"

// Tally is what clients were owed and what they got, counted in sequence numbers. Once everything
// has been settled, Owed is the sum of Delivered, Merged, Restored, Late and Missing.
type Tally struct {
	Owed      uint64
	Delivered uint64 // in order, each with its pixel
	Merged    uint64 // covered by a frame that left out overwritten pixels
	Restored  uint64 // covered by a SNAPSHOT
	Late      uint64 // came after a higher number
	Missing   uint64

	Duplicates uint64 // arrived again
	Replaced   uint64 // how often a region went back, in another history
}

// Add adds another tally to this one.
func (t *Tally) Add(o Tally) {
	t.Owed += o.Owed
	t.Delivered += o.Delivered
	t.Merged += o.Merged
	t.Restored += o.Restored
	t.Late += o.Late
	t.Missing += o.Missing
	t.Duplicates += o.Duplicates
	t.Replaced += o.Replaced
}

// Got is how much of what was owed has arrived, in whatever form.
func (t Tally) Got() uint64 { return t.Delivered + t.Merged + t.Restored + t.Late }

// Account is one client's ledger of one region. The numbers after from, where the subscription came
// into force, are owed. An account takes 48 bytes, since a fleet has one for each client and
// region.
type Account struct {
	from  uint64 // the client was told that it stands here
	Held  uint64 // it has got everything up to here,
	Epoch uint64 // by a frame of this epoch,
	gaps  Spans  // except these
}

// OpenAccount begins with a position that the server has named.
func OpenAccount(at canvas.Position) Account {
	return Account{from: at.Seq, Held: at.Seq, Epoch: at.Epoch}
}

// Pixels records a frame that covers count numbers after from and shows n pixels; n is less than
// count if the frame was merged. It returns how many numbers had arrived before, and how many
// arrived after a higher one. Both are 0 when all is well.
//
// In a frame that is both merged and partly known, it is unknown which numbers lost their pixel.
// The new ones are assumed to have kept theirs, as far as n goes.
func (a *Account) Pixels(epoch, from, count, n uint64, t *Tally) (again, late uint64) {
	to := from + count
	if count == 0 {
		return 0, 0
	}
	a.Epoch = epoch
	switch {
	case from > a.Held:
		a.gaps.Add(a.Held, from)
	case from < a.Held:
		known := min(to, a.Held)
		late = a.gaps.remove(from, known)
		again = known - from - late
		t.Late += late
		t.Duplicates += again
		count -= known - from
		n -= min(n, late)
	}
	shown := min(n, count)
	t.Delivered += shown
	t.Merged += count - shown
	a.Held = max(a.Held, to)
	return again, late
}

// Snapshot records the whole region at a position: every number up to it has arrived. A snapshot
// that goes back ends the interval at what is held and begins another, in which what follows is
// owed once more. That is how the protocol resumes a client that is too far behind a replaced
// history.
func (a *Account) Snapshot(at canvas.Position, t *Tally) {
	if at.Seq >= a.Held {
		t.Restored += at.Seq - a.Held + a.gaps.size()
		a.Held, a.Epoch, a.gaps = at.Seq, at.Epoch, nil
		return
	}
	if at.Epoch != a.Epoch {
		t.Replaced++
	}
	t.Restored += a.gaps.size()
	t.Owed += a.Held - a.from
	*a = OpenAccount(at)
}

// Settle closes the account when every client should have reached the number end. It returns what
// is missing. Numbers beyond end that have arrived were owed as well.
func (a *Account) Settle(end uint64, t *Tally) Spans {
	missing := a.gaps
	if end > a.Held {
		missing.Add(a.Held, end)
	}
	t.Owed += max(end, a.Held) - a.from
	t.Missing += missing.size()
	*a = Account{from: a.Held, Held: a.Held, Epoch: a.Epoch}
	return missing
}

// Roll is the ledger of a client whose protocol has no sequence numbers. Pixels have the numbers
// that the test itself gave them, and those after from are owed.
type Roll struct {
	From uint64
	Got  Spans
}

// Pixel records a pixel, and reports whether it was new. A pixel from before the interval does not
// count: it was on its way when the client came.
func (r *Roll) Pixel(id uint64, t *Tally) bool {
	if id <= r.From {
		return true
	}
	if r.Got.Add(id-1, id) == 0 {
		t.Duplicates++
		return false
	}
	return true
}

// Settle closes the roll at the number end. void are numbers that no client is owed, because the
// server never took them. It returns what is missing. Pixels beyond end do not count.
func (r *Roll) Settle(end uint64, void Spans, t *Tally) Spans {
	if end <= r.From {
		return nil
	}
	var owed Spans
	owed.Add(r.From, end)
	for _, s := range void {
		owed.remove(s.From, s.To)
	}
	t.Owed += owed.size()
	missing := owed
	for _, s := range r.Got {
		t.Delivered += missing.remove(s.From, s.To)
	}
	t.Missing += missing.size()
	r.From, r.Got = end, nil
	return missing
}
