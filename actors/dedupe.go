package actors

import "pixelplayground/actors/canvas"

// maxSessions bounds the sessions that one region remembers: about 3 MB.
const maxSessions = 12288

// dedupe remembers which ops a region has had (I4): of each session the highest number,
// which of the remembered-1 numbers before it, and from which number on nothing is missing.
//
// It forgets in two ways. What left the store's log before the region was claimed is gone, and when there
// are too many sessions, the network that has most of them loses the one that was silent
// longest: nobody makes others' ops forgotten but his own network's. How far back what
// it knows is complete is from. So of an op that it does not know it can say whether that was never
// applied, or whether it may have been: then the op can be neither applied nor acknowledged.
type dedupe struct {
	from     uint64 // every op applied behind this sequence number is known
	sessions int
	byAuthor map[canvas.Author]*sessionOps
	shares   shares
}

// sessionOps is what is known of one session's ops.
type sessionOps struct {
	id   canvas.OpID // of its first op: what it has in common with the others counts
	also *sessionOps // of another session with the same author
	opWindow
	// inTurn is the lowest op known that was applied in turn: whatever has a higher number was
	// applied later, and is known. 0: none.
	inTurn uint64
	last   uint64 // sequence number by which its last op was applied

	share        *share
	older, newer *sessionOps // in the share
}

func newDedupe(from uint64) dedupe {
	return dedupe{from: from, byAuthor: make(map[canvas.Author]*sessionOps), shares: newShares()}
}

// restore adds every op of a log that ends at a sequence number.
func (d *dedupe) restore(batches []*canvas.Batch, end uint64) {
	if *d = newDedupe(end); len(batches) > 0 {
		d.from = batches[0].From
	}
	for _, b := range batches {
		for i := range b.Ops {
			d.add(&b.Ops[i], b.To)
		}
	}
}

// has tells what is known of an op that, if it was applied before, was so behind the sequence number
// after; again: it may have been at all. Unless it is known, it is hadNot only if it
// was certainly never applied.
func (d *dedupe) has(id canvas.OpID, again bool, after uint64) verdict {
	certain := !again || after >= d.from
	older := false
	for r := d.byAuthor[id.Author]; r != nil; r = r.also {
		if !r.id.Key.Matches(id.Key) {
			continue
		}
		switch r.opWindow.has(id.Num) {
		case opApplied:
			return opApplied
		case opUnsure:
			older = true
		}
		// By author alone it may be another's turn.
		certain = certain || r.id.Key == id.Key && r.inTurn > 0 && r.inTurn < id.Num
	}
	if older || !certain {
		return opUnsure
	}
	return opNew
}

// inTurn reports whether no op with a higher number is known of the session.
func (d *dedupe) inTurn(id canvas.OpID) bool {
	for r := d.byAuthor[id.Author]; r != nil; r = r.also {
		if r.id.Key.Matches(id.Key) && r.high > id.Num {
			return false
		}
	}
	return id.Key != canvas.Key{}
}

// add remembers an op that was applied by a sequence number.
func (d *dedupe) add(op *canvas.Op, seq uint64) {
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

func (d *dedupe) find(id canvas.OpID) *sessionOps {
	r := d.byAuthor[id.Author]
	for r != nil && r.id.Key != id.Key {
		r = r.also
	}
	return r
}

// admit makes room for one more session.
func (d *dedupe) admit(op *canvas.Op) *sessionOps {
	if d.sessions == maxSessions {
		d.forget()
	}
	d.sessions++
	r := &sessionOps{id: op.ID, also: d.byAuthor[op.ID.Author]}
	d.byAuthor[op.ID.Author] = r
	d.shares.join(r, op.Network)
	return r
}

func (d *dedupe) forget() {
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
