package allowances

import (
	"fmt"
	"slices"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/message"
	"pixelplayground/actors/telemetry"
)

// allowance is the one who knows how much a subject may still place. Lessees ask it for what they need
// in the next moments; what they don't use they give back. What it says has been taken before it says
// so, and what becomes of that it need not know: pixels that are never given back are spent.
//
// One that fills within SlowFrom lives in memory alone, and moves with its pod's drain. If its pod
// dies, its successor counts it as empty at that moment (see front). A slower one is in the
// store before anybody is answered.
type allowance struct {
	pod     *Pod
	front   *actor.PID
	subject canvas.Subject
	network canvas.Subject

	limit   canvas.Limit // as the last lessee has it
	full    canvas.Allowance
	known   bool // full is exact, or the floor is in it
	floor   time.Time
	changed time.Time // when the members changed last before the start
	phase   allowancePhase
	handled uint64 // messages that the front has passed on or sent
	asks    []leaseAsk
	granted []leaseAsk     // what the store is being told of; they are answered when it has it
	decided []decidedLease // the last ones, at most maxDecided
	durable bool           // it is a slow one: the store has it
	stored  slow           // as the store has it, if durable

	questions uint64 // numbers of Yield and Move
	open      int    // answers still to come
	leaving   bool   // the placement gives it to another pod, as soon as a write under way is done
	due       time.Time
	used      time.Time // when somebody asked last
	goneSince time.Time
	watchers  watchers
}

type allowancePhase int

const (
	allowanceNew     allowancePhase = iota // nobody has said yet what the limit is
	allowanceAsking                        // those who may have owned it before are asked
	allowanceServing                       // it can be leased from
	allowanceWriting                       // what was promised is being made durable
	allowanceMoving                        // it is on its way to the next owner
	allowanceGone                          // another pod has it; should this one be the owner all the same, it is unsure
)

func (p allowancePhase) String() string {
	return [...]string{"new", "asking", "serving", "writing", "moving", "gone"}[p]
}

// leaseAsk is a question that waits.
type leaseAsk struct {
	lessee *actor.PID
	lease  *message.Lease
}

// decidedLease is a question and its answer.
type decidedLease struct {
	leaseAsk
	told *message.Leased
}

const (
	// maxDecided is how many answers are remembered for questions that are repeated.
	maxDecided = 4
	// maxLeaseAsks bounds the questions that wait at one allowance; a lessee asks one at a time.
	maxLeaseAsks = 1 << 12
	// allowanceGoneTime is how long after it was asked to yield a pod waits for the news of the members
	// that explain it.
	allowanceGoneTime = time.Second
	// moveRetry is the pause before an allowance is brought to its next owner again.
	moveRetry = 200 * time.Millisecond
)

type (
	// moveAway says that the placement gives the allowance to another pod.
	moveAway struct{}
	// comeBack says that it gives it to this one again.
	comeBack struct{ floor time.Time }
	// keepAllowance asks what is left, since the pod closes.
	keepAllowance struct{}
	// allowanceDue says that it is time for something.
	allowanceDue struct{ of *allowance }
	// allowanceYieldLate says that pods that may have owned it before have had their time.
	allowanceYieldLate struct {
		of       *allowance
		question uint64
	}
)

func (a *allowance) Receive(ctx actor.Context) {
	switch m := ctx.Message().(type) {
	case *actor.Started:
		a.pod.Stats.Live[message.KindAllowance].Add(1)
	case *actor.Stopping:
	case *actor.Restarting, *actor.Stopped:
		a.pod.Stats.Live[message.KindAllowance].Add(-1)
	case *message.Lease:
		a.handled++
		a.onLease(ctx, m)
	case *message.Unspent:
		a.handled++
		a.onUnspent(ctx, m)
	case *message.YieldAllowance:
		a.handled++
		a.yield(ctx, m)
	case *message.MoveAllowance:
		a.handled++
		a.onMove(ctx, m)
	case moveAway:
		a.handled++
		a.leaving = true
		a.move(ctx)
	case comeBack:
		a.handled++
		a.comeBack(ctx, m.floor)
	case keepAllowance:
		a.handled++
		a.keep(ctx)
	case *message.AllowanceYielded:
		a.onYielded(ctx, m)
	case allowanceYieldLate:
		if m.of == a && m.question == a.questions && a.phase == allowanceAsking {
			a.raise(a.pod.Now())
			a.serve(ctx)
		}
	case *message.AllowanceMoved:
		if a.phase == allowanceMoving && m.N == a.questions {
			a.goAway(ctx)
		}
	case allowanceWritten:
		a.onWritten(ctx, m)
	case givenExtended:
		a.onGiven(ctx, m)
	case allowanceDue:
		if m.of == a {
			a.onDue(ctx)
		}
	case *telemetry.Describe:
		a.describe().Answer(ctx)
	default:
		a.pod.Unhandled(message.KindAllowance, m)
	}
}

// raise takes for certain only that the allowance was empty at a time.
func (a *allowance) raise(at time.Time) {
	if empty := a.limit.EmptyAt(at); !at.IsZero() && a.limit.Every > 0 && a.full < empty && a.pod.Now().UnixNano() < int64(empty) {
		a.pod.Stats.Unsure.Add(1)
		a.full = empty
	}
	a.known = true
}

func (a *allowance) onLease(ctx actor.Context, m *message.Lease) {
	if m.Limit.Every == 0 || m.Limit.Burst == 0 {
		a.pod.Unhandled(message.KindAllowance, m)
		return
	}
	a.limit, a.used = m.Limit, a.pod.Now()
	a.watchers.watch(ctx.Sender(), m.Watch, a.limit)
	switch {
	case a.repeated(ctx, m):
		return
	case a.phase == allowanceMoving || a.phase == allowanceGone:
		a.answer(ctx, leaseAsk{ctx.Sender(), m}, &message.Leased{Not: message.LeaseElsewhere})
		return
	case len(a.asks) >= maxLeaseAsks:
		a.answer(ctx, leaseAsk{ctx.Sender(), m}, &message.Leased{Not: message.LeaseBusy})
		return
	}
	a.asks = append(a.asks, leaseAsk{ctx.Sender(), m})
	if a.phase == allowanceNew || a.phase == allowanceServing && a.slow() != a.durable {
		a.begin(ctx)
	}
	a.work(ctx)
}

// repeated reports whether a question has come before, since its lessee did not have the answer in time.
// It gets that one: a second one would take as many pixels once more.
func (a *allowance) repeated(ctx actor.Context, m *message.Lease) bool {
	same := func(q leaseAsk) bool { return q.lease.N == m.N && q.lessee.Equal(ctx.Sender()) }
	if slices.ContainsFunc(a.asks, same) || slices.ContainsFunc(a.granted, same) {
		return true
	}
	for _, d := range a.decided {
		if same(d.leaseAsk) {
			ctx.Send(d.lessee, d.told)
			return true
		}
	}
	return false
}

// slow reports whether the allowance belongs into the store.
func (a *allowance) slow() bool {
	return a.limit.Fill() > SlowFrom && a.pod.Documents != nil
}

func (a *allowance) answer(ctx actor.Context, q leaseAsk, told *message.Leased) {
	told.Subject, told.N, told.Full = a.subject, q.lease.N, a.full
	switch {
	case told.Pixels > 0:
		a.pod.Stats.Leases.Add(1)
	case q.lease.Least > 0 && told.Not == message.LeaseDecided:
		a.pod.Stats.NotLeased.Add(1)
	}
	if q.lessee == nil {
		return
	}
	ctx.Send(q.lessee, told)
	if told.Not == message.LeaseDecided {
		a.decided = append(a.decided, decidedLease{q, told})
		if len(a.decided) > maxDecided {
			a.decided = slices.Delete(a.decided, 0, 1)
		}
	}
}

// begin finds out what is left, now that the limit is known.
func (a *allowance) begin(ctx actor.Context) {
	switch {
	case a.slow():
		a.load(ctx)
	case !a.known && a.pod.Now().Sub(a.changed) < a.limit.Fill()+moveMemory:
		a.ask(ctx)
	default:
		a.durable = false // it may have been slow
		a.settle(ctx)
	}
}

// settle ends the search: nobody else knows more.
func (a *allowance) settle(ctx actor.Context) {
	if !a.known {
		a.raise(a.floor)
	}
	a.serve(ctx)
}

func (a *allowance) serve(ctx actor.Context) {
	a.phase = allowanceServing
	if a.leaving {
		a.move(ctx)
		return
	}
	a.work(ctx)
}

// ask asks the pods that may have owned the allowance before to give it up.
func (a *allowance) ask(ctx actor.Context) {
	before := a.pod.Owners().Before(a.subject)
	a.phase, a.open = allowanceAsking, len(before)
	if a.open == 0 {
		a.settle(ctx)
		return
	}
	a.questions = a.pod.Number() // an answer to an earlier actor of this name must not pass for ours
	for _, front := range before {
		ctx.Request(front, &message.YieldAllowance{Subject: a.subject, N: a.questions})
	}
	question := a.questions
	a.pod.Later(ctx, a.pod.Yield, allowanceYieldLate{a, question})
}

func (a *allowance) onYielded(ctx actor.Context, m *message.AllowanceYielded) {
	if a.phase != allowanceAsking || m.N != a.questions {
		return
	}
	a.full = max(a.full, m.Full)
	a.known = a.known || m.Known
	if floor := time.Unix(0, m.Floor); m.Floor > 0 && a.floor.Before(floor) {
		a.floor = floor
	}
	if a.open--; a.open == 0 {
		a.settle(ctx)
	}
}

// work answers the questions that wait, if it can be leased from.
func (a *allowance) work(ctx actor.Context) {
	if a.phase != allowanceServing || len(a.asks) == 0 {
		return
	}
	now := a.pod.Now()
	if a.durable {
		a.write(ctx, now)
		return
	}
	takes := func(q leaseAsk) bool { return q.lease.Least > 0 }
	if slices.ContainsFunc(a.asks, takes) && !a.pod.given.covers(now) {
		a.phase = allowanceWriting
		a.extend(ctx)
		return
	}
	for _, q := range a.asks {
		var told *message.Leased
		a.full, told = decide(a.full, q.lease, now)
		a.answer(ctx, q, told)
	}
	a.tell(ctx, a.asks, now)
	a.asks = a.asks[:0]
	a.await(ctx, now)
}

func (a *allowance) onUnspent(ctx actor.Context, m *message.Unspent) {
	if m.Pixels == 0 {
		a.watchers.watch(ctx.Sender(), false, a.limit)
		return
	}
	a.full = a.full.Give(m.Pixels, m.Limit)
	a.tell(ctx, nil, a.pod.Now())
}

// tell tells all watchers that pixels were taken or given back, except those whose questions have
// just been answered.
func (a *allowance) tell(ctx actor.Context, asked []leaseAsk, now time.Time) {
	if a.watchers.count() == 0 || len(asked) > 0 && !slices.ContainsFunc(asked, func(q leaseAsk) bool { return q.lease.Least > 0 || q.lease.Unused > 0 }) {
		return
	}
	a.watchers.changed(func(watcher *actor.PID) bool {
		return slices.ContainsFunc(asked, func(q leaseAsk) bool { return watcher.Equal(q.lessee) })
	})
	a.tellLate(ctx, now)
}

func (a *allowance) tellLate(ctx actor.Context, now time.Time) {
	next := a.watchers.due(now, func(watcher *actor.PID) { ctx.Send(watcher, &message.Leased{Subject: a.subject, Full: a.full}) })
	if !next.IsZero() {
		a.wakeAt(ctx, next)
	}
}

// yield gives the allowance up for its next owner.
func (a *allowance) yield(ctx actor.Context, m *message.YieldAllowance) {
	known := a.known && a.phase != allowanceNew
	ctx.Respond(&message.AllowanceYielded{Subject: a.subject, N: m.N, Known: known, Full: a.full, Floor: unixNano(a.floor)})
	if a.phase == allowanceWriting && a.durable {
		return // the document tells
	}
	a.goAway(ctx)
}

// goAway sends those who ask elsewhere, and ends.
func (a *allowance) goAway(ctx actor.Context) {
	a.phase, a.goneSince, a.known = allowanceGone, a.pod.Now(), false
	a.elsewhere(ctx)
	a.wakeAt(ctx, a.goneSince.Add(moveRetry))
	a.end(ctx)
}

// comeBack is for an allowance that may have had another owner meanwhile: what is known of it here is
// the least that was taken.
func (a *allowance) comeBack(ctx actor.Context, floor time.Time) {
	a.leaving, a.changed, a.floor = false, a.pod.Now(), floor
	a.again(ctx)
}

// again finds out anew what is left.
func (a *allowance) again(ctx actor.Context) {
	switch {
	case a.phase == allowanceNew:
	case !a.durable:
		a.known = false
		a.ask(ctx)
	case a.phase == allowanceGone: // the next question has it read
		a.phase, a.durable = allowanceNew, false
	}
}

func (a *allowance) elsewhere(ctx actor.Context) {
	for _, q := range a.asks {
		a.answer(ctx, q, &message.Leased{Not: message.LeaseElsewhere})
	}
	a.asks = nil
}

// end asks the front to stop the actor. It does unless something is on its way to it.
func (a *allowance) end(ctx actor.Context) {
	if a.phase == allowanceGone && !a.leaving {
		return // the front still takes this pod for the owner: see onDue
	}
	ctx.Send(a.front, allowanceEnds{a.subject, a.handled})
}

// onMove learns from a previous owner what it knows.
func (a *allowance) onMove(ctx actor.Context, m *message.MoveAllowance) {
	a.full = max(a.full, m.Full)
	if a.limit.Every == 0 {
		a.limit = m.Limit
	}
	switch a.phase {
	case allowanceAsking:
		a.known = true
	case allowanceNew, allowanceGone:
		a.known = true
		a.serve(ctx)
	}
	ctx.Respond(&message.AllowanceMoved{Subject: m.Subject, N: m.N})
	a.await(ctx, a.pod.Now())
}

// move brings the allowance to its next owner.
func (a *allowance) move(ctx actor.Context) {
	now := a.pod.Now()
	switch a.phase {
	case allowanceWriting: // when that is done
		return
	case allowanceAsking: // when it is known
		a.elsewhere(ctx)
		return
	case allowanceGone:
		a.end(ctx)
		return
	}
	a.elsewhere(ctx)
	if a.durable || a.limit.Every == 0 || a.known && int64(a.full) <= now.UnixNano() {
		a.goAway(ctx)
		return
	}
	a.phase = allowanceMoving
	owner := a.pod.Owners().Owner(a.subject)
	if owner != nil && owner.Address != a.pod.System.Address() {
		a.questions = a.pod.Number()
		ctx.Request(owner, &message.MoveAllowance{Subject: a.subject, Network: a.network, N: a.questions, Full: a.full, Limit: a.limit})
	}
	a.wakeAt(ctx, now.Add(moveRetry))
}

// keep says what is left, and ends.
func (a *allowance) keep(ctx actor.Context) {
	kept := allowanceKept{subject: a.subject}
	if !a.durable {
		if !a.known {
			a.raise(a.pod.Now())
		}
		kept.full = a.full
	}
	a.phase = allowanceGone
	a.elsewhere(ctx)
	ctx.Send(a.front, kept)
}

// An allowance keeps its actor this long after its last use, if it is full or in the store; longer if
// somebody watches.
const (
	allowanceIdle    = 5 * time.Second
	allowanceWatched = 10 * time.Minute
)

func (a *allowance) idle(now time.Time) bool { return !now.Before(a.idleAt()) }

func (a *allowance) idleAt() time.Time {
	at := a.used.Add(allowanceIdle)
	if a.watchers.count() > 0 {
		at = a.used.Add(allowanceWatched)
	}
	if full := time.Unix(0, int64(a.full)); !a.durable && at.Before(full) {
		at = full
	}
	return at
}

// await sees to it that the actor ends once it is of no more use.
func (a *allowance) await(ctx actor.Context, now time.Time) {
	if a.due.IsZero() {
		at := a.idleAt()
		if !at.After(now) {
			at = now.Add(allowanceIdle)
		}
		a.wakeAt(ctx, at)
	}
}

// wakeAt makes sure that the actor looks at everything at a time or a little later.
func (a *allowance) wakeAt(ctx actor.Context, at time.Time) {
	if !a.due.IsZero() && !at.Before(a.due) {
		return
	}
	a.due = at
	a.pod.Later(ctx, max(at.Sub(a.pod.Now()), time.Millisecond), allowanceDue{a})
}

func (a *allowance) onDue(ctx actor.Context) {
	now := a.pod.Now()
	if now.Before(a.due) {
		return // another timer is set
	}
	a.due = time.Time{}
	switch a.phase {
	case allowanceMoving:
		a.move(ctx)
	case allowanceGone:
		if !a.leaving && now.Sub(a.goneSince) >= allowanceGoneTime { // nothing came of what the other pod believed
			a.floor = now
			a.again(ctx)
			return
		}
		a.end(ctx)
		a.wakeAt(ctx, now.Add(moveRetry))
	case allowanceServing:
		a.tellLate(ctx, now)
		if a.idle(now) {
			a.end(ctx)
		}
		a.await(ctx, now)
	case allowanceNew, allowanceAsking, allowanceWriting:
	}
}

func (a *allowance) describe() telemetry.Description {
	now := a.pod.Now()
	facts := []message.Fact{
		telemetry.Count("left in pixels", a.full.Left(a.limit, now)), telemetry.Text("full in", max(time.Unix(0, int64(a.full)).Sub(now), 0).Round(time.Millisecond).String()),
		telemetry.Text("pace", fmt.Sprintf("a pixel every %v, %d saved", time.Duration(a.limit.Every), a.limit.Burst)),
		telemetry.Count("questions waiting", len(a.asks)), telemetry.Count("watchers", a.watchers.count()),
	}
	if a.durable {
		facts = append(facts, telemetry.Text("kept", "in the store"))
	}
	return telemetry.Description{State: a.phase.String(), Facts: facts}
}
