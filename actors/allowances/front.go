package allowances

import (
	"context"
	"slices"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/message"
	"pixelplayground/actors/telemetry"
)

// front is the front of a pod's allowances, which all who lease from them ask. It starts the
// actor of an allowance when it is first asked for and ends it when it is full, and it watches the
// members: allowances that the placement gives to other pods go there.
//
// What is not known counts as spent. So there is a floor, a moment at which every allowance that no pod
// knows had been empty at the latest: when a pod was lost that may have known it, or until when pixels
// were given out before this pod started.
type front struct {
	pod    *Pod
	began  time.Time
	inUse  map[canvas.Subject]*inUse
	shares map[canvas.Subject]int              // allowances in use, by network
	floor  time.Time                           // zero: there is none
	kept   map[canvas.Subject]canvas.Allowance // of before the start, if the pod was stopped in good order
	opened bool                                // floor and kept are known
	early  []letterTo                          // what came before that

	owners  Owners          // as last seen
	changed time.Time       // when the members changed last
	vouched bool            // another pod has told its floor, or there is none to ask
	parted  map[string]bool // addresses of pods that have handed everything over

	leaver  *actor.PID // the node, when it drains; answered with Done
	left    bool       // this pod has handed everything over, and gives out nothing any more
	retiree *actor.PID // the node, when it closes; answered with Done
	keeping int        // allowances that have still to say what is left
}

// inUse is an allowance that has an actor, or is about to have one again.
type inUse struct {
	pid     *actor.PID
	network canvas.Subject
	sent    uint64     // messages passed on to the actor
	mine    bool       // the placement gives it to this pod
	ending  bool       // the actor has been stopped
	pending []letterTo // for the next actor
	failed  time.Time  // when the actor failed; zero: it did not
}

// letterTo is a message that waits, and who sent it.
type letterTo struct {
	subject canvas.Subject
	sender  *actor.PID
	message any
}

// Bounds on what one pod holds. Whoever is over them is refused as busy: to forget an allowance would
// be to give it anew.
const (
	maxAllowances        = 1 << 16 // about 2 KB each
	maxNetworkAllowances = 1 << 12 // of one network: people behind one address who draw at the same time
	maxEarly             = 1 << 12 // messages that wait for the floor
)

// moveMemory is how long after a change of the members an allowance may still be known to a pod that
// owned it before, beyond the time in which it fills: views differ for a while.
const moveMemory = 5 * time.Second

type (
	// allowanceEnds says that an allowance's actor has nothing left to do. It has handled so many
	// messages of the front's.
	allowanceEnds struct {
		subject canvas.Subject
		handled uint64
	}
	// allowanceKept says what is left of an allowance whose pod closes.
	allowanceKept struct {
		subject canvas.Subject
		full    canvas.Allowance
	}
)

// NewFront makes the front of a pod, before the pod's first view of the members.
func NewFront(pod *Pod) actor.Actor {
	return &front{
		pod: pod, began: pod.Now(), inUse: make(map[canvas.Subject]*inUse), shares: make(map[canvas.Subject]int), parted: make(map[string]bool),
	}
}

func (f *front) Receive(ctx actor.Context) {
	if _, parts := ctx.Message().(*message.AllowancesLeft); parts { // before its leaving is noticed
		f.onParted(ctx.Sender())
	}
	f.look(ctx)
	switch m := ctx.Message().(type) {
	case *actor.Started:
		f.pod.Stats.Live[message.KindAllowance].Add(1)
		f.open(ctx)
	case *actor.Restarting, *actor.Stopped:
		f.pod.Stats.Live[message.KindAllowance].Add(-1)
	case *actor.Stopping, Moved, *message.AllowancesLeft:
	case past:
		f.onOpened(ctx, m)
	case allowancesUnread:
		f.open(ctx)
	case *message.Lease:
		f.take(ctx, letterTo{m.Subject, ctx.Sender(), m})
	case *message.Unspent:
		f.take(ctx, letterTo{m.Subject, ctx.Sender(), m})
	case *message.YieldAllowance:
		f.take(ctx, letterTo{m.Subject, ctx.Sender(), m})
	case *message.MoveAllowance:
		f.take(ctx, letterTo{m.Subject, ctx.Sender(), m})
	case *message.AllowanceYielded:
		f.onFloor(m)
	case allowanceEnds:
		f.onEnds(ctx, m)
	case *actor.Terminated:
		f.onTerminated(ctx, m.Who)
	case HandOver:
		f.leaver = ctx.Sender()
	case Retire:
		f.retire(ctx)
	case allowanceKept:
		f.onKept(ctx, m)
	case List:
		ctx.Respond(f.list(m.Most))
	case *telemetry.Describe:
		f.describe().Answer(ctx)
	default:
		f.pod.Unhandled(message.KindAllowance, m)
	}
	f.part(ctx)
}

// take passes a message on to the allowance that it is about, or keeps it until that is possible.
func (f *front) take(ctx actor.Context, l letterTo) {
	if !f.opened {
		if len(f.early) < maxEarly { // whoever hears nothing asks again
			f.early = append(f.early, l)
		}
		return
	}
	e := f.inUse[l.subject]
	lease, asks := l.message.(*message.Lease)
	switch {
	case asks && !f.mine(l.subject):
		f.answerFor(ctx, l, &message.Leased{Subject: lease.Subject, N: lease.N, Not: message.LeaseElsewhere})
		return
	case e == nil:
		if e = f.enter(ctx, l); e == nil {
			return
		}
	}
	if e.ending || e.pid == nil {
		e.pending = append(e.pending, l)
		if e.pid == nil {
			f.spawn(ctx, l.subject, e, nil)
		}
		return
	}
	e.sent++
	f.pod.System.Root.Send(e.pid, &actor.MessageEnvelope{Message: l.message, Sender: l.sender})
}

func (f *front) answerFor(ctx actor.Context, l letterTo, answer any) {
	if l.sender != nil {
		ctx.Send(l.sender, answer)
	}
}

// enter starts the actor of an allowance that has none, if the message needs one; nil: it does not.
func (f *front) enter(ctx actor.Context, l letterTo) *inUse {
	e := &inUse{mine: f.mine(l.subject)}
	var moved *message.MoveAllowance
	switch m := l.message.(type) {
	case *message.Lease:
		e.network = m.Network
		if e.network == (canvas.Subject{}) {
			e.network = m.Subject
		}
		if len(f.inUse) >= maxAllowances || f.shares[e.network] >= maxNetworkAllowances {
			f.answerFor(ctx, l, &message.Leased{Subject: m.Subject, N: m.N, Not: message.LeaseBusy})
			return nil
		}
	case *message.MoveAllowance:
		e.network, moved = m.Network, m
	case *message.YieldAllowance:
		answer := &message.AllowanceYielded{Subject: m.Subject, N: m.N, Floor: unixNano(f.floor)}
		answer.Full = f.kept[m.Subject]
		f.answerFor(ctx, l, answer)
		return nil
	default: // nothing is known of it: it is full, or counts as spent
		return nil
	}
	f.inUse[l.subject] = e
	f.shares[e.network]++
	f.spawn(ctx, l.subject, e, moved)
	return e
}

// spawn starts an actor; moved is what another pod knows of the allowance, or nil.
func (f *front) spawn(ctx actor.Context, subject canvas.Subject, e *inUse, moved *message.MoveAllowance) {
	a := &allowance{pod: f.pod, front: ctx.Self(), subject: subject, network: e.network, floor: f.floor, changed: f.changed}
	if full, ok := f.kept[subject]; ok {
		a.full = full
		delete(f.kept, subject)
	}
	if moved != nil {
		a.full, a.known, a.limit = max(a.full, moved.Full), true, moved.Limit
	}
	if !e.failed.IsZero() {
		a.floor, a.known = e.failed, false
		e.failed = time.Time{}
	}
	pid, err := f.pod.System.Root.SpawnNamed(f.pod.Props(func() actor.Actor { return a }), message.AllowancePath(subject))
	if err != nil { // an actor of this name has not quite ended; whoever asks does so again
		f.pod.Log.Error("allowance not started", "subject", message.AllowancePath(subject), "err", err)
		f.forget(subject, e)
		return
	}
	e.pid, e.sent, e.ending = pid, 0, false
	ctx.Watch(pid)
	if !e.mine {
		f.send(ctx, e, moveAway{})
	}
	pending := e.pending
	e.pending = nil
	for _, l := range pending {
		f.take(ctx, l)
	}
}

// send gives an allowance's actor a message of the front's own.
func (f *front) send(ctx actor.Context, e *inUse, m any) {
	e.sent++
	ctx.Send(e.pid, m)
}

func (f *front) forget(subject canvas.Subject, e *inUse) {
	delete(f.inUse, subject)
	if f.shares[e.network]--; f.shares[e.network] <= 0 {
		delete(f.shares, e.network)
	}
}

// onEnds stops an actor that has nothing to do, unless a message is on its way to it.
func (f *front) onEnds(ctx actor.Context, m allowanceEnds) {
	if e := f.inUse[m.subject]; e != nil && !e.ending && e.sent == m.handled {
		e.ending = true
		ctx.Stop(e.pid)
	}
}

// onTerminated forgets an allowance whose actor has ended, or starts the next one. If the actor
// failed, nobody knows what it had given out.
func (f *front) onTerminated(ctx actor.Context, who *actor.PID) {
	subject, ok := message.AllowanceOf(who.Id)
	e := f.inUse[subject]
	switch {
	case !ok || e == nil || !e.pid.Equal(who):
	case !e.ending:
		e.failed, e.pid = f.pod.Now(), nil
	case len(e.pending) > 0:
		f.spawn(ctx, subject, e, nil)
	default:
		f.forget(subject, e)
	}
}

// mine reports whether the placement gives an allowance to this pod.
func (f *front) mine(subject canvas.Subject) bool {
	if f.left || f.owners == nil {
		return false
	}
	owner := f.owners.Owner(subject)
	return owner != nil && owner.Address == f.pod.System.Address()
}

func (f *front) list(most int) (subjects []canvas.Subject) {
	for subject := range f.inUse {
		if len(subjects) == most {
			break
		}
		subjects = append(subjects, subject)
	}
	return subjects
}

func (f *front) describe() telemetry.Description {
	state := "live"
	if !f.opened {
		state = "opening"
	}
	return telemetry.Description{State: state, Facts: []message.Fact{
		telemetry.Count("allowances in use", len(f.inUse)), telemetry.Count("networks", len(f.shares)),
		telemetry.Since("unknown ones were empty", f.floor, f.pod.Now()), telemetry.Since("members changed", f.changed, f.pod.Now()),
	}}
}

// look compares the members with those of the last message. It comes before everything else: nothing
// is given out by a placement whose losses have not been noticed.
func (f *front) look(ctx actor.Context) {
	owners := f.pod.Owners()
	if owners == f.owners {
		return
	}
	before := f.owners
	f.owners, f.changed = owners, f.pod.Now()
	if before != nil {
		f.noteLosses(before.Members(), owners.Members())
	}
	for subject, e := range f.inUse {
		if mine := f.mine(subject); mine != e.mine {
			e.mine = mine
			switch {
			case e.pid == nil || e.ending:
			case mine:
				f.send(ctx, e, comeBack{f.floor})
			default:
				f.send(ctx, e, moveAway{})
			}
		}
	}
	f.askForFloor(ctx)
}

// noteLosses raises the floor if a pod has gone that may have known allowances and did not hand them
// over. This pod itself is missing when others have taken it for dead: they may have given out since
// what it knows.
func (f *front) noteLosses(before, now []Member) {
	for _, m := range before {
		if slices.Contains(now, m) {
			continue
		}
		if !f.parted[m.Address] {
			f.floor = f.changed
		}
		delete(f.parted, m.Address)
	}
}

// askForFloor asks the others once what they know of losses. Until one answers, this pod goes by what
// the store says, as if all pods had just started.
func (f *front) askForFloor(ctx actor.Context) {
	if f.vouched {
		return
	}
	for _, m := range f.owners.Members() {
		if m.Address != f.pod.System.Address() {
			ctx.Request(actor.NewPID(m.Address, message.AllowanceName), &message.YieldAllowance{})
		}
	}
}

// onFloor replaces the floor of the start by that of a pod that was there before. Losses that this pod
// has seen itself stay.
func (f *front) onFloor(m *message.AllowanceYielded) {
	if f.vouched || !f.opened {
		return
	}
	f.vouched = true
	if f.floor.Before(f.began) || m.Floor > f.floor.UnixNano() {
		f.floor = time.Time{}
		if m.Floor > 0 {
			f.floor = time.Unix(0, m.Floor)
		}
	}
}

// open reads what the store knows of before the start.
func (f *front) open(ctx actor.Context) {
	self := ctx.Self()
	if f.pod.Documents == nil {
		f.onOpened(ctx, past{})
		return
	}
	f.pod.Background(func(c context.Context) {
		opened, err := f.pod.records.before(c, f.pod.Now())
		if err == nil {
			f.pod.System.Root.Send(self, opened)
			return
		}
		if c.Err() == nil {
			f.pod.Log.Debug("allowances not read yet", "err", err)
		}
		f.pod.After(f.pod.Beat, func() { f.pod.System.Root.Send(self, allowancesUnread{}) })
	})
}

// allowancesUnread says that the store did not answer.
type allowancesUnread struct{}

func (f *front) onOpened(ctx actor.Context, m past) {
	if f.opened {
		return
	}
	f.opened, f.kept = true, m.kept
	if f.floor.Before(m.floor) {
		f.floor = m.floor
	}
	early := f.early
	f.early = nil
	for _, l := range early {
		f.take(ctx, l)
	}
	f.askForFloor(ctx)
}

// part tells the others that this pod, which drains, gives out nothing any more, once all that it had
// has been taken.
func (f *front) part(ctx actor.Context) {
	if f.leaver == nil {
		return
	}
	for _, e := range f.inUse {
		if !e.mine {
			return
		}
	}
	if len(f.inUse) == 0 {
		f.left = true
		for _, m := range f.owners.Members() {
			if m.Address != f.pod.System.Address() {
				ctx.Request(actor.NewPID(m.Address, message.AllowanceName), &message.AllowancesLeft{})
			}
		}
	}
	ctx.Send(f.leaver, Done{})
	f.leaver = nil
}

// retire keeps what is left of the allowances for the next start, if no other pod has them then.
func (f *front) retire(ctx actor.Context) {
	f.retiree = ctx.Sender()
	for _, e := range f.inUse {
		if e.pid != nil && !e.ending {
			f.keeping++
			f.send(ctx, e, keepAllowance{})
		}
	}
	if f.kept == nil {
		f.kept = make(map[canvas.Subject]canvas.Allowance)
	}
	f.keep(ctx)
}

func (f *front) onKept(ctx actor.Context, m allowanceKept) {
	if m.full != 0 {
		f.kept[m.subject] = m.full
	}
	f.keeping--
	f.keep(ctx)
}

// keep writes what is left once all have said so. Other pods, if there are any, give out pixels: then
// what they have told the store stays.
func (f *front) keep(ctx actor.Context) {
	if f.keeping > 0 || f.retiree == nil {
		return
	}
	asker := f.retiree
	f.retiree = nil
	others := slices.ContainsFunc(f.owners.Members(), func(m Member) bool { return m.Address != f.pod.System.Address() })
	if f.pod.Documents == nil || others || !f.opened || f.left {
		f.stopAll(ctx)
		ctx.Send(asker, Done{})
		return
	}
	f.stopAll(ctx)
	left, now := past{f.floor, f.kept}, f.pod.Now()
	f.pod.Background(func(c context.Context) {
		if err := f.pod.records.keep(c, left, now); err != nil {
			f.pod.Log.Warn("what is left of allowances is not kept: they start empty", "err", err)
		}
		f.pod.System.Root.Send(asker, Done{})
	})
}

func (f *front) stopAll(ctx actor.Context) {
	for _, e := range f.inUse {
		if e.pid != nil {
			ctx.Stop(e.pid)
		}
	}
}

// onParted notes that a pod has handed over all that it had.
func (f *front) onParted(who *actor.PID) {
	if slices.ContainsFunc(f.owners.Members(), func(m Member) bool { return m.Address == who.Address }) {
		f.parted[who.Address] = true
	}
}
