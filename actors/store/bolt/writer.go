package bolt

import (
	"context"
	"errors"
	"fmt"

	"go.etcd.io/bbolt"

	"pixelplayground/actors/store"
)

const (
	// queueLength is how many requests can wait for the writer: a commit of each of a
	// quarter of the regions that a canvas can have. When it is full, callers wait for a
	// place until their ctx ends, and then get store.ErrUnavailable.
	queueLength = 1024

	// A transaction takes no more requests when it has this many requests or pixels: its
	// changed pages are in memory until the flush, 50 MB if each pixel is in another chunk.
	maxRequests = 1024
	maxPixels   = 64 << 10
)

// request is an operation on its way through the writer.
type request struct {
	ctx    context.Context // the caller's; once it has ended nobody waits for the outcome
	op     operation
	pixels int
	done   chan error // capacity 1; the writer sends the outcome, once
}

// submit has the writer carry out op and returns its outcome.
func (s *Store) submit(ctx context.Context, op operation, pixels int) error {
	r := &request{ctx: ctx, op: op, pixels: pixels, done: make(chan error, 1)}
	if err := s.enqueue(r); err != nil {
		return err
	}
	select {
	case err := <-r.done:
		return err
	case <-ctx.Done():
		return unavailable(ctx.Err())
	}
}

func (s *Store) enqueue(r *request) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return store.ErrClosed
	}
	select {
	case s.requests <- r:
		return nil
	default:
		s.stats.QueueFull.Add(1)
	}
	select {
	case s.requests <- r:
		return nil
	case <-r.ctx.Done():
		return unavailable(r.ctx.Err())
	}
}

// write is the writer: it carries out all requests, until Close.
func (s *Store) write() {
	defer close(s.written)
	for first := range s.requests {
		s.transact(s.gather(first))
	}
}

// gather takes what is queued, without waiting for more.
func (s *Store) gather(first *request) []*request {
	group := []*request{first}
	for pixels := first.pixels; pixels < maxPixels && len(group) < maxRequests; {
		select {
		case r, open := <-s.requests:
			if !open {
				return group
			}
			group = append(group, r)
			pixels += r.pixels
		default:
			return group
		}
	}
	return group
}

// errNothingToDo undoes a transaction in which no request changed or confirmed anything.
var errNothingToDo = errors.New("nothing to do")

// transact carries out requests in one transaction and tells each its outcome.
func (s *Store) transact(group []*request) {
	s.stats.Requests.Add(int64(len(group)))
	outcomes := make([]error, len(group))
	err := s.db.Update(func(tx *bbolt.Tx) error {
		t := tablesOf(tx)
		flush := false
		for i, r := range group {
			outcomes[i] = r.carryOut(t)
			// A repeated commit changes nothing, yet it is flushed: the transaction that
			// brought it may be the one that failed.
			if _, isPing := r.op.(ping); outcomes[i] == nil && (!isPing || s.failing) {
				flush = true
			}
		}
		if t.failed == nil && !flush {
			return errNothingToDo
		}
		return t.failed
	})
	switch {
	case errors.Is(err, errNothingToDo):
	case err != nil:
		s.failing = true
		s.stats.Failed.Add(1)
		// Also who was refused may have been so because of what is undone now.
		for i := range outcomes {
			outcomes[i] = unavailable(fmt.Errorf("write %s: %w", s.db.Path(), err))
		}
	default:
		s.failing = false
		s.stats.Transactions.Add(1)
	}
	for i, r := range group {
		r.done <- outcomes[i]
	}
}

func (r *request) carryOut(t *tables) error {
	if err := r.ctx.Err(); err != nil {
		return unavailable(err)
	}
	return r.op.apply(t)
}
