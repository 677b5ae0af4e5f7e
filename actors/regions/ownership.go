package regions

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	mathrand "math/rand/v2"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"pixelplayground/actors/mailbox"
	"pixelplayground/actors/message"
	"pixelplayground/actors/oplog"
	"pixelplayground/actors/store"
)

// An owner can't know by itself that it still is one: another pod may have claimed the region while
// this one was paused or cut off. A commit tells; without commits the store is asked.

const (
	// VerifyBeats is how many beats pass between two questions of the claim watcher, and between two
	// questions of a region that it does not cover: under a second.
	VerifyBeats = 3
	// VerifyAtLeast is how long a region relies on the watcher alone. It may be up to a half
	// longer, so that regions don't ask at the same time. They must ask, since pods of earlier
	// versions claim without a mark, and since nothing else shows that a store has lost a region.
	VerifyAtLeast = time.Minute
)

// trust is how long the watcher may vouch for a region after the store has confirmed it.
func trust() time.Duration { return VerifyAtLeast + mathrand.N(VerifyAtLeast/2) }

// verifyOwnership asks the store when neither a commit nor the claim watcher has confirmed for a
// while that we are the owner: one that has been replaced must not go on showing an old canvas.
func (r *region) verifyOwnership(ctx actor.Context, now time.Time) {
	if r.phase == phaseServing && r.inflight == nil && r.mending.have == nil && !r.checking &&
		now.Sub(r.verified) >= VerifyBeats*r.pod.Beat && !r.pod.ClaimWatcher.Covers(r.proven, now, r.trust) {
		r.askStore(ctx)
	}
}

// check asks the store whether the region is still ours, for a relay through which somebody reads.
// Relays that ask while a question is under way share the next one.
func (r *region) check(ctx actor.Context, m *message.Check) {
	key := mailbox.Key(ctx.Sender())
	s := r.subscribers[key]
	if s == nil || s.stream != m.Stream {
		ctx.Respond(&message.Lapsed{Stream: m.Stream})
		return
	}
	r.rouse(s)
	if n, asks := r.checkers[key]; asks && n == m.N { // the relay repeats the question under way
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
	r.checking, r.verified = true, r.pod.Now()
	r.checkers, r.others = r.others, nil
	r.question++
	began := r.verified
	self, system, term, reached, question := ctx.Self(), ctx.ActorSystem(), r.term(), r.Position.Seq, r.question
	limit := r.pod.Silence.AskTime(r.pod.Beat, r.pod.AskTime)
	r.pod.Background(func(c context.Context) {
		c, cancel := context.WithTimeout(c, limit)
		defer cancel()
		system.Root.Send(self, ownershipAnswer{r, term.Epoch, question, began, r.pod.Store.Holds(c, r.id, term, reached)})
	})
	r.pod.Later(ctx, limit, ownershipLate{r, question}) // a driver may need longer to notice that its time is up
}

// onOwnershipLate answers the relays without the store's answer, which may still come.
func (r *region) onOwnershipLate(ctx actor.Context, m ownershipLate) {
	if m.of == r && m.question == r.question && r.checking {
		r.pod.Silence.Begin()
		r.answerCheckers(ctx)
	}
}

// onOwnershipDamaged makes the relays that asked wait until the region is repaired. A commit under
// way finds the damage too, and starts the repair when it returns: a repair before that would fence
// it.
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

// onOwnershipAnswer answers the relays that asked. If the store has given no answer, they are
// answered from what we have, so that reading goes on. Then, and only then, a read may miss what
// another owner has committed since.
func (r *region) onOwnershipAnswer(ctx actor.Context, m ownershipAnswer) {
	if m.err == nil || errors.Is(m.err, store.ErrFenced) || errors.Is(m.err, store.ErrDamaged) {
		r.pod.Silence.End()
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
			ctx.Send(s.relay, &message.Checked{Stream: s.stream, N: n, Answers: s.answers, Position: r.Position})
		}
	}
	r.checking, r.checkers = false, nil
	if len(r.others) > 0 {
		r.askStore(ctx)
	}
}

// fenceMemory is how long a fencing counts: another one within this time is followed by a longer
// pause. Two pods that both believe they are the owner, as in a partition, must not claim in a
// storm.
const fenceMemory = 10 * time.Second

// onFenced gives up everything: the truth is what the other owner has.
func (r *region) onFenced(ctx actor.Context) {
	now := r.pod.Now()
	if now.Sub(r.fencedAt) > fenceMemory {
		r.fences = 0
	}
	r.fences, r.fencedAt = r.fences+1, now
	r.pod.Stats.Fenced.Add(1)
	level := slog.LevelDebug
	if r.fences == 1 { // two owners that take turns would log it endlessly
		level = slog.LevelWarn
		r.pod.Events.NoteRegion(message.EventFenced, r.id, 0, fmt.Sprintf("%s lost region %d to another owner", r.pod.Node, r.id))
	}
	r.log.Log(context.Background(), level, "region fenced: another owner has claimed it", "epoch", r.epoch)
	retiring := r.phase == phaseRetiring
	r.pod.Owned.ended(r.id) // the store takes nothing of ours any more
	r.letGo(ctx)
	if retiring {
		r.settle(ctx)
		return
	}
	r.phase = phaseFenced
	r.pod.Later(ctx, mailbox.Jitter(backoff(r.fences)), claimAgain{r})
}

// letGo drops the claim and all that depends on it, and sends the relays away.
func (r *region) letGo(ctx actor.Context) {
	for _, s := range r.subscribers {
		ctx.Send(s.relay, &message.Lapsed{Stream: s.stream})
	}
	r.endRecording(ctx)
	r.pod.Owned.lost(r.id)
	r.rouseAll()
	clear(r.subscribers)
	r.pod.Observer.Released(r.id)
	if r.epoch != 0 {
		r.pod.Stats.Serving.Add(-1)
	}
	r.epoch, r.inflight, r.fresh, r.TileState, r.ring, r.dedupe = 0, nil, nil, oplog.TileState{}, oplog.Ring{}, oplog.Dedupe{}
	r.queue = oplog.NewQueue(r.pod.QueuePixels)
	r.recovered()
	r.checking, r.checkers, r.others = false, nil, nil
	r.mending = mending{asked: r.mending.asked}
}
