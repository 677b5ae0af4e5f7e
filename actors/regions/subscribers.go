package regions

import (
	"slices"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/mailbox"
	"pixelplayground/actors/message"
	"pixelplayground/actors/oplog"
)

// subscriber is a relay as its region sees it.
type subscriber struct {
	relay   *actor.PID
	stream  uint64
	next    uint64          // N of the next Submit
	answers uint64          // N of the next Committed or Rejected
	seen    time.Time       // last Attach
	held    canvas.Position // the position that it last reported, or that we last brought it to
	brought bool            // it has been brought up to date, so lags may compare held
	resting bool            // the relay and we say nothing to each other: see rests
}

// answer counts one Committed or Rejected.
func (s *subscriber) answer() uint64 {
	s.answers++
	return s.answers - 1
}

// lags reports whether more pixels are under way to the relay than a queue between pods should
// hold. The relay confirms what it has with every beat.
func (s *subscriber) lags(position canvas.Position, limit int) bool {
	return s.brought && position.Seq > s.held.Seq && position.Seq-s.held.Seq > uint64(limit)
}

// LeaseBeats is how many renewals, one each beat, a relay may miss before its region forgets it. A
// relay that is still alive attaches again and loses nothing.
const LeaseBeats = 8

// attach renews a subscription or starts a new one.
func (r *region) attach(ctx actor.Context, m *message.Attach) {
	key := mailbox.Key(ctx.Sender())
	s := r.subscribers[key]
	known := s != nil && s.stream == m.Stream
	if known && m.Submits == s.next {
		r.renew(ctx, s, m)
		return
	}
	r.forget(key)
	if known || m.Renews { // a Submit was lost, or we have forgotten this stream and its ops
		ctx.Respond(&message.Lapsed{Stream: m.Stream})
		return
	}
	r.queue.Leave(key) // the relay sends its ops again, and may be told before that they are refused
	s = &subscriber{relay: ctx.Sender(), stream: m.Stream, seen: r.pod.Now(), held: m.Held}
	r.subscribers[key] = s
	if r.epoch != 0 && !r.outdated(ctx, s) {
		r.sendCatchUp(ctx, s)
	}
	r.attend(ctx)
}

// renew answers a relay that asks whether it has missed anything, and has it rest if it has not and
// would.
func (r *region) renew(ctx actor.Context, s *subscriber, m *message.Attach) {
	s.seen = r.pod.Now()
	if m.Renews {
		s.held = m.Held
	}
	r.rouse(s)
	if r.epoch == 0 {
		return
	}
	if m.Rests && m.Renews && s.held == r.Position {
		r.rest(s)
	} else {
		r.attend(ctx)
	}
	ctx.Send(s.relay, &message.Attached{Stream: s.stream, Answers: s.answers, Position: r.Position, Rests: s.resting})
}

// forget ends a subscription, if there is one.
func (r *region) forget(key string) {
	if s := r.subscribers[key]; s != nil {
		r.rouse(s)
		delete(r.subscribers, key)
	}
}

// sendCatchUp gives a fresh subscriber what it lacks; from here on it gets every batch.
func (r *region) sendCatchUp(ctx actor.Context, s *subscriber) {
	answer := &message.Attached{Stream: s.stream, Position: r.Position}
	blank := s.held == canvas.Position{}
	if recent, ok := r.ring.Since(s.held); ok && !blank {
		answer.Recent = slices.Clone(recent) // the ring goes on changing
	} else if blank || s.held != r.Position {
		answer.Base, answer.Recent = r.Snapshot(r.id), r.ring.All()
	}
	s.held, s.brought = r.Position, true
	ctx.Send(s.relay, answer)
}

// submit takes ops from an attached relay. Those applied before are acknowledged at once.
func (r *region) submit(ctx actor.Context, m *message.Submit) {
	key := mailbox.Key(ctx.Sender())
	s := r.subscribers[key]
	if s == nil || s.stream != m.Stream || s.next != m.N {
		ctx.Send(ctx.Sender(), &message.Lapsed{Stream: m.Stream})
		return
	}
	s.next++
	r.rouse(s)
	r.wake(ctx)
	now := r.pod.Now()
	impatient := r.impatient(now)
	var known, late, unsure, busy, unavailable []canvas.OpID
	again := m.Again
	for i, op := range m.Ops {
		repeated, after := false, uint64(0)
		if len(again) > 0 && again[0].Op == i {
			repeated, after, again = true, again[0].After, again[1:]
		}
		waits := r.queue.Find(op.ID) != nil
		switch had := r.dedupe.Has(op.ID, repeated, after); {
		case had == oplog.Applied:
			known = append(known, op.ID)
		case had == oplog.Unsure && !waits && op.ID.Key == canvas.Key{}:
			late = append(late, op.ID)
		case had == oplog.Unsure && !waits:
			unsure = append(unsure, op.ID)
		case impatient && !waits:
			unavailable = append(unavailable, op.ID)
		case !r.queue.Push(op, key, now):
			busy = append(busy, op.ID)
		}
	}
	r.acknowledge(ctx, s, known)
	r.reject(ctx, s, unsure, canvas.RefusedUnsure)
	r.reject(ctx, s, late, canvas.RefusedOrder) // a relay of an earlier version does not know RefusedUnsure
	r.reject(ctx, s, busy, canvas.RefusedBusy)
	r.reject(ctx, s, unavailable, canvas.RefusedUnavailable)
	r.advance(ctx)
}

// onPoint takes pointers that have moved, and who beckons; showPointers sends all relays those of an interval.
func (r *region) onPoint(ctx actor.Context, m *message.Point) {
	begins := r.pointers.Add(m.Moved...)
	if r.pointers.Beckon(m.Beckons...) || begins {
		r.pod.Later(ctx, r.pod.PointersEvery, pointersDue{r})
	}
}

func (r *region) showPointers(ctx actor.Context, m pointersDue) {
	if m.of != r {
		return
	}
	moved, beckons, more := r.pointers.Take()
	if more {
		r.pod.Later(ctx, r.pod.PointersEvery, m)
	}
	for _, s := range r.subscribers {
		ctx.Send(s.relay, &message.Pointed{Moved: moved, Beckons: beckons})
	}
}

func (r *region) acknowledge(ctx actor.Context, s *subscriber, ops []canvas.OpID) {
	if len(ops) > 0 {
		r.pod.Stats.Deduped.Add(int64(len(ops)))
		r.rouse(s)
		ctx.Send(s.relay, &message.Committed{Stream: s.stream, N: s.answer(), Acks: ops})
	}
}

func (r *region) reject(ctx actor.Context, s *subscriber, ops []canvas.OpID, why canvas.Refusal) {
	r.rejectFor(ctx, s, ops, why, time.Second)
}

func (r *region) rejectFor(ctx actor.Context, s *subscriber, ops []canvas.OpID, why canvas.Refusal, retry time.Duration) {
	if len(ops) > 0 {
		r.rouse(s)
		ctx.Send(s.relay, &message.Rejected{Stream: s.stream, N: s.answer(), Ops: ops, Why: why, Retry: retry})
	}
}

// CalmBeats is how many beats pass between two sweeps of a region in which nothing happens, and
// between two renewals of a relay of such a region, if they don't rest.
const CalmBeats = 6

// wake makes the next sweep come with the next beat: something has begun that sweeps look after.
func (r *region) wake(ctx actor.Context) {
	if !r.sweeping || r.calm {
		r.sweepAfter(ctx, r.pod.Beat)
	}
}

// attend makes a sweep come at all: there is a relay that does not rest.
func (r *region) attend(ctx actor.Context) {
	if !r.sweeping && r.epoch != 0 {
		r.sweepAfter(ctx, CalmBeats*r.pod.Beat)
		r.calm = true
	}
}

func (r *region) sweepAfter(ctx actor.Context, d time.Duration) {
	r.unwatch()
	r.sweeping, r.calm = true, false
	r.sweeps++
	r.pod.Later(ctx, d, sweep{r, r.sweeps})
}

// onOwnershipDoubted makes an idle region ask the store whether it is still ours. Idle regions ask
// at different moments.
func (r *region) onOwnershipDoubted(ctx actor.Context) {
	if r.phase == phaseServing && r.calm {
		r.sweepAfter(ctx, mailbox.Jitter(r.pod.Beat))
		r.proven = time.Time{}
	}
}

// sweep forgets relays whose lease has run out, refuses ops that have waited for the store longer
// than RegionPatience, and looks whether the region is still ours.
func (r *region) sweep(ctx actor.Context) {
	if r.epoch == 0 {
		r.sweeping = false
		return
	}
	now := r.pod.Now()
	if since := r.handoff.notOwnedSince; r.phase == phaseServing && !since.IsZero() && now.Sub(since) > overdue {
		r.retire(ctx)
	}
	r.verifyOwnership(ctx, now)
	rest := true // all relays do
	for key, s := range r.subscribers {
		if !s.resting && now.Sub(s.seen) > (LeaseBeats+CalmBeats)*r.pod.Beat {
			r.forget(key)
			continue
		}
		rest = rest && s.resting
	}
	if r.impatient(now) {
		late := r.queue.Remove(func(q *oplog.Queued) bool { return now.Sub(q.Since) > r.pod.RegionPatience })
		for key, ops := range oplog.ByRelay(late) {
			if s := r.subscribers[key]; s != nil {
				r.reject(ctx, s, ops, canvas.RefusedUnavailable)
			}
		}
	}
	switch calm := r.idle() && r.pod.ClaimWatcher.Covers(r.proven, now, r.trust) && now.Sub(r.proven) > CalmBeats*r.pod.Beat; {
	case !calm:
		r.sweepAfter(ctx, r.pod.Beat)
	case rest:
		r.watch()
	default:
		r.sweepAfter(ctx, CalmBeats*r.pod.Beat)
		r.calm = true
	}
}
