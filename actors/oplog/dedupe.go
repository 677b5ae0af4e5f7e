package oplog

import "pixelplayground/actors/canvas"

// maxSessions bounds the sessions that one region remembers: about 3 MB.
const maxSessions = 12288

// Dedupe remembers which ops a region has applied (I4). For each session it has the highest op
// number, which of the Remembered-1 numbers before it were applied, and the number from which on
// nothing is missing.
//
// It forgets in two ways. Ops that had left the store's log before the region was claimed are gone.
// And when there are too many sessions, the network with the most of them loses the session that
// was silent longest, so nobody can make it forget ops of other networks. from says how far back it
// is complete. So of an op that it does not know, it can say whether the op was never applied, or
// may have been. In the second case the op can be neither applied nor acknowledged.
type Dedupe struct {
	from     uint64 // every op applied after this sequence number is known
	sessions int
	byAuthor map[canvas.Author]*sessionOps
	shares   shares
}

// sessionOps is what is known of one session's ops.
type sessionOps struct {
	id   canvas.OpID // of its first op; only what it shares with the session's other ops counts
	also *sessionOps // another session with the same author
	opWindow
	// inTurn is the lowest known op that was applied in turn: any op with a higher number was
	// applied later, and is known. 0: none.
	inTurn uint64
	last   uint64 // sequence number at which its last op was applied

	share        *share
	older, newer *sessionOps // in the share
}

func NewDedupe(from uint64) Dedupe {
	return Dedupe{from: from, byAuthor: make(map[canvas.Author]*sessionOps), shares: newShares()}
}

// Restore forgets everything, and adds the ops of a log that ends at a sequence number.
func (d *Dedupe) Restore(batches []*canvas.Batch, end uint64) {
	if *d = NewDedupe(end); len(batches) > 0 {
		d.from = batches[0].From
	}
	for _, b := range batches {
		for i := range b.Ops {
			d.Add(&b.Ops[i], b.To)
		}
	}
}

// Has reports what is known of an op. If again is set, the op may have been sent before; it can then
// only have been applied later than at the sequence number after. An op that is not known is
// NeverApplied if that is certain, else Unsure.
func (d *Dedupe) Has(id canvas.OpID, again bool, after uint64) Verdict {
	certain := !again || after >= d.from
	older := false
	for r := d.byAuthor[id.Author]; r != nil; r = r.also {
		if !r.id.Key.Matches(id.Key) {
			continue
		}
		switch r.opWindow.has(id.Num) {
		case Applied:
			return Applied
		case Unsure:
			older = true
		}
		// If only the author matches, inTurn may be that of another session.
		certain = certain || r.id.Key == id.Key && r.inTurn > 0 && r.inTurn < id.Num
	}
	if older || !certain {
		return Unsure
	}
	return NeverApplied
}

// InTurn reports whether no op of the session with a higher number is known.
func (d *Dedupe) InTurn(id canvas.OpID) bool {
	for r := d.byAuthor[id.Author]; r != nil; r = r.also {
		if r.id.Key.Matches(id.Key) && r.high > id.Num {
			return false
		}
	}
	return id.Key != canvas.Key{}
}

// Add remembers an op that was applied at a sequence number.
func (d *Dedupe) Add(op *canvas.Op, seq uint64) {
	r := d.find(op.ID)
	if r == nil {
		r = d.admit(op)
	}
	if op.InTurn && r.inTurn == 0 && op.ID.Num > r.high {
		r.inTurn = op.ID.Num
	}
	r.opWindow.add(op.ID.Num)
	r.last = seq
	d.shares.touch(r)
}

func (d *Dedupe) find(id canvas.OpID) *sessionOps {
	r := d.byAuthor[id.Author]
	for r != nil && r.id.Key != id.Key {
		r = r.also
	}
	return r
}

// admit makes room for one more session.
func (d *Dedupe) admit(op *canvas.Op) *sessionOps {
	if d.sessions == maxSessions {
		d.forget()
	}
	d.sessions++
	r := &sessionOps{id: op.ID, also: d.byAuthor[op.ID.Author]}
	d.byAuthor[op.ID.Author] = r
	d.shares.join(r, op.Network)
	return r
}

func (d *Dedupe) forget() {
	r := d.shares.longestSilent()
	d.shares.leave(r)
	d.sessions--
	d.from = max(d.from, r.last)
	first := d.byAuthor[r.id.Author]
	switch {
	case first == r && r.also == nil:
		delete(d.byAuthor, r.id.Author)
	case first == r:
		d.byAuthor[r.id.Author] = r.also
	default:
		for first.also != r {
			first = first.also
		}
		first.also = r.also
	}
}
