package actors

import (
	"slices"
	"time"

	"pixelplayground/actors/canvas"
)

// queued is an op between its arrival at the region and its commit. A client that moved to another
// pod sends it again through another relay: then both relays get the answer.
type queued struct {
	op    canvas.Op
	relay string   // the PID of the relay that brought it
	also  []string // and the PIDs of those that brought it again
	since time.Time
	twin  *queued // an op of another session with the same author and number
}

// queue holds the ops that a region has accepted and not yet offered to the store. It also knows
// the ops that are being committed, so that no op is in it twice. It is bounded in pixels.
type queue struct {
	limit   int // pixels
	pixels  int // waiting
	waiting []*queued
	known   map[numbered]*queued // waiting or being committed
}

// numbered is what an id with a key and one without it have in common.
type numbered struct {
	author canvas.Author
	num    uint64
}

func numberedOf(id canvas.OpID) numbered { return numbered{id.Author, id.Num} }

func newQueue(limit int) queue {
	return queue{limit: limit, known: make(map[numbered]*queued)}
}

// find returns the op with an id if it is waiting or being committed, else nil.
func (q *queue) find(id canvas.OpID) *queued {
	entry := q.known[numberedOf(id)]
	for entry != nil && !entry.op.ID.Same(id) {
		entry = entry.twin
	}
	return entry
}

func (q *queue) empty() bool { return len(q.waiting) == 0 }

// push appends an op, or notes one more relay for an op that it has. It returns false when the
// queue is full.
func (q *queue) push(op canvas.Op, relay string, now time.Time) bool {
	if entry := q.find(op.ID); entry != nil {
		if entry.relay != relay && !slices.Contains(entry.also, relay) {
			entry.also = append(entry.also, relay)
		}
		return true
	}
	if q.pixels+len(op.Pixels) > q.limit {
		return false
	}
	entry := &queued{op: op, relay: relay, since: now}
	q.waiting = append(q.waiting, entry)
	entry.twin, q.known[numberedOf(op.ID)] = q.known[numberedOf(op.ID)], entry
	q.pixels += len(op.Pixels)
	return true
}

// take removes ops from the front, at most limit pixels but at least one op. They stay known until
// settle.
func (q *queue) take(limit int) (taken []*queued, pixels int) {
	n := 0
	for n < len(q.waiting) && (n == 0 || pixels+len(q.waiting[n].op.Pixels) <= limit) {
		pixels += len(q.waiting[n].op.Pixels)
		n++
	}
	taken = q.waiting[:n:n]
	q.waiting = q.waiting[n:]
	q.pixels -= pixels
	return taken, pixels
}

// settle forgets ops that were taken.
func (q *queue) settle(taken []*queued) {
	for _, entry := range taken {
		first := q.known[numberedOf(entry.op.ID)]
		switch {
		case first == entry && entry.twin == nil:
			delete(q.known, numberedOf(entry.op.ID))
		case first == entry:
			q.known[numberedOf(entry.op.ID)] = entry.twin
		default:
			for first.twin != entry {
				first = first.twin
			}
			first.twin = entry.twin
		}
	}
}

// remove takes out the waiting ops that match, wherever they are.
func (q *queue) remove(match func(*queued) bool) (removed []*queued) {
	kept := q.waiting[:0:0]
	for _, entry := range q.waiting {
		if match(entry) {
			removed = append(removed, entry)
			q.pixels -= len(entry.op.Pixels)
		} else {
			kept = append(kept, entry)
		}
	}
	if len(removed) > 0 {
		q.waiting = kept
		q.settle(removed)
	}
	return removed
}

// leave takes out the waiting ops that only this relay has brought.
func (q *queue) leave(relay string) {
	q.remove(func(entry *queued) bool {
		entry.also = slices.DeleteFunc(entry.also, func(also string) bool { return also == relay })
		if entry.relay == relay && len(entry.also) > 0 {
			entry.relay, entry.also = entry.also[0], entry.also[1:]
		}
		return entry.relay == relay
	})
}

// byRelay groups op ids by the PIDs of the relays that brought them.
func byRelay(entries []*queued) map[string][]canvas.OpID {
	groups := make(map[string][]canvas.OpID, 1)
	for _, entry := range entries {
		groups[entry.relay] = append(groups[entry.relay], entry.op.ID)
		for _, relay := range entry.also {
			groups[relay] = append(groups[relay], entry.op.ID)
		}
	}
	return groups
}
