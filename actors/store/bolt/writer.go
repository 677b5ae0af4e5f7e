package bolt

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"go.etcd.io/bbolt"

	"pixelplayground/actors/store"
)

const (
	// queueLength is how many requests can wait for the writer: a commit from each of a quarter of
	// the regions that a canvas can have. When the queue is full, callers wait for a place until
	// their ctx ends, and then get store.ErrUnavailable.
	queueLength = 1024

	// A transaction takes no more requests once it has this many requests or pixels: its changed
	// pages stay in memory until the flush, 50 MB if each pixel is in a different chunk.
	maxRequests = 1024
	maxPixels   = 64 << 10
)

// request is an operation on its way through the writer.
type request struct {
	ctx    context.Context // the caller's; once it has ended, nobody waits for the outcome
	op     operation
	pixels int
	done   func(error) // takes the outcome, once; does not block
	ended  atomic.Bool // done has it
	forget func() bool // ends the wait for ctx
}

// end gives the caller the outcome, unless the caller has one.
func (r *request) end(outcome error) {
	if r.ended.CompareAndSwap(false, true) {
		r.done(outcome)
	}
}

// submit has the writer carry out op and returns its outcome.
func (s *Store) submit(ctx context.Context, op operation, pixels int) error {
	outcome := make(chan error, 1)
	s.start(ctx, op, pixels, func(err error) { outcome <- err })
	return <-outcome
}

// start has the writer carry out op, and gives done the outcome: when ctx ends, at the latest. It
// does not block.
func (s *Store) start(ctx context.Context, op operation, pixels int, done func(error)) {
	r := &request{ctx: ctx, op: op, pixels: pixels, done: done}
	r.forget = context.AfterFunc(ctx, func() { r.end(unavailable(ctx.Err())) })
	if s.mu.TryRLock() {
		defer s.mu.RUnlock()
		if s.closed {
			r.finish(store.ErrClosed)
			return
		}
		select {
		case s.requests <- r:
			return
		default:
			s.stats.QueueFull.Add(1)
		}
	}
	go s.enqueue(r)
}

// enqueue waits for a place in the queue.
func (s *Store) enqueue(r *request) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		r.finish(store.ErrClosed)
		return
	}
	select {
	case s.requests <- r:
	case <-r.ctx.Done(): // which ends the request
	}
}

// finish is end for a ctx that may not have ended.
func (r *request) finish(outcome error) {
	r.forget()
	r.end(outcome)
}

// write is the writer: it carries out all requests, until Close.
func (s *Store) write() {
	defer close(s.written)
	for first := range s.requests {
		s.transact(s.gather(first))
	}
}

// gather takes what is queued without waiting for more.
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
	now := time.Now()
	try := slices.ContainsFunc(group, isPing) && s.doubt.due(now, s.room)
	err := s.inPlace()
	if err == nil {
		err = s.update(func(tx *bbolt.Tx) error { return s.carryOut(tx, group, outcomes, try) })
	}
	if try {
		s.doubt.probed = now
	}
	switch {
	case errors.Is(err, errNothingToDo):
		err = s.doubt.failure // pings are told this until it is time to try again
		for i, r := range group {
			if isPing(r) && err != nil && outcomes[i] == nil {
				outcomes[i] = unavailable(fmt.Errorf("write %s: %w", s.db.Path(), err))
			}
		}
	case err != nil:
		s.settle(err)
		s.stats.Failed.Add(1)
		// Those that were refused may have been refused because of what is undone now.
		for i := range outcomes {
			outcomes[i] = unavailable(fmt.Errorf("write %s: %w", s.db.Path(), err))
		}
	default:
		s.settle(nil)
		s.stats.Transactions.Add(1)
	}
	for i, r := range group {
		r.finish(outcomes[i])
	}
}

// carryOut runs within the transaction. If try is set, pings write too.
func (s *Store) carryOut(tx *bbolt.Tx, group []*request, outcomes []error, try bool) error {
	t := tablesOf(tx)
	flush := false
	for i, r := range group {
		outcomes[i] = r.carryOut(t)
		switch {
		case outcomes[i] != nil:
		case !isPing(r): // a repeated commit changes nothing, yet the transaction of its first try may have failed
			flush = true
		case try && !flush:
			flush = true
			if err := probe(tx); err != nil {
				return err
			}
		}
	}
	if t.failed == nil && !flush {
		return errNothingToDo
	}
	t.sweep(time.Now())
	return t.failed
}

func isPing(r *request) bool {
	_, is := r.op.(ping)
	return is
}

func (r *request) carryOut(t *tables) error {
	if err := r.ctx.Err(); err != nil {
		return unavailable(err)
	}
	return r.op.apply(t)
}
