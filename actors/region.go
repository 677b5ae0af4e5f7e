package actors

import (
	"context"
	"log/slog"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/store"
)

// region is the one writer of a part of the canvas. It gives ops their order, commits
// them batch by batch (one commit under way, the next batch gathering meanwhile) and
// shows a batch only when the store has it (I1, I2).
//
// Its states are claiming, serving, fenced and retiring: see the functions of that name.
// How a batch is committed stands in flight.go, what relays see of it in subscribers.go.
type region struct {
	pod   *Node
	id    canvas.RegionID
	log   *slog.Logger
	state func(actor.Context)
	phase string // name of the state

	// The truth as committed; meaningless while epoch is 0.
	epoch    uint64 // of our claim; 0: we have none
	position canvas.Position
	tile     canvas.Tile
	ring     ring
	applied  applied
	base     *canvas.Snapshot // copy of tile at base.Position; nil or old: made when asked for

	// Ops on their way into it.
	queue       queue
	flight      *flight                // being committed; nil: none
	subscribers map[string]*subscriber // by relay PID

	failures int       // store calls that failed in a row
	asked    time.Time // when the first of those, or the call under way, began; zero: none
	fences   int       // times fenced since the last commit

	retirees []*actor.PID // who waits for the retirement
}

// Messages of the region to itself and of the node to it. What a background call or a
// timer brings back names the instance it belongs to: after a restart another instance
// has the same PID.
type (
	claimed struct {
		of    *region
		claim *store.Claim
		err   error
	}
	committed struct {
		flight *flight
		err    error
	}
	claimAgain  struct{ of *region }
	commitAgain struct{ flight *flight }
	sweep       struct{ of *region } // looks for relays that are gone and ops that waited too long
	retire      struct{}             // finish, release, stop; answered with retired
	retired     struct{}
)

func newRegion(pod *Node, id canvas.RegionID) *region {
	return &region{
		pod: pod, id: id, log: pod.log.With("region", int(id)),
		queue:       newQueue(pod.cfg.QueuePixels),
		subscribers: make(map[string]*subscriber),
	}
}

// Receive handles what every state handles alike and leaves the rest to the state.
func (r *region) Receive(ctx actor.Context) {
	switch m := ctx.Message().(type) {
	case *actor.Started:
		r.pod.stats.Live[KindRegion].Add(1)
		r.become("claiming", r.claiming)
		r.claim(ctx)
		r.pod.later(ctx, r.pod.cfg.Beat, sweep{r})
	case *actor.Restarting, *actor.Stopped:
		r.pod.stats.Live[KindRegion].Add(-1)
	case *actor.Stopping:
	case sweep:
		if m.of == r {
			r.sweep(ctx)
		}
	case *Detach:
		delete(r.subscribers, ctx.Sender().String())
	case *Point:
		r.point(ctx, m)
	case describe:
		ctx.Respond(r.describe())
	default:
		r.state(ctx)
	}
}

func (r *region) become(phase string, state func(actor.Context)) { r.phase, r.state = phase, state }

// claiming: waits for the store's answer to the claim. Relays that attach are answered
// then, and submit nothing before.
func (r *region) claiming(ctx actor.Context) {
	switch m := ctx.Message().(type) {
	case *Attach:
		r.attach(ctx, m)
	case *Submit: // of a stream to an instance or an epoch before
		ctx.Respond(&Lapsed{Stream: m.Stream})
	case claimed:
		r.onClaimed(ctx, m)
	case claimAgain:
		if m.of == r {
			r.claim(ctx)
		}
	case committed, commitAgain: // of an instance or an epoch before
	case retire:
		ctx.Respond(retired{})
		ctx.Stop(ctx.Self())
	default:
		r.pod.unhandled(KindRegion, m)
	}
}

// serving: the claim is ours as far as we know; ops are committed and shown.
func (r *region) serving(ctx actor.Context) {
	switch m := ctx.Message().(type) {
	case *Attach:
		r.attach(ctx, m)
	case *Submit:
		r.submit(ctx, m)
	case committed:
		r.onCommitted(ctx, m)
	case commitAgain:
		r.onCommitAgain(ctx, m)
	case claimed, claimAgain: // of an instance before
	case retire:
		r.retirees = append(r.retirees, ctx.Sender())
		r.become("retiring", r.retiring)
		r.advance(ctx)
	default:
		r.pod.unhandled(KindRegion, m)
	}
}

// fenced: another owner has claimed the region. Nothing is ours any more; after a pause,
// longer each time, we claim again.
func (r *region) fenced(ctx actor.Context) {
	switch m := ctx.Message().(type) {
	case *Attach, *Submit: // no answer: the relay asks again, whoever is the owner by then
	case claimAgain:
		if m.of == r {
			r.become("claiming", r.claiming)
			r.claim(ctx)
		}
	case committed, commitAgain, claimed: // of what we lost
	case retire:
		ctx.Respond(retired{})
		ctx.Stop(ctx.Self())
	default:
		r.pod.unhandled(KindRegion, m)
	}
}

// retiring: takes no more ops, commits what it has, releases the claim and stops.
func (r *region) retiring(ctx actor.Context) {
	switch m := ctx.Message().(type) {
	case *Attach, *Submit: // no answer: the next owner gives it
	case committed:
		r.onCommitted(ctx, m)
	case commitAgain:
		r.onCommitAgain(ctx, m)
	case claimed, claimAgain:
	case retire:
		r.retirees = append(r.retirees, ctx.Sender())
	default:
		r.pod.unhandled(KindRegion, m)
	}
}

func (r *region) claim(ctx actor.Context) {
	self, system := ctx.Self(), ctx.ActorSystem()
	r.asking()
	r.pod.background(func(c context.Context) {
		claim, err := r.pod.store.Claim(c, r.id, r.pod.cfg.Node)
		system.Root.Send(self, claimed{r, claim, err})
	})
}

func (r *region) onClaimed(ctx actor.Context, m claimed) {
	if m.of != r {
		return
	}
	if m.err != nil {
		r.failed(m.err, "claim")
		r.pod.later(ctx, backoff(r.failures), claimAgain{r})
		return
	}
	r.recovered()
	r.pod.stats.Claims.Add(1)
	r.epoch, r.position, r.tile, r.base = m.claim.Epoch, m.claim.Position, m.claim.Tile, nil
	r.ring = ring{limit: r.pod.cfg.ringPixels(r.id)}
	r.ring.reset(m.claim.Recent)
	r.applied = newApplied()
	r.applied.addBatches(m.claim.Recent)
	r.log.Debug("region claimed", "epoch", r.epoch, "seq", r.position.Seq)
	r.become("serving", r.serving)

	for _, s := range r.subscribers {
		r.bring(ctx, s)
	}
}

// onFenced gives up everything: what the other owner has is the truth.
func (r *region) onFenced(ctx actor.Context) {
	r.pod.stats.Fenced.Add(1)
	r.fences++
	r.log.Warn("region fenced: another owner has claimed it", "epoch", r.epoch)
	for _, s := range r.subscribers {
		ctx.Send(s.relay, &Lapsed{Stream: s.stream})
	}
	clear(r.subscribers)
	r.epoch, r.flight, r.tile, r.base = 0, nil, nil, nil
	r.queue = newQueue(r.pod.cfg.QueuePixels)
	if len(r.retirees) > 0 {
		r.retireNow(ctx, 0)
		return
	}
	r.become("fenced", r.fenced)
	r.pod.later(ctx, r.pod.jitter(backoff(r.fences)), claimAgain{r})
}

// retireNow releases the claim and stops the actor.
func (r *region) retireNow(ctx actor.Context, epoch uint64) {
	self, system, waiting := ctx.Self(), ctx.ActorSystem(), r.retirees
	r.retirees = nil
	r.pod.background(func(c context.Context) {
		if epoch != 0 {
			if err := r.pod.store.Release(c, r.id, epoch); err != nil {
				r.log.Warn("region not released; its next owner claims it all the same", "err", err)
			}
		}
		for _, pid := range waiting {
			system.Root.Send(pid, retired{})
		}
		system.Root.Stop(self)
	})
}

// asking notes when the store was first asked for what it has not answered.
func (r *region) asking() {
	if r.asked.IsZero() {
		r.asked = r.pod.clock.Now()
	}
}

func (r *region) failed(err error, operation string) {
	r.pod.stats.Outages.Add(1)
	if r.failures == 0 {
		r.log.Warn("store does not answer, trying again", "operation", operation, "err", err)
	}
	r.failures++
}

func (r *region) recovered() {
	if r.failures > 0 {
		r.log.Info("store answers again", "after", r.pod.clock.Now().Sub(r.asked).Round(time.Millisecond))
	}
	r.failures, r.asked = 0, time.Time{}
}

// impatient tells whether the store has been away for longer than ops should wait.
func (r *region) impatient(now time.Time) bool {
	return !r.asked.IsZero() && now.Sub(r.asked) > r.pod.cfg.Patience
}

// backoff doubles from 50 ms up to 1 s: a store that is back is found within a second.
func backoff(failures int) time.Duration {
	return min(50*time.Millisecond<<min(failures, 5), time.Second)
}

// describe tells the inspector about the region.
func (r *region) describe() RegionReport {
	return RegionReport{
		Region: r.id, State: r.phase, Epoch: r.epoch, Seq: r.position.Seq,
		Relays: len(r.subscribers), PendingOps: len(r.queue.known),
	}
}
