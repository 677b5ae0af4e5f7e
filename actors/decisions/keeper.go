package decisions

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"pixelplayground/actors/message"
	"pixelplayground/actors/rules"
	"pixelplayground/actors/store"
	"pixelplayground/actors/telemetry"
)

// keeper is the rules actor of a pod. It holds the chain, reads new acts from the store, since any pod may
// decide, and publishes the rules that the acts lead to. If it fails, what it has published stays in force.
type keeper struct {
	pod *Pod
	*book

	reading     bool          // a call to the store is under way
	looks       uint64        // numbers the scheduled looks: only the last one counts
	doubts      bool          // the store may not have what we have: the next call reads all of it
	doubted     time.Time     // when that was found last,
	pause       time.Duration // and how long it counts for nothing then
	refused     uint64        // number of the act that could not be put in force
	faulty      uint64        // number of the last act when the rules could not be worked out
	compared    time.Time     // when our last act was last compared with what the store has
	settleComes bool          // a settleDue is on its way
	failing     bool          // the last call got no answer; that has been logged
	next        time.Time     // when the rules change by themselves; zero: never

	asked      map[string]bool // the members that have not yet said what they know, by address
	askedUntil time.Time       // then we go on without them
}

const (
	// lookEvery is how often the store is asked for the next act, in case nobody tells of it.
	lookEvery = 500 * time.Millisecond
	// compareEvery is how often it is asked whether it still has our last one, and the least time between
	// two calls that read all.
	compareEvery = 2 * time.Second
	// readAtOnce is how many acts are read with one call, of a pod that has missed some.
	readAtOnce = 64
)

type (
	// draft asks for the next act; answered with drafted.
	draft struct {
		want  rules.Act
		mask  *rules.Mask // that it speaks of; nil: of none
		again bool        // it was decided before, and keeps its time
	}
	drafted struct {
		n       uint64
		durable bool // there is an act with this ID already: n
		act     *rules.Act
		stored  []byte // what the store is to be given
		err     error
	}
	// learn brings an act that is in the store; answered with learned.
	learn struct {
		n      uint64
		stored []byte
	}
	learned struct{ known bool }
	// CatchUp asks the rules actor to read on in the store; answered with CaughtUp once all that was
	// there before the question is in force.
	CatchUp  struct{ For any }
	CaughtUp struct {
		For  any    // that of the CatchUp
		Last uint64 // number of the last act
	}
	// recall asks for acts that the rules actor knows; answered with recalled.
	recall struct {
		before uint64 // 0: from the last on
		limit  int
	}
	recalled struct {
		acts  [][]byte // the last first
		whole bool     // these are all, as far as the store has said
	}
	// Moved says that the members have changed.
	Moved struct{}

	look struct {
		of *keeper
		n  uint64
	}
	// read is what the store has said.
	read struct {
		of    *keeper
		from  uint64   // acts are those after this one,
		acts  [][]byte // or all there are, if whole
		whole bool
		last  []byte // act from, if that was asked; nil: the store does not have it
		asked bool
		masks map[string]*rules.Mask
		err   error
	}
	// restored says which acts are still to be decided again.
	restored struct {
		of      *keeper
		left    [][]byte
		numbers map[uint64]uint64 // as book.decidedAs
	}
	restoreDue struct{ of *keeper }
)

// NewKeeper makes the rules actor of a pod.
func NewKeeper(pod *Pod) actor.Actor {
	return &keeper{pod: pod, book: pod.book, asked: make(map[string]bool), compared: pod.Now()}
}

func (k *keeper) Receive(ctx actor.Context) {
	switch m := ctx.Message().(type) {
	case *actor.Started:
		k.pod.Stats.Live[message.KindRules].Add(1)
		k.begin(ctx)
	case *actor.Restarting, *actor.Stopped:
		k.pod.Stats.Live[message.KindRules].Add(-1)
	case *actor.Stopping:
	case look:
		k.look(ctx, m)
	case read:
		k.onRead(ctx, m)
	case CatchUp:
		k.catchUp(ctx, behind{ctx.Sender(), m})
	case draft:
		ctx.Respond(k.draft(m))
	case learn:
		k.learn(m.n, [][]byte{m.stored})
		k.findMasks(ctx)
		ctx.Respond(learned{k.last() >= m.n})
	case recall:
		ctx.Respond(recalled{k.before(m.before, m.limit), k.whole})
	case Moved:
		k.meet(ctx)
	case *message.RulesDecided:
		k.onDecided(ctx, m)
	case settleDue:
		if m.of == k {
			k.settleComes = false
			k.settle(ctx)
		}
	case *message.AskRules:
		ctx.Request(ctx.Sender(), &message.RulesKnown{First: m.After + 1, Acts: k.after(m.After, message.MaxActsKnown)})
	case *message.RulesKnown:
		k.onKnown(ctx, m)
	case restored:
		k.onRestored(ctx, m)
	case restoreDue:
		if m.of == k {
			k.restore(ctx)
		}
	case *telemetry.Describe:
		k.describe().Answer(ctx)
	default:
		k.pod.Unhandled(message.KindRules, m)
	}
}

// begin goes on from what is in the book.
func (k *keeper) begin(ctx actor.Context) {
	k.waiting, k.others = append(k.waiting, k.others...), nil
	k.next = k.chain.Rules().Next(k.pod.Now())
	if k.generation > 1 { // a fault may have come between an act and its rules
		k.publish("")
	}
	if k.restoring() {
		k.restore(ctx)
	}
	k.settle(ctx)
	k.read(ctx)
}

func (k *keeper) look(ctx actor.Context, m look) {
	if m.of != k || m.n != k.looks {
		return
	}
	if now := k.pod.Now(); !k.next.IsZero() && !now.Before(k.next) {
		k.publish("") // the same rules, and now they mean something else
	}
	k.read(ctx)
}

// catchUp reads on for somebody who waits for it. A question that comes while a call is under way waits for
// the next call, since this one may have missed what they must know.
func (k *keeper) catchUp(ctx actor.Context, who behind) {
	if who.asked.For != nil {
		if k.owed[who.asked.For] {
			return
		}
		k.owed[who.asked.For] = true
	}
	k.meet(ctx)
	if k.reading {
		k.others = append(k.others, who)
		return
	}
	k.waiting = append(k.waiting, who)
	k.read(ctx)
}

// read asks the store for the acts after the last, and at times whether it still has the last; or it
// reads all of them.
func (k *keeper) read(ctx actor.Context) {
	if k.reading {
		return
	}
	k.reading = true
	now := k.pod.Now()
	r := read{of: k, from: k.last(), whole: !k.whole || k.doubts, asked: k.last() > 0 && now.Sub(k.compared) >= compareEvery}
	if r.asked {
		k.compared = now
	}
	masks := k.missing()
	self, system := ctx.Self(), ctx.ActorSystem()
	k.pod.Background(func(c context.Context) {
		r.run(c, k.pod.acts, masks)
		system.Root.Send(self, r)
	})
}

// run makes the calls.
func (r *read) run(ctx context.Context, s stored, masks []string) {
	if r.whole {
		r.acts, r.err = s.all(ctx)
	} else {
		if r.asked {
			r.last, r.err = s.act(ctx, r.from)
		}
		if r.err == nil {
			r.acts, r.err = s.after(ctx, r.from, readAtOnce)
		}
	}
	if r.err == nil {
		r.masks, r.err = s.masksOf(ctx, r.acts)
	}
	for _, name := range masks {
		mask, err := s.mask(ctx, name)
		if r.err = errors.Join(r.err, err); mask != nil {
			if r.masks == nil {
				r.masks = make(map[string]*rules.Mask, 1)
			}
			r.masks[name] = mask
		}
	}
}

func (k *keeper) onRead(ctx actor.Context, m read) {
	if m.of != k {
		return
	}
	k.reading = false
	if m.err != nil {
		k.lost(m.err)
		k.lookAfter(ctx, lookEvery)
		return
	}
	k.failing = false
	before, published := k.last(), k.generation
	k.know(m.masks)
	switch {
	case m.whole:
		k.doubts = false
		k.compare(ctx, m.acts)
		k.whole = true // announcements of before are none any more
	case m.asked && m.from <= before && !bytes.Equal(m.last, k.acts[m.from-1]):
		k.doubt()
	default:
		k.learn(m.from+1, m.acts)
	}
	if len(m.masks) > 0 && k.generation == published {
		k.publish("")
	}
	k.forget(k.chain.Rules().InForce(k.pod.Now()))
	k.settle(ctx)
	if k.doubts || len(m.acts) == readAtOnce && k.last() > before {
		k.read(ctx) // there may be more
		return
	}
	k.answer(ctx)
}

// lost says once that the store does not answer.
func (k *keeper) lost(err error) {
	if !k.failing {
		k.failing = true
		k.pod.Log.Warn("the store does not say whether there are new acts; those that are known stay in force", "err", err)
	}
}

// answer answers those who waited for this call, and goes on with those who wait for the next one.
func (k *keeper) answer(ctx actor.Context) {
	if len(k.asked) > 0 && len(k.waiting)+len(k.others) > 0 && k.pod.Now().Before(k.askedUntil) {
		k.lookAfter(ctx, k.askedUntil.Sub(k.pod.Now()))
		return
	}
	for _, who := range k.waiting {
		delete(k.owed, who.asked.For)
		ctx.Send(who.pid, CaughtUp{who.asked.For, k.last()})
	}
	k.waiting, k.others = k.others, nil
	if len(k.waiting) > 0 {
		k.read(ctx)
		return
	}
	k.lookAfter(ctx, lookEvery)
}

func (k *keeper) lookAfter(ctx actor.Context, d time.Duration) {
	k.looks++
	if !k.next.IsZero() {
		d = min(d, max(k.next.Sub(k.pod.Now()), time.Millisecond))
	}
	k.pod.Later(ctx, d, look{k, k.looks})
}

// learn puts acts in force, given with the number of the first. Acts that are known already change nothing.
// The rules are worked out once for all of them, and once more for each that is to be announced.
func (k *keeper) learn(first uint64, acts [][]byte) {
	var unfit error
	added := false
	for i, stored := range acts {
		if first+uint64(i) != k.last()+1 {
			continue
		}
		act, err := k.add(stored)
		if unfit = err; err != nil {
			break
		}
		added = true
		if act.Do == rules.Announce && k.whole && !act.Ignored {
			k.publish(act.Text)
			added = false
		}
	}
	if added {
		k.publish("")
	}
	if unfit != nil {
		k.refuse(unfit)
	}
}

// findMasks reads the masks of acts that others have told of. Until they are there, whole rectangles are
// protected.
func (k *keeper) findMasks(ctx actor.Context) {
	if len(k.missing()) > 0 {
		k.read(ctx)
	}
}

// refuse goes on with what there is, although there is an act that does not fit.
func (k *keeper) refuse(err error) {
	if k.refused != k.last()+1 {
		k.refused = k.last() + 1
		k.pod.Log.Error("an act can't be obeyed; those before it stay in force", "act", k.refused, "err", err)
	}
	k.doubt()
}

// publish puts the rules in force that the acts lead to.
func (k *keeper) publish(announced string) {
	if k.restoring() {
		return
	}
	in := k.chain.Rules()
	if err := k.chain.Fault(); err != nil && k.faulty != k.last() {
		k.faulty = k.last()
		k.pod.Log.Error("the rules can't be worked out; those of before stay in force", "act", k.faulty, "err", err)
	}
	k.next = in.Next(k.pod.Now())
	k.generation = k.pod.Publish(in, announced)
}

// missing are the names of masks that were not found.
func (k *keeper) missing() []string { return k.chain.Rules().Missing() }

func (k *keeper) draft(m draft) drafted {
	if !k.whole {
		return drafted{err: fmt.Errorf("%w: it has not yet said what was decided before", store.ErrUnavailable)}
	}
	if act := k.chain.Done(m.want.ID); act != nil {
		if act.Do != m.want.Do || act.Of != m.want.Of {
			return drafted{err: fmt.Errorf("%w: id: act %d has it already, and is another one: each act has an id of its own", rules.ErrInvalid, act.N)}
		}
		return drafted{n: act.N, durable: true}
	}
	if m.mask != nil {
		k.know(map[string]*rules.Mask{m.want.Area.Mask: m.mask})
	}
	if !m.again {
		m.want.Time = k.pod.Now().UnixMilli()
	}
	act, err := k.chain.Draft(m.want)
	if err != nil {
		return drafted{err: err}
	}
	return drafted{n: act.N, act: act, stored: act.Encode()}
}

// describe is for the inspector.
func (k *keeper) describe() telemetry.Description {
	state := "live"
	switch {
	case !k.whole:
		state = "reading"
	case k.restoring():
		state = "restoring"
	}
	return telemetry.Description{State: state, Facts: []message.Fact{
		telemetry.Count("acts", k.last()), telemetry.Count("who wait for what is on its way", len(k.settles)),
		telemetry.Count("who wait for the store", len(k.waiting)+len(k.others)), telemetry.Count("masks", len(k.masks)),
		telemetry.Count("acts with masks that were not found", len(k.missing())),
	}}
}
