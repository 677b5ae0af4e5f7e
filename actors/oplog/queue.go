// Package oplog is what a region and its relays remember of ops: the queue of those that wait, the
// ring of the last batches, the pixels that they lead to, and which ops have been applied before. It
// is pure: nothing in it sends, waits or reads a clock, and none of it may be used by two goroutines
// at the same time.
package oplog

import (
	"slices"
	"time"

	"pixelplayground/actors/canvas"
)

// Queued is an op between its arrival at the region and its commit. A client that moved to another
// pod sends it again through another relay: then both relays get the answer.
type Queued struct {
	Op    canvas.Op
	relay string   // the PID of the relay that brought it
	also  []string // and the PIDs of those that brought it again
	Since time.Time
	twin  *Queued // an op of another session with the same author and number
}

// Queue holds the ops that a region has accepted and not yet offered to the store. It also knows
// the ops that are being committed, so that no op is in it twice. It is bounded in pixels.
type Queue struct {
	limit   int // pixels
	pixels  int // waiting
	waiting []*Queued
	known   map[numbered]*Queued // waiting or being committed
}

// numbered is what an id with a key and one without it have in common.
type numbered struct {
	author canvas.Author
	num    uint64
}

func numberedOf(id canvas.OpID) numbered { return numbered{id.Author, id.Num} }

func NewQueue(limit int) Queue {
	return Queue{limit: limit, known: make(map[numbered]*Queued)}
}

// Find returns the op with an id if it is waiting or being committed, else nil.
func (q *Queue) Find(id canvas.OpID) *Queued {
	entry := q.known[numberedOf(id)]
	for entry != nil && !entry.Op.ID.Same(id) {
		entry = entry.twin
	}
	return entry
}

// Len is how many ops are waiting or being committed.
func (q *Queue) Len() int { return len(q.known) }

// Empty reports whether no op is waiting.
func (q *Queue) Empty() bool { return len(q.waiting) == 0 }

// Push appends an op, or notes one more relay for an op that it has. It returns false when the
// queue is full.
func (q *Queue) Push(op canvas.Op, relay string, now time.Time) bool {
	if entry := q.Find(op.ID); entry != nil {
		if entry.relay != relay && !slices.Contains(entry.also, relay) {
			entry.also = append(entry.also, relay)
		}
		return true
	}
	if q.pixels+len(op.Pixels) > q.limit {
		return false
	}
	entry := &Queued{Op: op, relay: relay, Since: now}
	q.waiting = append(q.waiting, entry)
	entry.twin, q.known[numberedOf(op.ID)] = q.known[numberedOf(op.ID)], entry
	q.pixels += len(op.Pixels)
	return true
}

// Take removes ops from the front, at most limit pixels but at least one op. They stay known until
// Settle.
func (q *Queue) Take(limit int) (taken []*Queued, pixels int) {
	n := 0
	for n < len(q.waiting) && (n == 0 || pixels+len(q.waiting[n].Op.Pixels) <= limit) {
		pixels += len(q.waiting[n].Op.Pixels)
		n++
	}
	taken = q.waiting[:n:n]
	q.waiting = q.waiting[n:]
	q.pixels -= pixels
	return taken, pixels
}

// Settle forgets ops that were taken.
func (q *Queue) Settle(taken []*Queued) {
	for _, entry := range taken {
		first := q.known[numberedOf(entry.Op.ID)]
		switch {
		case first == entry && entry.twin == nil:
			delete(q.known, numberedOf(entry.Op.ID))
		case first == entry:
			q.known[numberedOf(entry.Op.ID)] = entry.twin
		default:
			for first.twin != entry {
				first = first.twin
			}
			first.twin = entry.twin
		}
	}
}

// Remove takes out the waiting ops that match, wherever they are.
func (q *Queue) Remove(match func(*Queued) bool) (removed []*Queued) {
	kept := q.waiting[:0:0]
	for _, entry := range q.waiting {
		if match(entry) {
			removed = append(removed, entry)
			q.pixels -= len(entry.Op.Pixels)
		} else {
			kept = append(kept, entry)
		}
	}
	if len(removed) > 0 {
		q.waiting = kept
		q.Settle(removed)
	}
	return removed
}

// Leave takes out the waiting ops that only this relay has brought.
func (q *Queue) Leave(relay string) {
	q.Remove(func(entry *Queued) bool {
		entry.also = slices.DeleteFunc(entry.also, func(also string) bool { return also == relay })
		if entry.relay == relay && len(entry.also) > 0 {
			entry.relay, entry.also = entry.also[0], entry.also[1:]
		}
		return entry.relay == relay
	})
}

// ByRelay groups op ids by the PIDs of the relays that brought them.
func ByRelay(entries []*Queued) map[string][]canvas.OpID {
	groups := make(map[string][]canvas.OpID, 1)
	for _, entry := range entries {
		groups[entry.relay] = append(groups[entry.relay], entry.Op.ID)
		for _, relay := range entry.also {
			groups[relay] = append(groups[relay], entry.Op.ID)
		}
	}
	return groups
}
