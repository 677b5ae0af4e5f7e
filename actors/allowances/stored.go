package allowances

import (
	"context"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/message"
)

// This file is how an allowance waits for the store.

// allowanceWritten says what the store has after reading or writing, and what the questions that were
// decided on the way are told.
type allowanceWritten struct {
	of   *allowance
	from canvas.Allowance // what it was in memory
	is   slow
	asks []leaseAsk
	told []*message.Leased
	err  error
}

// givenExtended says that the store knows until when pixels may be given out, or does not.
type givenExtended struct{ err error }

// load reads a slow allowance.
func (a *allowance) load(ctx actor.Context) {
	a.phase, a.durable, a.known = allowanceWriting, true, true
	self, limit := ctx.Self(), a.limit
	a.pod.Background(func(c context.Context) {
		done := allowanceWritten{of: a}
		done.is, done.err = a.pod.records.read(c, a.subject, limit)
		a.pod.System.Root.Send(self, done)
	})
}

// write decides all questions that wait, and answers them when the store has what they leave.
func (a *allowance) write(ctx actor.Context, now time.Time) {
	a.phase, a.stored.full = allowanceWriting, a.full
	done := allowanceWritten{of: a, from: a.full, is: a.stored, asks: a.asks}
	a.granted, a.asks = a.asks, nil
	leases := make([]*message.Lease, len(done.asks))
	for i, q := range done.asks {
		leases[i] = q.lease
	}
	self := ctx.Self()
	a.pod.Background(func(c context.Context) {
		done.is, done.told, done.err = a.pod.records.write(c, a.subject, done.is, leases, now)
		a.pod.System.Root.Send(self, done)
	})
}

// onWritten answers the questions.
func (a *allowance) onWritten(ctx actor.Context, m allowanceWritten) {
	if m.of != a || a.phase != allowanceWriting {
		return
	}
	a.granted = nil
	if m.err != nil {
		a.onUnwritten(ctx, m)
		return
	}
	if m.asks == nil {
		a.full = max(a.full, m.is.full)
	} else { // with what was given back meanwhile
		a.full = max(m.is.full+a.full-m.from, 0)
	}
	a.stored = m.is
	for i, q := range m.asks {
		a.answer(ctx, q, m.told[i])
	}
	now := a.pod.Now()
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
	a.phase, a.durable = allowanceNew, false
	if a.leaving {
		a.goAway(ctx)
	}
	a.await(ctx, a.pod.Now())
}

// extend has the store told until when pixels may be given out.
func (a *allowance) extend(ctx actor.Context) {
	self := ctx.Self()
	a.pod.given.extend(func(err error) { a.pod.System.Root.Send(self, givenExtended{err}) })
}

// onGiven goes on, or tells those who wait that the store does not answer.
func (a *allowance) onGiven(ctx actor.Context, m givenExtended) {
	if a.phase != allowanceWriting || a.durable {
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
