package bolt

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"go.etcd.io/bbolt"

	"pixelplayground/actors/canvas"
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
	queue := s.queueOf(op)
	if s.mu.TryRLock() {
		defer s.mu.RUnlock()
		if s.closed {
			r.finish(store.ErrClosed)
			return
		}
		select {
		case queue <- r:
			return
		default:
			s.stats.QueueFull.Add(1)
		}
	}
	go s.enqueue(r, queue)
}

// queueOf returns the queue of those who carry out an operation. What takes from a region's log, and
// from no claim, need not hold up the commits of all.
func (s *Store) queueOf(op operation) chan *request {
	switch op.(type) {
	case *write, *recorded:
		return s.papers
	}
	return s.requests
}

// enqueue waits for a place in the queue.
func (s *Store) enqueue(r *request, queue chan *request) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		r.finish(store.ErrClosed)
		return
	}
	select {
	case queue <- r:
	case <-r.ctx.Done(): // which ends the request
	}
}

// finish is end for a ctx that may not have ended.
func (r *request) finish(outcome error) {
	r.forget()
	r.end(outcome)
}

// write is the writer: it carries out all requests that concern who owns a region and what is drawn,
// until Close.
func (s *Store) write() {
	defer close(s.written)
	for first := range s.requests {
		group := gather(first, s.requests)
		s.serve(group)
		time.Sleep(restAfter(len(group)))
	}
}

const (
	// A flush takes as much of the processor for one commit as for many. So where many come, the
	// writer waits before the next one, for as long as a viewer does not notice: a tick is longer.
	restStep = 500 * time.Microsecond
	restMost = 4 * time.Millisecond
)

// restAfter returns how long the writer waits for more after it has carried out so many requests.
func restAfter(requests int) time.Duration {
	return min(restMost, time.Duration(requests-1)*restStep)
}

// gather takes what is queued without waiting for more.
func gather(first *request, queue <-chan *request) []*request {
	group := []*request{first}
	for pixels := first.pixels; pixels < maxPixels && len(group) < maxRequests; {
		select {
		case r, open := <-queue:
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

// serve carries out requests: commits alone by the journal, all others by the tables.
func (s *Store) serve(group []*request) {
	s.stats.Requests.Add(int64(len(group)))
	if s.journals(group) {
		outcomes := make([]error, len(group))
		if err := s.toJournal(group, outcomes); err == nil {
			for i, r := range group {
				r.finish(outcomes[i])
			}
			return
		}
	}
	s.transact(group)
	s.renewJournal()
}

// journals reports whether requests may go to the journal: if there is a reason for doubt, only the
// tables tell.
func (s *Store) journals(group []*request) bool {
	pings := false
	for _, r := range group {
		switch r.op.(type) {
		case *commit:
		case ping:
			pings = true
		default:
			return false
		}
	}
	return s.doubt.why() == nil && !(pings && s.doubt.due(time.Now(), s.room))
}

// errNothingToDo undoes a transaction in which no request changed or confirmed anything.
var errNothingToDo = errors.New("nothing to do")

// transact carries out requests in one transaction, in which the tables also take the backlog, and
// tells each its outcome.
func (s *Store) transact(group []*request) {
	s.tables.Lock()
	defer s.tables.Unlock()
	outcomes := make([]error, len(group))
	now := time.Now()
	try := slices.ContainsFunc(group, isPing) && s.doubt.due(now, s.room)
	err := s.inPlace()
	var load load
	var harm map[canvas.RegionID]error
	if try || len(group) == 0 || slices.ContainsFunc(group, changes) {
		load = s.back.load()
	}
	if err == nil {
		err = s.update(func(tx *bbolt.Tx) error {
			t := tablesOf(tx)
			harm = t.carry(load, s.cfg.keep())
			return s.carryOut(t, group, outcomes, try, len(load.regions) > 0)
		})
	}
	if try {
		s.doubt.tried(now)
	}
	switch {
	case errors.Is(err, errNothingToDo):
		err = s.doubt.why() // pings are told this until it is time to try again
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
		s.back.carried(load, harm)
		s.settle(nil)
		s.stats.Transactions.Add(1)
	}
	for i, r := range group {
		r.finish(outcomes[i])
	}
}

// carryOut runs within the transaction. If try is set, pings write too. flush says that there is
// something to write already.
func (s *Store) carryOut(t *tables, group []*request, outcomes []error, try, flush bool) error {
	for i, r := range group {
		outcomes[i] = s.carryOutOne(t, r)
		switch {
		case outcomes[i] != nil:
		case changes(r): // a repeated commit changes nothing, yet the transaction of its first try may have failed
			flush = true
		case try && !flush:
			flush = true
			if err := t.probe(); err != nil {
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

// carryOutOne also tells an owner what was found damaged after its last commit.
func (s *Store) carryOutOne(t *tables, r *request) error {
	if err := r.ctx.Err(); err != nil {
		return unavailable(err)
	}
	if c, is := r.op.(*commit); is {
		if harm := s.back.harm(c.batch.Region); harm != nil {
			return harm
		}
	}
	return r.op.apply(t)
}

func isPing(r *request) bool {
	_, is := r.op.(ping)
	return is
}

// changes reports whether a request is for a change.
func changes(r *request) bool { return !isPing(r) }
