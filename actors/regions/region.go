package regions

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/decisions"
	"pixelplayground/actors/mailbox"
	"pixelplayground/actors/message"
	"pixelplayground/actors/oplog"
	"pixelplayground/actors/store"
	"pixelplayground/actors/telemetry"
)

// region is the one writer of a part of the canvas. It orders ops and commits them in batches: one
// commit is under way while the next batch gathers. It shows a batch only once the store has it
// (I1, I2).
//
// Every canvas pod runs an actor for each region. The placement says which of them is the owner,
// and the store makes sure that no other can write (I3). The phases are dormant, asking, claiming,
// mending, serving, fenced and retiring. Those that belong to a change of owner are in handoff.go,
// committing is in commit.go, how it obeys the rules in obedience.go, what relays see of it in
// subscribers.go, how it rests in resting.go, how it learns that it is no longer the owner in
// ownership.go, and the repair after the store has lost something in mend.go.
type region struct {
	pod   *Pod
	id    canvas.RegionID
	log   *slog.Logger
	phase phase

	// The state as committed; meaningless while epoch is 0.
	epoch uint64      // of our claim; 0: we have none
	token store.Token // of our claim
	oplog.TileState
	ring   oplog.Ring
	dedupe oplog.Dedupe

	// Ops on their way into the region.
	queue       oplog.Queue
	inflight    *inflight              // the batch being committed; nil: none
	subscribers map[string]*subscriber // by relay PID

	failures int           // consecutive store calls that failed
	asked    time.Time     // when the first of those, or the call under way, began; zero: there is none
	verified time.Time     // when the store last confirmed that we are the owner, or was last asked
	proven   time.Time     // when the last call that confirmed it began: the claim watcher may
	trust    time.Duration // vouch for us for this long after proven
	fresh    *store.Claim  // our claim while the pod reads the latest acts, before we serve; nil: it does not
	fences   int           // times fenced recently: see fenceMemory
	fencedAt time.Time
	sweeps   uint64         // numbers the scheduled sweeps: only the last one counts
	sweeping bool           // a sweep is scheduled
	calm     bool           // the scheduled sweep is a late one, since nothing happens in the region
	resting  bool           // calm, and no sweep is scheduled: the pod looks after the region
	pointers oplog.Pointers // of all pods

	// Relays that want to know whether they have everything. checkers wait for the store's answer
	// to the question under way, others for its answer to the next one.
	checking         bool
	question         uint64            // numbers the questions to the store
	checkers, others map[string]uint64 // by relay PID: N of the relay's Check

	handoff handoff
	mending mending
	recording
	gauge telemetry.Gauge
}

// maxPointers bounds the pointers that wait in a region: in a crowd that large nobody can tell one
// from another.
const maxPointers = 16 * oplog.PointersAtOnce

// phase is what a region is doing: inPhase names the method for each.
type phase string

const (
	phaseDormant  phase = "dormant"
	phaseAsking   phase = "asking"
	phaseClaiming phase = "claiming"
	phaseMending  phase = "mending"
	phaseServing  phase = "serving"
	phaseFenced   phase = "fenced"
	phaseRetiring phase = "retiring"
)

// Messages from the region to itself and from the node to it. The result of a background call or a
// timer names the instance that it belongs to, since after a restart another instance has the same
// PID.
type (
	claimed struct {
		of    *region
		claim *store.Claim
		err   error
	}
	committed struct {
		inflight *inflight
		err      error
	}
	ownershipAnswer struct {
		of       *region
		epoch    uint64
		question uint64
		began    time.Time
		err      error
	}
	ownershipLate struct {
		of       *region
		question uint64
	}
	released    struct{ of *region }
	claimAgain  struct{ of *region }
	commitAgain struct{ inflight *inflight }
	// pointersDue ends an interval of pointers.
	pointersDue struct{ of *region }
	// sweep looks for relays that are gone, ops that have waited too long, and a lost claim.
	sweep struct {
		of *region
		n  uint64
	}
)

// NewRegion makes the actor of a region of the pod. Its name is message.RegionName.
func NewRegion(pod *Pod, id canvas.RegionID) actor.Actor { return newRegion(pod, id) }

func newRegion(pod *Pod, id canvas.RegionID) *region {
	return &region{
		pod: pod, id: id, log: pod.Log.With("region", int(id)), recording: recording{archivist: pod.archivistPID(id)},
		queue:       oplog.NewQueue(pod.QueuePixels),
		subscribers: make(map[string]*subscriber),
		pointers:    oplog.NewPointers(maxPointers),
	}
}

// Receive handles what means the same in every phase, and leaves the rest to inPhase.
func (r *region) Receive(ctx actor.Context) {
	switch m := ctx.Message().(type) {
	case *actor.Started:
		r.pod.Stats.Live[message.KindRegion].Add(1)
		r.phase = phaseDormant
		r.moved(ctx)
	case *actor.Restarting:
		r.pod.Stats.Live[message.KindRegion].Add(-1)
		r.abandon(ctx)
	case *actor.Stopped:
		r.pod.Stats.Live[message.KindRegion].Add(-1)
		r.rouseAll()
	case *actor.Stopping:
	case sweep:
		if m.of == r && m.n == r.sweeps {
			r.sweep(ctx)
		}
	case OwnershipDoubted:
		r.onOwnershipDoubted(ctx)
	case RestOver:
		r.onRestOver(ctx, m)
	case Moved:
		r.moved(ctx)
	case *message.Detach:
		r.forget(mailbox.Key(ctx.Sender()))
	case *message.Point:
		r.onPoint(ctx, m)
	case pointersDue:
		r.showPointers(ctx, m)
	case recordNow, recordedTo, archivistStarted:
		r.forArchivist(ctx)
	case ReportState:
		ctx.Respond(r.report())
	case *telemetry.Describe:
		r.describe().Answer(ctx)
	default:
		r.inPhase(ctx)
	}
}

// inPhase passes a message to the method of the current phase.
func (r *region) inPhase(ctx actor.Context) {
	switch r.phase {
	case phaseDormant:
		r.dormant(ctx)
	case phaseAsking:
		r.asking(ctx)
	case phaseClaiming:
		r.claiming(ctx)
	case phaseMending:
		r.mendingFirst(ctx)
	case phaseServing:
		r.serving(ctx)
	case phaseFenced:
		r.fenced(ctx)
	case phaseRetiring:
		r.retiring(ctx)
	}
}

// late takes what a phase does not handle. Answers to questions of an earlier instance or phase,
// and its timers, may come at any time and are ignored. Anything else counts as unhandled.
func (r *region) late(m any) {
	switch m.(type) {
	case *message.Salvaged, *message.Yielded, claimAgain, claimed, commitAgain, committed, caughtUpLate, decisions.CaughtUp, handoffGranted, mendAgain, mended, ownershipAnswer, ownershipLate, released, salvageLate, yieldLate:
	default:
		r.pod.Unhandled(message.KindRegion, m)
	}
}

// claiming is the phase that waits for the store's answer to the claim. Relays that attach
// meanwhile are answered after it, and submit nothing before.
func (r *region) claiming(ctx actor.Context) {
	switch m := ctx.Message().(type) {
	case *message.Attach:
		r.attach(ctx, m)
	case *message.Submit: // on a stream with an earlier instance or epoch
		ctx.Respond(&message.Lapsed{Stream: m.Stream})
	case *message.Check: // as for Submit
		ctx.Respond(&message.Lapsed{Stream: m.Stream})
	case claimed:
		r.onClaimed(ctx, m)
	case decisions.CaughtUp:
		r.onCaughtUp(ctx, m)
	case caughtUpLate:
		r.onCaughtUpLate(ctx, m)
	case claimAgain:
		if m.of == r {
			r.claim(ctx)
		}
	case *message.Yield:
		r.handoff.addYielder(ctx.Sender(), m.N)
	case Retire:
		r.stop(ctx)
	case HandOver:
		r.onHandOver(ctx)
	default:
		r.late(m)
	}
}

// serving is the phase in which, as far as we know, the claim is ours: ops are committed and shown.
func (r *region) serving(ctx actor.Context) {
	switch m := ctx.Message().(type) {
	case *message.Attach:
		r.attach(ctx, m)
	case *message.Submit:
		r.submit(ctx, m)
	case committed:
		r.onCommitted(ctx, m)
	case commitAgain:
		r.onCommitAgain(ctx, m)
	case ownershipAnswer:
		r.onOwnershipAnswer(ctx, m)
	case ownershipLate:
		r.onOwnershipLate(ctx, m)
	case *message.Check:
		r.check(ctx, m)
	case mended:
		r.onMended(ctx, m)
	case mendAgain:
		r.onMendAgain(ctx, m)
	case *message.Yield:
		r.handoff.addYielder(ctx.Sender(), m.N)
		r.retire(ctx)
	case Retire:
		r.handoff.retirees = append(r.handoff.retirees, ctx.Sender())
		r.retire(ctx)
	case HandOver:
		r.onHandOver(ctx)
	default:
		r.late(m)
	}
}

// fenced is the phase after another owner has claimed the region. Nothing is ours any more. After a
// pause, longer each time, we claim again if the region is still ours to own.
func (r *region) fenced(ctx actor.Context) {
	switch m := ctx.Message().(type) {
	case *message.Attach, *message.Submit, *message.Check: // no answer: the relay asks again, and then whoever is the owner
	case claimAgain:
		switch {
		case m.of != r:
		case r.mine(ctx):
			r.phase = phaseClaiming
			r.claim(ctx)
		default:
			r.becomeDormant(ctx)
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

// retiring is the phase that takes no more ops, commits what is queued and releases the claim.
// After it the region is dormant, or the actor stops.
func (r *region) retiring(ctx actor.Context) {
	switch m := ctx.Message().(type) {
	case *message.Attach, *message.Submit, *message.Check: // no answer: the next owner will give one
	case committed:
		r.onCommitted(ctx, m)
	case commitAgain:
		r.onCommitAgain(ctx, m)
	case released:
		if m.of == r {
			r.onReleased(ctx)
		}
	case *message.Yield:
		r.handoff.addYielder(ctx.Sender(), m.N)
	case Retire:
		r.handoff.retirees = append(r.handoff.retirees, ctx.Sender())
	case HandOver:
		r.handoff.leavers = append(r.handoff.leavers, ctx.Sender())
	case mended:
		r.onMended(ctx, m)
	case mendAgain:
		r.onMendAgain(ctx, m)
	default:
		r.late(m)
	}
}

// term is our claim as the store knows it.
func (r *region) term() store.Term { return store.Term{Epoch: r.epoch, Token: r.token} }

func (r *region) claim(ctx actor.Context) {
	self, system := ctx.Self(), ctx.ActorSystem()
	r.calling()
	r.pod.Background(func(c context.Context) {
		claim, err := r.pod.Store.Claim(c, r.id, r.pod.Node)
		system.Root.Send(self, claimed{r, claim, err})
	})
}

func (r *region) onClaimed(ctx actor.Context, m claimed) {
	switch {
	case m.of != r:
		return
	case m.err != nil && (len(r.handoff.yielders) > 0 || !r.mine(ctx)):
		r.becomeDormant(ctx)
		return
	case m.err != nil:
		r.failed(m.err, "claim")
		r.pod.Later(ctx, backoff(r.failures), claimAgain{r})
		return
	}
	r.pod.Stats.CountClaim(m.claim.Epoch)
	r.catchUp(ctx, m.claim)
}

// serve begins serving: the claim is ours, and it brought everything there is.
func (r *region) serve(ctx actor.Context, claim *store.Claim) {
	r.epoch, r.token, r.TileState = claim.Epoch, claim.Token, oplog.TileState{Position: claim.Position, Tile: claim.Tile}
	r.ring = oplog.NewRing(r.pod.RingOf(r.id))
	r.ring.Reset(claim.Recent)
	r.dedupe.Restore(claim.Recent, r.Position.Seq)
	r.verified, r.proven = r.pod.Now(), time.Time{}
	r.pod.Stats.Serving.Add(1)
	r.log.Debug("region claimed", "epoch", r.epoch, "seq", r.Position.Seq)
	r.phase = phaseServing
	r.noteHandoff(r.verified)
	r.beginRecording(ctx, claim)
	r.pod.handoffs.Release(r)
	if len(r.handoff.yielders) > 0 {
		r.retire(ctx)
		return
	}
	if !r.mine(ctx) { // the members have changed meanwhile
		r.handoff.notOwnedSince = r.pod.Now()
	}
	for _, s := range r.subscribers {
		r.sendCatchUp(ctx, s)
	}
	r.wake(ctx)
}

// calling starts the clock on the store's answer, unless it is running already.
func (r *region) calling() {
	if r.asked.IsZero() {
		r.asked = r.pod.Now()
		r.pod.Waits[r.id].Store(r.asked.UnixNano())
	}
}

func (r *region) failed(err error, operation string) {
	r.pod.Stats.Outages.Add(1)
	r.pod.Outage.Failed(r.id, operation, err, r.pod.Now())
	r.failures++
}

func (r *region) recovered() {
	if r.failures > 0 {
		r.pod.Outage.Over(r.id, r.pod.Now())
	}
	r.failures, r.asked = 0, time.Time{}
	r.pod.Waits[r.id].Store(0)
}

// impatient reports whether the store has been away for longer than ops should wait.
func (r *region) impatient(now time.Time) bool {
	return !r.asked.IsZero() && now.Sub(r.asked) > r.pod.RegionPatience
}

// backoff doubles from 100 ms (after the first failure) up to 1 s: a store that is back is found within a second.
func backoff(failures int) time.Duration {
	return min(50*time.Millisecond<<min(failures, 5), time.Second)
}

// describe is for the inspector.
func (r *region) describe() telemetry.Description {
	now := r.pod.Now()
	facts := []message.Fact{
		telemetry.Count("epoch", r.epoch), telemetry.Count("seq", r.Position.Seq), telemetry.At("last batch", r.Position),
		telemetry.Count("relays", len(r.subscribers)), telemetry.Count("pending ops", r.queue.Len()),
		telemetry.Text("commit under way", "no"), telemetry.Count("store calls failed in a row", r.failures), telemetry.Count("fenced of late", r.fences),
		telemetry.Since("known for the owner", r.verified, now), telemetry.Count("who wait for it to let go", len(r.handoff.yielders)+len(r.handoff.leavers)),
	}
	if f := r.inflight; f != nil {
		facts[5].Value = fmt.Sprintf("pixels %d, for %s", f.batch.To-f.batch.From, now.Sub(f.began).Round(time.Millisecond))
	}
	return telemetry.Description{State: string(r.phase), Facts: facts}
}

// report returns what the inspector shows of the region.
func (r *region) report() message.RegionReport {
	now := r.pod.Now()
	pixels, commits := r.gauge.Lately(now)
	return message.RegionReport{
		Region: r.id, State: string(r.phase), Epoch: r.epoch, Seq: r.Position.Seq,
		Relays: len(r.subscribers), PendingOps: r.queue.Len(), Pixels: pixels, Commit: commits,
	}
}
