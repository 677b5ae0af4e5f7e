package actors

import (
	"context"
	"errors"
	"maps"
	"sync/atomic"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"pixelplayground/actors/store"
)

// An owner can't know by itself that it is one: another pod may have claimed the region
// while this one was paused or cut off. A commit tells, and without one the store is asked.

// verifyOwnership asks the store when neither a commit nor the claim watcher has told for a while: an owner
// that has been replaced must not go on showing an old canvas.
func (r *region) verifyOwnership(ctx actor.Context, now time.Time) {
	if r.phase == phaseServing && r.inflight == nil && r.mending.have == nil && !r.checking &&
		now.Sub(r.verified) >= verifyBeats*r.pod.cfg.Beat && !r.pod.claimWatcher.covers(r.proven, now, r.trust) {
		r.askStore(ctx)
	}
}

// check asks the store for a relay that someone reads from. Relays that ask meanwhile
// share the next question.
func (r *region) check(ctx actor.Context, m *Check) {
	key := keyOf(ctx.Sender())
	if s := r.subscribers[key]; s == nil || s.stream != m.Stream {
		ctx.Respond(&Lapsed{Stream: m.Stream})
		return
	}
	if n, asks := r.checkers[key]; asks && n == m.N { // it has become impatient
		return
	}
	if r.others == nil {
		r.others = make(map[string]uint64, 1)
	}
	r.others[key] = m.N
	r.wake(ctx)
	if !r.checking {
		r.askStore(ctx)
	}
}

func (r *region) askStore(ctx actor.Context) {
	r.checking, r.verified = true, r.pod.clock.Now()
	r.checkers, r.others = r.others, nil
	r.question++
	began := r.verified
	self, system, term, reached, question := ctx.Self(), ctx.ActorSystem(), r.term(), r.position.Seq, r.question
	limit := r.pod.silence.askTime(r.pod.cfg)
	r.pod.background(func(c context.Context) {
		c, cancel := context.WithTimeout(c, limit)
		defer cancel()
		system.Root.Send(self, ownershipAnswer{r, term.Epoch, question, began, r.pod.store.Holds(c, r.id, term, reached)})
	})
	r.pod.later(ctx, limit, ownershipLate{r, question}) // a driver may need longer to notice that its time is up
}

// onOwnershipLate answers without the store's word, which may yet come.
func (r *region) onOwnershipLate(ctx actor.Context, m ownershipLate) {
	if m.of == r && m.question == r.question && r.checking {
		r.pod.silence.begin()
		r.answerCheckers(ctx)
	}
}

// onOwnershipDamaged has those who asked wait for the region to be mended. A commit under way
// finds the damage too: mending before it returns would fence it.
func (r *region) onOwnershipDamaged(ctx actor.Context, err error) {
	if r.others == nil {
		r.others = make(map[string]uint64)
	}
	maps.Copy(r.others, r.checkers)
	r.checking, r.checkers = false, nil
	if r.inflight == nil {
		r.damaged(ctx, err)
	}
}

// onOwnershipAnswer answers the relays that asked. A store that does not answer takes no claims
// and no commits either, so what we have is still all there is: reading goes on.
func (r *region) onOwnershipAnswer(ctx actor.Context, m ownershipAnswer) {
	if m.err == nil || errors.Is(m.err, store.ErrFenced) || errors.Is(m.err, store.ErrDamaged) {
		r.pod.silence.end()
	}
	if m.of != r || m.epoch != r.epoch {
		return
	}
	if errors.Is(m.err, store.ErrFenced) {
		r.onFenced(ctx)
		return
	}
	if errors.Is(m.err, store.ErrDamaged) {
		r.onOwnershipDamaged(ctx, m.err)
		return
	}
	if m.err == nil && m.began.After(r.proven) {
		r.proven, r.trust = m.began, trust()
	}
	if m.question == r.question && r.checking {
		r.answerCheckers(ctx)
	}
}

func (r *region) answerCheckers(ctx actor.Context) {
	for key, n := range r.checkers {
		if s := r.subscribers[key]; s != nil {
			ctx.Send(s.relay, &Checked{Stream: s.stream, N: n, Answers: s.answers, Position: r.position})
		}
	}
	r.checking, r.checkers = false, nil
	if len(r.others) > 0 {
		r.askStore(ctx)
	}
}

// storeSilence is whether the store has last left a question of this pod's without an answer in
// time. Then nobody waits for it as long again: who reads the whole canvas asks for many
// regions. Any goroutine may tell.
type storeSilence struct{ atomic.Bool }

func (s *storeSilence) begin() { s.Store(true) }

// end is for every answer of the store to any question, that of the claim watcher for one, which goes
// on asking.
func (s *storeSilence) end() {
	if s.Load() {
		s.Store(false)
	}
}

func (s *storeSilence) askTime(cfg Config) time.Duration {
	if s.Load() {
		return min(cfg.Beat, cfg.askTime())
	}
	return cfg.askTime()
}
