package regions

import (
	"context"
	"fmt"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"pixelplayground/actors/message"
)

// handoff is what a region remembers while it moves: who waits for us to release it, and whom we
// have asked for it.
type handoff struct {
	yielders []yielder    // next owners that wait; answered with Yielded
	leavers  []*actor.PID // the node, when it drains; answered with Retired
	retirees []*actor.PID // the node, when it closes: the actor stops

	asks          int       // numbers the rounds of Yield that we send to possible previous owners
	open          int       // answers still to come
	served        bool      // one of the answers had Served set
	yielded       time.Time // when we last yielded the region to another pod; zero once the members have changed
	notOwnedSince time.Time // since when we have served a region that is not ours; zero: it is ours
	began         time.Time // when we first asked for it; zero: we have it, or don't want it

	previousOwner *actor.PID // the owner when the members last changed; nil: us, or nobody
	ownerLost     time.Time  // when the region became ours because the previous owner was gone; zero: it did not
}

const (
	// yieldMemory is how long after a yield a relay whose view lags can't make us take the region
	// back.
	yieldMemory = time.Second
	// overdue is how long we serve a region that is not ours and that nobody asks for.
	overdue = 2 * time.Second
	// orphanMemory is how long the relays of an owner that is gone have to come to us. They look
	// for the owner at every beat. A relay that comes later counts as the first to need the region.
	orphanMemory = 2 * time.Second
)

// yielder is a next owner that has asked us to yield, and the number of its question.
type yielder struct {
	pid *actor.PID
	n   int
}

// addYielder notes that a next owner waits for us to let go. If it asks again, its last question is
// the one to answer.
func (h *handoff) addYielder(pid *actor.PID, n int) {
	for i := range h.yielders {
		if h.yielders[i].pid.Equal(pid) {
			h.yielders[i].n = n
			return
		}
	}
	h.yielders = append(h.yielders, yielder{pid, n})
}

type (
	yieldLate struct {
		of   *region
		asks int
	}
)

// mine reports whether the placement gives the region to this pod.
func (r *region) mine(ctx actor.Context) bool {
	owner := r.pod.Placement.Region(r.id)
	return owner != nil && owner.Equal(ctx.Self())
}

// dormant is the phase of a region that is not ours, or that nobody here needs. It holds nothing
// except relays that have come to us already: we may yet learn that we are the owner.
func (r *region) dormant(ctx actor.Context) {
	switch m := ctx.Message().(type) {
	case *message.Attach:
		r.attach(ctx, m)
		if len(r.subscribers) > 0 && r.mine(ctx) && r.pod.Now().Sub(r.handoff.yielded) > yieldMemory {
			r.ask(ctx)
		}
	case *message.Submit: // on a stream with an earlier instance or epoch
		ctx.Respond(&message.Lapsed{Stream: m.Stream})
	case *message.Check: // as for Submit
		ctx.Respond(&message.Lapsed{Stream: m.Stream})
	case handoffGranted:
		if r.mine(ctx) {
			r.ask(ctx)
		} else {
			r.pod.handoffs.Release(r)
		}
	case *message.Yield:
		ctx.Respond(&message.Yielded{N: m.N})
	case Retire:
		r.stop(ctx)
	case HandOver:
		ctx.Respond(Retired{})
	default:
		r.late(m)
	}
}

// ask asks the possible previous owners to yield, so that the region moves between two commits.
func (r *region) ask(ctx actor.Context) {
	before := r.pod.Placement.Before(r.id)
	h := &r.handoff
	h.asks, h.open, h.served = h.asks+1, len(before), false
	if h.began.IsZero() {
		h.began = r.pod.Now()
	}
	if h.open == 0 {
		r.take(ctx)
		return
	}
	r.phase = phaseAsking
	for _, pid := range before {
		ctx.Request(pid, &message.Yield{N: h.asks})
	}
	r.pod.Later(ctx, r.pod.Yield, yieldLate{r, h.asks})
}

// asking is the phase that waits for the previous owner to yield.
func (r *region) asking(ctx actor.Context) {
	switch m := ctx.Message().(type) {
	case *message.Attach:
		r.attach(ctx, m)
	case *message.Submit:
		ctx.Respond(&message.Lapsed{Stream: m.Stream})
	case *message.Check:
		ctx.Respond(&message.Lapsed{Stream: m.Stream})
	case *message.Yielded:
		r.onYielded(ctx, m)
	case yieldLate:
		if m.of == r && m.asks == r.handoff.asks {
			r.log.Debug("the owner before does not answer")
			r.take(ctx)
		}
	case *message.Yield: // the sender knows of members that we will know of soon: its turn comes after ours
		r.handoff.addYielder(ctx.Sender(), m.N)
	case Retire:
		r.stop(ctx)
	case HandOver:
		ctx.Respond(Retired{})
	default:
		r.late(m)
	}
}

func (r *region) onYielded(ctx actor.Context, m *message.Yielded) {
	h := &r.handoff
	if m.N != h.asks {
		return // an answer to a question that we have given up
	}
	h.served = h.served || m.Served
	if h.open--; h.open == 0 {
		r.take(ctx)
	}
}

// take claims the region if somebody needs it: a relay of ours, or those of the previous owner.
func (r *region) take(ctx actor.Context) {
	if !r.handoff.served && len(r.subscribers) == 0 {
		r.becomeDormant(ctx)
		return
	}
	r.phase = phaseClaiming
	r.claim(ctx)
}

// becomeDormant gives the region up and answers all who waited for that.
func (r *region) becomeDormant(ctx actor.Context) {
	r.letGo(ctx)
	r.settle(ctx)
}

// settle answers all who waited for us to let go. After it the region is dormant, or the actor
// stops.
func (r *region) settle(ctx actor.Context) {
	r.pod.handoffs.Release(r)
	h := &r.handoff
	h.notOwnedSince, h.began = time.Time{}, time.Time{}
	if len(h.yielders) > 0 {
		h.yielded = r.pod.Now()
	}
	r.answerYielders(ctx)
	for _, pid := range h.leavers {
		ctx.Send(pid, Retired{})
	}
	h.leavers = nil
	r.phase = phaseDormant
	if len(h.retirees) > 0 {
		r.stop(ctx)
	}
}

// answerYielders tells the waiting next owners that we have let go.
func (r *region) answerYielders(ctx actor.Context) {
	for _, y := range r.handoff.yielders {
		ctx.Send(y.pid, &message.Yielded{N: y.n, Served: true})
	}
	r.handoff.yielders = nil
}

// stop ends the actor for good.
func (r *region) stop(ctx actor.Context) {
	r.answerYielders(ctx)
	if ctx.Sender() != nil && len(r.handoff.retirees) == 0 {
		ctx.Respond(Retired{})
	}
	for _, pid := range r.handoff.retirees {
		ctx.Send(pid, Retired{})
	}
	r.handoff.retirees = nil
	ctx.Stop(ctx.Self())
}

// moved looks at who owns the region now that the members have changed. A pod that should no longer
// own it goes on serving until the next owner asks, so that there is always an owner. The next
// owner asks when it is its turn, or earlier if a relay needs the region.
func (r *region) moved(ctx actor.Context) {
	r.handoff.yielded = time.Time{}
	for key, s := range r.subscribers {
		if !r.pod.Placement.Has(s.relay.Address) {
			r.forget(key)
		}
	}
	mine := r.mine(ctx)
	r.noteOwnerLost(mine)
	switch r.phase {
	case phaseDormant:
		switch {
		case !mine:
		case len(r.subscribers) > 0:
			r.ask(ctx)
		case len(r.pod.Placement.Before(r.id)) > 0:
			r.pod.handoffs.Acquire(r, ctx.Self())
		}
	case phaseAsking:
		if !mine {
			r.becomeDormant(ctx)
		}
	case phaseServing:
		switch {
		case mine: // perhaps ours again, because all other pods are draining too
			r.handoff.notOwnedSince = time.Time{}
			for _, pid := range r.handoff.leavers {
				ctx.Send(pid, Retired{})
			}
			r.handoff.leavers = nil
		case r.pod.Placement.Region(r.id) == nil: // this pod has lost the other pods
			r.retire(ctx)
		case r.handoff.notOwnedSince.IsZero():
			r.handoff.notOwnedSince = r.pod.Now()
			r.wake(ctx)
		}
	case phaseRetiring:
		if r.pod.StoreMonitor.Aside() { // otherwise its store would keep it from finishing
			r.becomeDormant(ctx)
		}
	case phaseClaiming, phaseMending, phaseFenced: // these look at the placement when they are done
	}
}

// noteOwnerLost notes whether the region comes to us because its owner's pod is gone.
func (r *region) noteOwnerLost(mine bool) {
	h := &r.handoff
	if !mine {
		h.previousOwner, h.ownerLost = r.pod.Placement.Region(r.id), time.Time{}
		return
	}
	if h.previousOwner != nil && !r.pod.Placement.Has(h.previousOwner.Address) {
		h.ownerLost = r.pod.Now()
	}
	h.previousOwner = nil
}

// onHandOver answers once we have let go of the region. If it is ours to own, it answers at once.
func (r *region) onHandOver(ctx actor.Context) {
	if r.mine(ctx) { // nobody else could have it
		ctx.Respond(Retired{})
		return
	}
	r.handoff.leavers = append(r.handoff.leavers, ctx.Sender())
}

// retire stops taking ops; what is queued is committed first. A pod that stands aside lets go at
// once, as if it had died, since its store would keep the next owner waiting. The relays then bring
// the next owner what was queued or being committed, and it finds in the log what became durable.
func (r *region) retire(ctx actor.Context) {
	if r.pod.StoreMonitor.Aside() {
		r.countYield()
		r.becomeDormant(ctx)
		return
	}
	r.phase = phaseRetiring
	r.advance(ctx)
}

// release ends the claim in the store. One that is known to be away gets no more than a moment, since
// the next owner waits for us.
func (r *region) release(ctx actor.Context) {
	self, system, term := ctx.Self(), ctx.ActorSystem(), r.term()
	limit := r.pod.StoreTimeout
	if r.pod.StoreMonitor.Trouble() != nil {
		limit = r.pod.Beat
	}
	r.pod.Background(func(c context.Context) {
		c, cancel := context.WithTimeout(c, limit)
		defer cancel()
		if err := r.pod.Store.Release(c, r.id, term); err != nil {
			r.log.Warn("region not released; its next owner claims it all the same", "err", err)
		}
		system.Root.Send(self, released{r})
	})
}

func (r *region) onReleased(ctx actor.Context) {
	r.countYield()
	r.becomeDormant(ctx)
}

func (r *region) countYield() {
	if len(r.handoff.yielders)+len(r.handoff.leavers) > 0 {
		r.pod.Stats.Yielded.Add(1)
	}
}

// abandon answers all who wait for a region that has failed: they ask its successor.
func (r *region) abandon(ctx actor.Context) {
	if r.epoch != 0 {
		r.pod.Stats.Serving.Add(-1)
	}
	r.endRecording(ctx)
	r.pod.Owned.lost(r.id)
	r.rouseAll()
	r.recovered()
	r.pod.handoffs.Release(r)
	r.answerYielders(ctx)
	for _, pid := range append(r.handoff.leavers, r.handoff.retirees...) {
		ctx.Send(pid, Retired{})
	}
}

// noteHandoff notes that the region has come here from another pod, which has either let go of it
// or is gone. If it is gone, the relays show that the region was there, by the pixels that they
// hold. Where nothing was ever drawn they hold none: then whoever asks for the region at once must
// have had it from there.
func (r *region) noteHandoff(now time.Time) {
	began, orphaned := r.handoff.began, r.handoff.ownerLost
	moved := r.handoff.served || !orphaned.IsZero() && began.Sub(orphaned) < orphanMemory
	for _, s := range r.subscribers {
		moved = moved || s.held.Epoch != 0 && s.held.Epoch < r.epoch && s.held.Seq > 0
	}
	r.handoff.began = time.Time{}
	if again := r.pod.Observer.Claimed(r.id); again || began.IsZero() || !moved {
		return
	}
	took := now.Sub(began)
	r.log.Info("region taken over", "epoch", r.epoch, "took", took.Round(time.Microsecond), "let_go", r.handoff.served)
	text := fmt.Sprintf("region %d moved to %s", r.id, r.pod.Node)
	if !r.handoff.served {
		text += ", its owner before was gone"
	}
	r.pod.Events.NoteRegion(message.EventHandoff, r.id, took, text)
}

// movesAtOnce bounds how many regions a pod takes over from other pods at the same time when nobody
// needs them urgently. A join moves a share of the canvas, and people wait for whatever is moving. A
// region ends its turn when it serves or is dormant.
const movesAtOnce = 4

// handoffGranted tells a region that it may move now.
type handoffGranted struct{}
