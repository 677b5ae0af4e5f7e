package regions

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/journey"
	"pixelplayground/actors/message"
	"pixelplayground/actors/oplog"
	"pixelplayground/actors/store"
)

// inflight is a batch that the store has been offered and has not answered for. A region has at
// most one: ops that arrive meanwhile go into the next batch.
type inflight struct {
	batch *canvas.Batch
	ops   []*oplog.Queued
	began time.Time
}

// advance starts the next commit if there is something to commit and no commit under way. So an
// idle region adds no delay, and a busy one gathers a larger batch. When nothing is left to commit,
// advance completes a retirement.
func (r *region) advance(ctx actor.Context) {
	if r.epoch == 0 || r.inflight != nil || r.mending.have != nil {
		return
	}
	for !r.queue.Empty() {
		if now := r.pod.Now(); r.beginCommit(ctx, r.takeAllowed(ctx, now), now) {
			return
		}
	}
	if r.phase == phaseRetiring {
		r.release(ctx)
	}
}

// beginCommit commits ops, if there are any.
func (r *region) beginCommit(ctx actor.Context, ops []*oplog.Queued, now time.Time) bool {
	if len(ops) == 0 {
		return false
	}
	batch := &canvas.Batch{
		Region: r.id, Epoch: r.epoch, Time: now.UnixMilli(),
		From: r.Position.Seq, To: r.Position.Seq, Ops: make([]canvas.Op, len(ops)),
	}
	for i, entry := range ops {
		batch.Ops[i] = entry.Op
		batch.Ops[i].InTurn = r.dedupe.InTurn(entry.Op.ID)
		batch.Ops[i].Role, batch.Ops[i].Address, batch.Ops[i].Owner = 0, canvas.Address{}, 0 // nobody needs them any more
		batch.To += uint64(len(entry.Op.Pixels))
	}
	r.inflight = &inflight{batch: batch, ops: ops, began: now}
	r.calling()
	r.commit(ctx, r.inflight)
	return true
}

func (r *region) commit(ctx actor.Context, f *inflight) {
	self, system, token := ctx.Self(), ctx.ActorSystem(), r.token
	r.pod.commit(f.batch, token, func(err error) { system.Root.Send(self, committed{f, err}) })
}

// commit gives a batch to the store and its outcome to done. The store's own goroutine calls done
// if the store can do that: then the pixels need not be handed to one more goroutine, and back.
func (p *Pod) commit(batch *canvas.Batch, token store.Token, done func(error)) {
	s, can := p.Store.(store.CommitStarter)
	if !can {
		p.Background(func(ctx context.Context) { done(p.Store.Commit(ctx, batch, token)) })
		return
	}
	p.Work.Add(1)
	ctx, cancel := context.WithTimeout(p.WorkCtx, p.StoreTimeout)
	s.StartCommit(ctx, batch, token, func(err error) {
		defer p.Work.Done()
		cancel()
		done(err)
	})
}

func (r *region) onCommitAgain(ctx actor.Context, m commitAgain) {
	if m.inflight == r.inflight && r.mending.have == nil {
		r.commit(ctx, m.inflight)
	}
}

func (r *region) onCommitted(ctx actor.Context, m committed) {
	switch {
	case m.inflight != r.inflight: // of an earlier instance or epoch
	case m.err == nil:
		r.finishCommit(ctx)
	case errors.Is(m.err, store.ErrFenced):
		r.onFenced(ctx)
	case errors.Is(m.err, store.ErrDamaged):
		r.damaged(ctx, m.err)
	default:
		// The batch may or may not be durable, so its ops can be neither acknowledged nor refused
		// until repeating the commit has told.
		r.failed(m.err, "commit")
		r.pod.Later(ctx, backoff(r.failures), commitAgain{r.inflight})
	}
}

// finishCommit applies the durable batch and shows it to every relay, with the acks for its ops.
func (r *region) finishCommit(ctx actor.Context) {
	f := r.inflight
	r.inflight, r.verified, r.proven, r.trust = nil, r.pod.Now(), f.began, VerifyAtLeast
	r.pod.Owned.ended(r.id)
	r.recovered()
	r.observed(f, r.verified, r.tellFollower(f))

	r.Apply(f.batch)
	r.ring.Push(f.batch)
	r.recordLater(ctx)
	r.queue.Settle(f.ops)
	for i := range f.batch.Ops {
		r.dedupe.Add(&f.batch.Ops[i], f.batch.To)
	}
	acks := oplog.ByRelay(f.ops)
	for key, s := range r.subscribers {
		if s.lags(r.Position, 2*r.pod.RingPixels) {
			r.pod.Stats.Lagging.Add(1)
			r.forget(key) // the relay renews, is told that its stream has lapsed, and attaches anew
			continue
		}
		r.rouse(s)
		ctx.Send(s.relay, &message.Committed{Stream: s.stream, N: s.answer(), Batch: f.batch, Acks: acks[key]})
	}
	r.advance(ctx)
}

// tellFollower tells of the ops that are followed, and returns the trace of one of them; empty: none is.
func (r *region) tellFollower(f *inflight) (trace string) {
	follower := r.pod.Stats.Follower
	for _, span := range follower.InBatch(f.batch, journey.Store, f.began) {
		span.Ended = r.verified
		follower.Saw(span)
		i := slices.IndexFunc(f.ops, func(entry *oplog.Queued) bool { return entry.Op.ID.Same(span.Op) })
		span.Stage, span.Began = journey.Region, f.ops[i].Since
		follower.Saw(span)
		trace = follower.TraceOf(span.Op)
	}
	return trace
}

// observed notes a commit.
func (r *region) observed(f *inflight, now time.Time, trace string) {
	pixels, took := f.batch.Pixels(), now.Sub(f.began)
	r.pod.Stats.CountCommit(pixels, took, trace)
	r.gauge.Committed(pixels, took, now)
}
