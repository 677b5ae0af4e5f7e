package actors

import "pixelplayground/actors/canvas"

// maxSessions bounds the sessions that one region remembers: about 3 MB.
const maxSessions = 12288

// applied remembers which ops a region has had (I4): of each session the highest number,
// which of the remembered-1 numbers before it, and from which number on nothing is missing.
//
// It forgets in two ways. What left the store's log before the region was claimed is gone, and when there
// are too many sessions, the network that has most of them loses the one that was silent
// longest: nobody makes others' ops forgotten but his own network's. How far back what
// it knows is complete is from. So of an op that it does not know it can say whether that was never
// applied, or whether it may have been: then the op can be neither applied nor acknowledged.
type applied struct {
	from     uint64 // every op applied behind this sequence number is known
	sessions int
	byAuthor map[canvas.Author]*remembrance
	shares   shares
}

// remembrance is what is known of one session's ops.
type remembrance struct {
	id   canvas.OpID  // of its first op: what it has in common with the others counts
	also *remembrance // of another session with the same author
	marks
	// inTurn is the lowest op known that was applied in turn: whatever has a higher number was
	// applied later, and is known. 0: none.
	inTurn uint64
	last   uint64 // sequence number by which its last op was applied

	share        *share
	older, newer *remembrance // in the share
}

func newApplied(from uint64) applied {
	return applied{from: from, byAuthor: make(map[canvas.Author]*remembrance), shares: newShares()}
}

// restore adds every op of a log that ends at a sequence number.
func (a *applied) restore(batches []*canvas.Batch, end uint64) {
	if *a = newApplied(end); len(batches) > 0 {
		a.from = batches[0].From
	}
	for _, b := range batches {
		for i := range b.Ops {
			a.add(&b.Ops[i], b.To)
		}
	}
}

// has tells what is known of an op that, if it was applied before, was so behind the sequence number
// after; again: it may have been at all. Unless it is known, it is hadNot only if it
// was certainly never applied.
func (a *applied) has(id canvas.OpID, again bool, after uint64) had {
	certain := !again || after >= a.from
	older := false
	for r := a.byAuthor[id.Author]; r != nil; r = r.also {
		if !r.id.Key.Matches(id.Key) {
			continue
		}
		switch r.marks.has(id.Num) {
		case hadIt:
			return hadIt
		case hadMaybe:
			older = true
		}
		// By author alone it may be another's turn.
		certain = certain || r.id.Key == id.Key && r.inTurn > 0 && r.inTurn < id.Num
	}
	if older || !certain {
		return hadMaybe
	}
	return hadNot
}

// inTurn tells whether no op with a higher number is known of the session.
func (a *applied) inTurn(id canvas.OpID) bool {
	for r := a.byAuthor[id.Author]; r != nil; r = r.also {
		if r.id.Key.Matches(id.Key) && r.high > id.Num {
			return false
		}
	}
	return id.Key != canvas.Key{}
}

// add remembers an op that was applied by a sequence number.
func (a *applied) add(op *canvas.Op, seq uint64) {
	r := a.find(op.ID)
	if r == nil {
		r = a.admit(op)
	}
	if op.InTurn && r.inTurn == 0 && op.ID.Num > r.high {
		r.inTurn = op.ID.Num
	}
	r.marks.add(op.ID.Num)
	r.last = seq
	a.shares.touch(r)
}

func (a *applied) find(id canvas.OpID) *remembrance {
	r := a.byAuthor[id.Author]
	for r != nil && r.id.Key != id.Key {
		r = r.also
	}
	return r
}

// admit makes room for one more session.
func (a *applied) admit(op *canvas.Op) *remembrance {
	if a.sessions == maxSessions {
		a.forget()
	}
	a.sessions++
	r := &remembrance{id: op.ID, also: a.byAuthor[op.ID.Author]}
	a.byAuthor[op.ID.Author] = r
	a.shares.join(r, op.Network)
	return r
}

func (a *applied) forget() {
	r := a.shares.longestSilent()
	a.shares.leave(r)
	a.sessions--
	a.from = max(a.from, r.last)
	first := a.byAuthor[r.id.Author]
	switch {
	case first == r && r.also == nil:
		delete(a.byAuthor, r.id.Author)
	case first == r:
		a.byAuthor[r.id.Author] = r.also
	default:
		for first.also != r {
			first = first.also
		}
		first.also = r.also
	}
}
