package actors

import (
	"bytes"
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/message"
	"pixelplayground/actors/store"
)

// This file is what allowances keep in the store.

const (
	// durableFrom is the time to fill from which on an allowance is kept in the store, a document a
	// subject. To count a faster one as empty after a loss costs nobody more than this.
	durableFrom = 30 * time.Second
	// kindAllowance is the kind of these documents. Each is Allowance in eight bytes, by subject.
	kindAllowance store.Kind = "allowance"
	// writeAttempts is how often an allowance is written when another pod has written it meanwhile.
	writeAttempts = 8
)

// slowID is the document, of kindAllowances, that is there once the first slow allowance was used. Before
// it, no such document can have been lost: a Redis that is new is no reason to let everybody wait.
const slowID = "slow"

// allowanceDocument is the document of a slow allowance.
type allowanceDocument struct {
	used  bool
	value []byte // as it is in the store; nil: there is none
}

// allowanceWritten says what the store has after reading or writing, and what the questions that were
// decided on the way are told.
type allowanceWritten struct {
	of    *allowance
	from  canvas.Allowance // what it was in memory
	full  canvas.Allowance
	value []byte
	asks  []leaseAsk
	told  []*message.Leased
	err   error
}

// load reads the document.
func (a *allowance) load(ctx actor.Context) {
	a.phase, a.durable.used, a.known = allowanceWriting, true, true
	self, limit := ctx.Self(), a.limit
	a.pod.background(func(c context.Context) {
		done := allowanceWritten{of: a}
		done.value, done.full, done.err = a.pod.readAllowance(c, a.subject, limit)
		a.pod.system.Root.Send(self, done)
	})
}

// readAllowance returns a document and what it is worth: if the store may have lost a later one, that
// was empty at the latest then.
func (n *Node) readAllowance(ctx context.Context, subject canvas.Subject, limit canvas.Limit) (value []byte, full canvas.Allowance, err error) {
	if value, err = n.documents.Document(ctx, kindAllowance, documentOf(subject)); err != nil {
		return nil, 0, err
	}
	sure, err := n.documents.SureSince(ctx)
	if err != nil {
		return nil, 0, err
	}
	full = canvas.Allowance(numberIn(value))
	lost := value != nil
	if !sure.IsZero() && !lost {
		ever, err := n.documents.Document(ctx, kindAllowances, slowID)
		if err != nil {
			return nil, 0, err
		}
		lost = ever != nil
	}
	if !sure.IsZero() && lost {
		full = max(full, limit.EmptyAt(sure))
	}
	return value, full, nil
}

// write decides all questions that wait, and answers them when the store has what they leave.
func (a *allowance) write(ctx actor.Context, now time.Time) {
	a.phase = allowanceWriting
	done := allowanceWritten{of: a, from: a.full, full: a.full, value: a.durable.value, asks: a.asks}
	a.asks = nil
	self := ctx.Self()
	a.pod.background(func(c context.Context) {
		done.err = a.pod.writeAllowance(c, a.subject, &done, now)
		a.pod.system.Root.Send(self, done)
	})
}

// writeAllowance swaps the document for what the questions leave of it. If another pod has written it
// meanwhile, the later end counts, and all is decided again.
func (n *Node) writeAllowance(ctx context.Context, subject canvas.Subject, done *allowanceWritten, now time.Time) error {
	for range writeAttempts {
		full := done.full
		done.told = done.told[:0]
		for _, q := range done.asks {
			var told *message.Leased
			full, told = decide(full, q.lease, now)
			told.Full = full
			done.told = append(done.told, told)
		}
		if full == canvas.Allowance(numberIn(done.value)) || int64(full) <= now.UnixNano() {
			done.full = full
			return nil // nothing was taken
		}
		if err := n.given.markSlow(ctx); err != nil {
			return err
		}
		value := appendNumber(nil, uint64(full))
		is, err := n.documents.SwapDocument(ctx, kindAllowance, documentOf(subject), done.value, value, time.Unix(0, int64(full)))
		if err != nil {
			return err
		}
		done.value = is
		if bytes.Equal(is, value) {
			done.full = full
			return nil
		}
		done.full = max(done.full, canvas.Allowance(numberIn(is)))
	}
	return store.ErrUnavailable
}

// onWritten answers the questions.
func (a *allowance) onWritten(ctx actor.Context, m allowanceWritten) {
	if m.of != a || a.phase != allowanceWriting {
		return
	}
	if m.err != nil {
		a.onUnwritten(ctx, m)
		return
	}
	if m.asks == nil {
		a.full = max(a.full, m.full)
	} else { // with what was given back meanwhile
		a.full = max(m.full+a.full-m.from, 0)
	}
	a.durable.value = m.value
	for i, q := range m.asks {
		a.answer(ctx, q, m.told[i])
	}
	now := a.pod.clock.Now()
	a.phase = allowanceServing
	a.tell(ctx, m.asks, now)
	a.await(ctx, now)
	a.serve(ctx)
}

// onUnwritten: what the store has is not known, so it is read before the next answer. Whoever asked
// has to ask again.
func (a *allowance) onUnwritten(ctx actor.Context, m allowanceWritten) {
	for _, q := range append(m.asks, a.asks...) {
		a.answer(ctx, q, &message.Leased{Not: message.LeaseUnavailable})
	}
	a.asks = nil
	a.phase, a.durable = allowanceNew, allowanceDocument{}
	if a.leaving {
		a.goAway(ctx)
	}
	a.await(ctx, a.pod.clock.Now())
}

// given keeps in the store until when this canvas may give pixels out of allowances that are in
// memory alone. After a loss of all pods that is the floor.
type given struct {
	pod   *Node
	until atomic.Int64 // Unix nanoseconds; what is given out until then is covered

	slow atomic.Bool // the document of slowID is there

	mu      sync.Mutex
	writing bool
	waiting []*actor.PID // allowances, to be told with givenExtended
}

// givenExtended says that the store knows, or does not.
type givenExtended struct{ err error }

const (
	// givenAhead is how far ahead the store is told, and givenEarly how long before the end it is told
	// again: once in 2 s while pixels are given out.
	givenAhead = 4 * time.Second
	givenEarly = 2 * time.Second
	// givenSkew is what the document says beyond that, for clocks of pods that differ: the last to
	// write it is not always the one furthest ahead.
	givenSkew = time.Second
)

// covers reports whether pixels may be given out now. Any goroutine may ask.
func (g *given) covers(now time.Time) bool {
	if g.pod.documents == nil {
		return true
	}
	until := g.until.Load()
	if until-now.UnixNano() < int64(givenEarly) {
		g.renew(nil)
	}
	return now.UnixNano() < until
}

// extend tells the actor when pixels may be given out.
func (g *given) extend(pid *actor.PID) { g.renew(pid) }

func (g *given) renew(pid *actor.PID) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if pid != nil {
		g.waiting = append(g.waiting, pid)
	}
	if g.writing {
		return
	}
	g.writing = true
	g.pod.background(func(ctx context.Context) {
		until := g.pod.clock.Now().Add(givenAhead)
		value := appendNumber([]byte{givenUntil}, uint64(until.Add(givenSkew).UnixNano()))
		err := g.pod.documents.PutDocument(ctx, kindAllowances, givenID, value, time.Time{})
		g.mu.Lock()
		defer g.mu.Unlock()
		g.writing = false
		if err == nil {
			g.until.Store(until.UnixNano())
		}
		for _, pid := range g.waiting {
			g.pod.system.Root.Send(pid, givenExtended{err})
		}
		g.waiting = nil
	})
}

// markSlow notes for good that slow allowances are used.
func (g *given) markSlow(ctx context.Context) error {
	if g.slow.Load() {
		return nil
	}
	err := g.pod.documents.PutDocument(ctx, kindAllowances, slowID, []byte{1}, time.Time{})
	if err == nil {
		g.slow.Store(true)
	}
	return err
}

// onGiven goes on, or tells those who wait that the store does not answer.
func (a *allowance) onGiven(ctx actor.Context, m givenExtended) {
	if a.phase != allowanceWriting || a.durable.used {
		return
	}
	if m.err != nil {
		for _, q := range a.asks {
			a.answer(ctx, q, &message.Leased{Not: message.LeaseUnavailable})
		}
		a.asks = nil
	}
	a.serve(ctx)
}
