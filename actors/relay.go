package actors

import (
	"log/slog"
	"math"
	"strconv"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/message"
	"pixelplayground/actors/oplog"
	"pixelplayground/actors/telemetry"
)

// relay is a pod's end of one region. It brings the pod's ops to the region and is responsible for
// them until they are acknowledged. It also holds a replica of the pixels, from which the pod's
// viewers are served, so that a storm of newcomers never reaches the region.
//
// A relay is idle (no replica, costs nothing), attaching (asks the region's owner every beat),
// attached, or resting: attached where nothing happens, which costs nothing either. It stays with the
// owner that it has until that owner sends it away, falls silent or is no longer a member. Only then
// does it ask the placement. While there is a replica, viewers are served from it, attached or not:
// what they see may be old, but is never wrong, nor older than what they hold: see isAhead. relay_viewers.go has what viewers ask of a relay,
// relay_pending.go what it keeps for those who place, resting.go how it rests.
type relay struct {
	pod *Node
	id  canvas.RegionID
	log *slog.Logger

	// The subscription at the region.
	stream   uint64     // 0: idle
	owner    *actor.PID // whom the stream is with; nil: nobody owns the region now
	attached bool       // the region has answered this stream
	submits  uint64     // Submits sent on this stream
	heard    uint64     // Committed and Rejected received on it
	told     uint64     // Seq that the region was last told we hold
	silent   int        // beats since the region last answered
	beating  bool       // a beat is scheduled
	beats    uint64     // numbers the scheduled beats: only the last one counts
	quiet    int        // beats since anything came from the region, or was asked of us
	calm     bool       // the scheduled beat is a late one, since nothing happens
	resting  bool       // the region and we say nothing to each other: see rests. No beat is scheduled

	// The replica; tile is nil if there is none.
	oplog.TileState
	ring         oplog.Ring
	waiting      map[canvas.ViewerID]canvas.Position // viewers to answer once there is a replica, and what they hold
	presentSince time.Time                           // when the first of them asked for the present; zero: none has
	aheadSince   time.Time                           // when the first of them asked that is ahead of the replica
	readers      []*actor.PID                        // those who wait for a current snapshot
	checking     int                                 // how many of them the Check under way is for; 0: no Check is
	checks       uint64                              // N of the last Check
	lastRead     time.Time

	pending  *pendingOps // the node's, so that it survives a restart of the actor
	flushing bool        // a flush is in the mailbox

	pointers oplog.Pointers // of this pod
}

// Messages to the relay from its own pod.
type (
	// place brings an op. The answer to from is opsAcked, opRefused or opUnanswered.
	place struct {
		op       canvas.Op
		from     *actor.PID
		repeated bool // it may have been placed before, on any pod, and may be durable
	}
	// resync asks for what a viewer lacks; the answer is Audience.Join.
	resync struct {
		viewer canvas.ViewerID
		held   canvas.Position
	}
	// read asks for a current snapshot; answered with *canvas.Snapshot or readBusy.
	read     struct{}
	readBusy struct{}
	// pointerMoved brings a pointer in this region.
	pointerMoved struct{ pointer canvas.Pointer }
	// beckoned brings that a user beckons in this region.
	beckoned struct{ place canvas.Pointer }

	flush struct{}
	beat  struct {
		of *relay
		n  uint64
	}
)

func newRelay(pod *Node, id canvas.RegionID, pending *pendingOps) *relay {
	return &relay{
		pod: pod, id: id, log: pod.log.With("region", int(id)),
		pending:  pending,
		waiting:  make(map[canvas.ViewerID]canvas.Position),
		pointers: oplog.NewPointers(math.MaxInt), // no more than the pod has users
	}
}

func (r *relay) Receive(ctx actor.Context) {
	switch m := ctx.Message().(type) {
	case *actor.Started:
		r.pod.stats.Live[message.KindRelay].Add(1)
		r.pod.audience.Reset(r.id) // after a restart the viewers are still there, and must resync
		if r.pending.count() > 0 {
			r.ensureAttached(ctx)
		}
	case *actor.Restarting:
		r.pod.stats.Live[message.KindRelay].Add(-1)
		r.rouse()
		r.pod.holds[r.id].Store(false)
		r.abandon(ctx)
	case *actor.Stopping:
	case *actor.Stopped:
		r.pod.stats.Live[message.KindRelay].Add(-1)
		r.rouse()
	case place:
		r.place(ctx, m)
	case flush:
		r.flush(ctx)
	case resync:
		r.resync(ctx, m)
	case read:
		r.read(ctx)
	case pointerMoved:
		r.pointOut(ctx, r.pointers.Add(m.pointer))
	case beckoned:
		r.pointOut(ctx, r.pointers.Beckon(m.place))
	case pointersDue:
		r.sendPointers(ctx, m)
	case beat:
		r.beat(ctx, m)
	case restOver:
		r.onRestOver(ctx, m)
	case unviewed:
		r.onUnviewed(ctx)
	case moved:
		r.moved(ctx)
	case *message.Attached:
		r.onAttached(ctx, m)
	case *message.Checked:
		r.onChecked(ctx, m)
	case *message.Committed:
		r.onCommitted(ctx, m)
	case *message.Rejected:
		r.onRejected(ctx, m)
	case *message.Lapsed:
		r.onLapsed(ctx, m)
	case *message.Salvage:
		r.salvage(ctx, m)
	case *message.Pointed:
		r.pod.audience.Point(r.id, m.Moved, m.Beckons)
	case *telemetry.Describe:
		r.describe().Answer(ctx)
	default:
		r.pod.unhandled(message.KindRelay, m)
	}
}

// ensureAttached attaches the relay if it is idle: somebody needs the region.
func (r *relay) ensureAttached(ctx actor.Context) {
	if r.stream == 0 {
		r.attach(ctx)
	}
	r.wake(ctx)
}

// wake makes the next beat come soon: something is happening.
func (r *relay) wake(ctx actor.Context) {
	r.quiet = 0
	if !r.beating || r.calm {
		r.beatAfter(ctx, r.pod.cfg.Beat)
	}
}

func (r *relay) beatAfter(ctx actor.Context, d time.Duration) {
	r.rouse()
	r.beating, r.calm = true, false
	r.beats++
	r.pod.later(ctx, d, beat{r, r.beats})
}

// attach starts a new stream with whoever owns the region now.
func (r *relay) attach(ctx actor.Context) {
	owner := r.pod.placement.Region(r.id)
	if r.owner != nil && !r.owner.Equal(owner) && r.pod.placement.Has(r.owner.Address) {
		ctx.Request(r.owner, &message.Detach{})
	}
	r.wake(ctx)
	r.stream, r.owner, r.told = r.pod.streams.Add(1), owner, r.Position.Seq
	r.attached, r.submits, r.heard, r.silent, r.checking = false, 0, 0, 0, 0
	r.pending.resetSent()
	r.request(ctx, &message.Attach{Stream: r.stream, Held: r.Position})
}

// request sends a command to the owner, if there is one.
func (r *relay) request(ctx actor.Context, command any) {
	if r.owner != nil {
		ctx.Request(r.owner, command)
	}
}

// moved attaches anew when the owner is gone, or when it has not answered yet and is no longer the
// owner.
func (r *relay) moved(ctx actor.Context) {
	if r.stream == 0 {
		return
	}
	owner := r.pod.placement.Region(r.id)
	gone := r.owner == nil || !r.pod.placement.Has(r.owner.Address)
	if gone || !r.attached && !r.owner.Equal(owner) {
		r.attach(ctx)
	}
}

// beat renews the subscription, attaches anew when the region has gone silent, and makes the relay
// idle when nobody needs the region.
func (r *relay) beat(ctx actor.Context, m beat) {
	if m.of != r || m.n != r.beats {
		return
	}
	r.calm = false
	r.quiet++
	tooLong := r.pod.clock.Now().Add(-r.pod.cfg.relayPatience())
	if !r.attached { // the region may be waiting for the store
		r.pending.refuse(ctx, r.pending.late(tooLong), canvas.RefusedUnavailable, time.Second)
	}
	r.pending.tellWaiting(ctx, tooLong)
	r.serveReached()
	// An Attach that waits for its answer is repeated, not replaced by a new stream: an answer that
	// takes longer than silentBeats must still count.
	waits := !r.attached && r.owner != nil && r.owner.Equal(r.pod.placement.Region(r.id))
	switch {
	case !r.needed():
		r.letGo(ctx)
		return
	case r.silent >= silentBeats && !waits:
		r.log.Debug("region does not answer, attaching again", "stream", r.stream)
		r.attach(ctx)
	default:
		r.silent++
		r.renew(ctx)
		if r.checking > 0 { // the question or its answer may have been lost
			r.request(ctx, &message.Check{Stream: r.stream, N: r.checks})
		}
	}
	r.beatAfter(ctx, r.pod.cfg.Beat)
}

func (r *relay) renew(ctx actor.Context) {
	r.told = r.Position.Seq
	r.request(ctx, &message.Attach{Stream: r.stream, Held: r.Position, Renews: r.attached, Submits: r.submits, Rests: r.mayRest()})
}

// renewEarly renews before the next beat when much is drawn: a region drops relays that don't
// confirm what they have received (see lags).
func (r *relay) renewEarly(ctx actor.Context) {
	if r.Position.Seq-r.told > uint64(r.pod.cfg.RingPixels/2) {
		r.renew(ctx)
	}
}

// silentBeats is how many beats without an answer make the relay give up its stream.
const silentBeats = 4

func (r *relay) needed() bool {
	return r.pending.count() > 0 || len(r.waiting) > 0 || len(r.readers) > 0 || r.pod.audience.Viewing(r.id) ||
		r.pod.clock.Now().Sub(r.lastRead) < r.pod.cfg.Linger
}

// letGo drops the replica and goes idle.
func (r *relay) letGo(ctx actor.Context) {
	r.rouse()
	r.request(ctx, &message.Detach{})
	r.stream, r.owner, r.attached, r.beating = 0, nil, false, false
	r.TileState, r.ring = oplog.TileState{}, oplog.Ring{}
	r.pod.holds[r.id].Store(false)
}

func (r *relay) onAttached(ctx actor.Context, m *message.Attached) {
	if m.Stream != r.stream {
		return
	}
	r.silent = 0
	fresh := !r.attached
	r.attached = true
	switch {
	case m.Base != nil:
		r.replace(m)
	case r.Tile == nil: // what came with the first answer was lost
		r.attach(ctx)
		return
	default:
		for _, b := range m.Recent {
			if b.From != r.Position.Seq {
				r.attach(ctx)
				return
			}
			r.show(b)
		}
	}
	if r.Position != m.Position || r.heard != m.Answers { // something was lost on the way
		r.attach(ctx)
		return
	}
	if fresh {
		r.serveWaiting()
		r.check(ctx)
		r.flush(ctx)
	}
	r.rest(ctx, m.Rests)
}

// replace takes a whole new replica. The viewers' positions are in the history before it, which may
// not lead here, so they resync.
func (r *relay) replace(m *message.Attached) {
	r.TileState = oplog.TileStateOf(m.Base)
	r.pod.holds[r.id].Store(true)
	r.ring = oplog.NewRing(r.pod.cfg.ringPixels(r.id))
	r.ring.Reset(m.Recent)
	r.pod.audience.Reset(r.id)
}

// show applies a batch that continues the replica and hands it to the viewers.
func (r *relay) show(b *canvas.Batch) {
	r.Apply(b)
	r.ring.Push(b)
	r.pod.audience.Publish(b)
	r.serveReached()
}

// salvage gives the region our replica, since its store has lost something.
func (r *relay) salvage(ctx actor.Context, m *message.Salvage) {
	answer := &message.Salvaged{N: m.N}
	if r.Tile != nil {
		answer.Base, answer.Recent = r.Snapshot(r.id), r.ring.All()
	}
	ctx.Respond(answer)
}

func (r *relay) onCommitted(ctx actor.Context, m *message.Committed) {
	current := m.Stream == r.stream
	follows := current && r.attached && m.N == r.heard && (m.Batch == nil || m.Batch.From == r.Position.Seq)
	if follows {
		r.wake(ctx)
		r.silent = 0
		r.heard++
		if m.Batch != nil {
			r.show(m.Batch)
			r.renewEarly(ctx)
		}
	}
	// The acks come after the batch, so that no client is told of its pixel before the pixel is
	// shown. An ack holds whatever became of the stream: the op is durable.
	r.pending.ack(ctx, r.id, m.Acks, r.pod)
	if current && !follows { // something was lost on the way
		r.attach(ctx)
	}
}

func (r *relay) onRejected(ctx actor.Context, m *message.Rejected) {
	if m.Stream != r.stream {
		return // those ops have been sent again since
	}
	if m.N != r.heard { // something was lost on the way
		r.attach(ctx)
		return
	}
	r.wake(ctx)
	r.silent = 0
	r.heard++
	r.pending.refuse(ctx, m.Ops, m.Why, m.Retry)
}

// onLapsed attaches anew at once: the region restarted, or gave up its claim.
func (r *relay) onLapsed(ctx actor.Context, m *message.Lapsed) {
	if m.Stream == r.stream {
		r.attach(ctx)
	}
}

// abandon sends what waits for a failed relay to its successor. The ops without an answer are with
// the node.
func (r *relay) abandon(ctx actor.Context) {
	for viewer, held := range r.waiting {
		ctx.Send(ctx.Self(), resync{viewer, held})
	}
	for _, reader := range r.readers {
		ctx.RequestWithCustomSender(ctx.Self(), read{}, reader)
	}
}

// place takes an op, or refuses it when too much waits already.
func (r *relay) place(ctx actor.Context, m place) {
	if !r.pending.push(m, r.pod.clock.Now()) {
		if m.repeated {
			ctx.Send(m.from, opUnanswered{})
			return
		}
		ctx.Send(m.from, opRefused{num: m.op.ID.Num, pixels: len(m.op.Pixels), why: canvas.RefusedBusy, retry: time.Second})
		return
	}
	r.ensureAttached(ctx)
	if !r.flushing && r.attached {
		// The flush comes after whatever is in the mailbox already, and takes along the ops in
		// there.
		r.flushing = true
		ctx.Send(ctx.Self(), flush{})
	}
}

func (r *relay) flush(ctx actor.Context) {
	r.flushing = false
	for r.attached {
		ops, again := r.pending.send(r.pod.cfg.BatchPixels, r.Position.Seq)
		if len(ops) == 0 {
			return
		}
		r.request(ctx, &message.Submit{Stream: r.stream, N: r.submits, Ops: ops, Again: again})
		r.submits++
	}
}

// describe is for the inspector.
func (r *relay) describe() telemetry.Description {
	state, owner := "idle", "nobody"
	switch {
	case r.attached:
		state = "attached"
	case r.stream != 0:
		state = "attaching"
	}
	if r.owner != nil {
		owner = r.owner.Address
	}
	return telemetry.Description{State: state, Facts: []message.Fact{
		telemetry.Text("owner", owner), telemetry.At("replica", r.Position), telemetry.Count("ops not acknowledged", r.pending.count()),
		telemetry.Count("pixels not acknowledged", r.pending.pixels), telemetry.Count("viewers to bring up to date", len(r.waiting)),
		telemetry.Count("readers waiting", len(r.readers)), telemetry.Count("beats without an answer", r.silent), telemetry.Text("stream", strconv.FormatUint(r.stream, 36)),
	}}
}

// moved says that the members have changed. Relays, presence and the roster are told.
type moved struct{}

// pointersDue ends an interval of pointers. It names the instance that it belongs to, since after a
// restart another one has the same PID.
type pointersDue struct{ of *relay }

// pointOut has the pointers of our users be sent at the end of an interval, if one begins.
func (r *relay) pointOut(ctx actor.Context, begins bool) {
	if begins {
		r.pod.later(ctx, r.pod.cfg.PointersEvery, pointersDue{r})
	}
}

// sendPointers sends the region those of an interval. While the relay is not attached, they are
// dropped.
func (r *relay) sendPointers(ctx actor.Context, m pointersDue) {
	if m.of != r {
		return
	}
	moved, beckons, more := r.pointers.Take()
	if more {
		r.pod.later(ctx, r.pod.cfg.PointersEvery, m)
	}
	if r.attached {
		r.request(ctx, &message.Point{Moved: moved, Beckons: beckons})
	}
}
