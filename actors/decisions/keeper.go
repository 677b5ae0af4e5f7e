package decisions

import (
	"context"
	"fmt"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/message"
	"pixelplayground/actors/rules"
	"pixelplayground/actors/store"
	"pixelplayground/actors/telemetry"
)

// keeper is the rules actor of a pod: it holds the chain, reads on in the store, since any pod may decide,
// and publishes the rules that the acts lead to. What it has published stays in force when it fails.
type keeper struct {
	pod *Pod
	*book

	reading bool // a call to the store is under way
	settles []settling
	looks   uint64 // numbers the scheduled looks: only the last one counts
}

// settling is somebody who waits until no batch that was begun under older rules is on its way.
type settling struct {
	who     *actor.PID
	version uint64
	until   time.Time
}

const (
	// lookEvery is how often the store is asked for the next act, in case nobody tells of it.
	lookEvery = 500 * time.Millisecond
	// readAtOnce is how many acts are read with one call, of a pod that has missed some.
	readAtOnce = 64
	// settleTime is how long a batch may be on its way before its region counts as open.
	settleTime = time.Second
	// settleLook is how often regions with batches on their way are looked at.
	settleLook = 2 * time.Millisecond
)

type (
	// draft asks for the next act; answered with drafted.
	draft   struct{ want rules.Act }
	drafted struct {
		n       uint64
		durable bool // there is an act with this ID already: n
		act     *rules.Act
		stored  []byte // what the store is to be given
		err     error
	}
	// learn brings an act that is in the store. Answered with learned at once; if it settles, with obeys,
	// once no batch that was begun without it is on its way.
	learn struct {
		n      uint64
		stored []byte
		settle bool
	}
	learned struct{ known bool }
	obeys   struct {
		version uint64
		open    []canvas.RegionID // these may still have such a batch
	}
	// CatchUp asks the rules actor to read on in the store; answered with CaughtUp once all that was
	// there before the question is in force.
	CatchUp  struct{ For any }
	CaughtUp struct {
		For  any    // that of the CatchUp
		Last uint64 // number of the last act
	}

	look struct {
		of *keeper
		n  uint64
	}
	read struct {
		of   *keeper
		from uint64
		acts [][]byte
		err  error
	}
	settleDue struct{ of *keeper }
)

// NewKeeper makes the rules actor of a pod.
func NewKeeper(pod *Pod) actor.Actor { return &keeper{pod: pod, book: pod.book} }

func (k *keeper) Receive(ctx actor.Context) {
	switch m := ctx.Message().(type) {
	case *actor.Started:
		k.pod.Stats.Live[message.KindRules].Add(1)
		k.waiting, k.others = append(k.waiting, k.others...), nil
		k.read(ctx)
	case *actor.Restarting, *actor.Stopped:
		k.pod.Stats.Live[message.KindRules].Add(-1)
	case *actor.Stopping:
	case look:
		if m.of == k && m.n == k.looks {
			k.read(ctx)
		}
	case read:
		k.onRead(ctx, m)
	case CatchUp:
		k.catchUp(ctx, behind{ctx.Sender(), m})
	case draft:
		ctx.Respond(k.draft(m.want))
	case learn:
		k.learn(ctx, m)
	case settleDue:
		if m.of == k {
			k.settle(ctx)
		}
	case *telemetry.Describe:
		k.describe().Answer(ctx)
	default:
		k.pod.Unhandled(message.KindRules, m)
	}
}

// catchUp reads on for somebody. Who asks while a call is under way waits for the next one, since this
// one may have missed what they must know.
func (k *keeper) catchUp(ctx actor.Context, who behind) {
	if k.reading {
		k.others = append(k.others, who)
		return
	}
	k.waiting = append(k.waiting, who)
	k.read(ctx)
}

// read asks the store for the acts after the last, or for all of them.
func (k *keeper) read(ctx actor.Context) {
	if k.pod.Documents == nil || k.reading {
		return
	}
	k.reading = true
	self, system, from, whole := ctx.Self(), ctx.ActorSystem(), k.last, k.whole
	k.pod.Background(func(c context.Context) {
		var acts [][]byte
		var err error
		if whole {
			acts, err = k.pod.acts.after(c, from, readAtOnce)
		} else if acts, err = k.pod.acts.all(c); err == nil {
			acts = acts[min(from, uint64(len(acts))):]
		}
		system.Root.Send(self, read{k, from, acts, err})
	})
}

func (k *keeper) onRead(ctx actor.Context, m read) {
	if m.of != k {
		return
	}
	k.reading = false
	before := k.last
	for i, stored := range m.acts {
		if m.from+uint64(i) == k.last {
			k.add(stored)
		}
	}
	switch {
	case m.err != nil:
		k.pod.Log.Warn("the store does not say whether there are new acts; those that are known stay in force", "err", m.err)
	case len(m.acts) == readAtOnce && k.last > before:
		k.read(ctx) // there may be more
		return
	default:
		k.whole = true
		for _, who := range k.waiting {
			ctx.Send(who.pid, CaughtUp{who.asked.For, k.last})
		}
		k.waiting = nil
	}
	k.settle(ctx)
	if len(k.others) > 0 && m.err == nil {
		k.waiting, k.others = k.others, nil
		k.read(ctx)
		return
	}
	k.lookAfter(ctx, lookEvery)
}

func (k *keeper) lookAfter(ctx actor.Context, d time.Duration) {
	k.looks++
	if next := k.chain.Rules().Next(k.pod.Now()); !next.IsZero() {
		d = min(d, max(next.Sub(k.pod.Now()), 0))
	}
	k.pod.Later(ctx, d, look{k, k.looks})
}

// add puts the next act in force.
func (k *keeper) add(stored []byte) {
	act, err := k.book.add(stored)
	if err != nil {
		k.pod.Log.Error("an act can't be obeyed", "act", k.last+1, "err", err)
		return
	}
	announced := ""
	if act.Do == rules.Announce && k.whole {
		announced = act.Text
	}
	k.pod.Publish(k.chain.Rules(), announced)
}

func (k *keeper) draft(want rules.Act) drafted {
	if !k.whole {
		return drafted{err: fmt.Errorf("%w: it has not yet said what was decided before", store.ErrUnavailable)}
	}
	if n := k.numbers[want.ID]; n != 0 {
		return drafted{n: n, durable: true}
	}
	want.Time = k.pod.Now().UnixMilli()
	act, err := k.chain.Draft(want)
	if err != nil {
		return drafted{err: err}
	}
	return drafted{n: act.N, act: act, stored: act.Encode()}
}

func (k *keeper) learn(ctx actor.Context, m learn) {
	if m.n == k.last+1 {
		k.add(m.stored)
	}
	if !m.settle {
		ctx.Respond(learned{k.last >= m.n})
		return
	}
	k.settles = append(k.settles, settling{ctx.Sender(), m.n, k.pod.Now().Add(settleTime)})
	k.settle(ctx)
}

// settle answers those for whom nothing is on its way any more, or who have waited for long enough.
func (k *keeper) settle(ctx actor.Context) {
	now, left := k.pod.Now(), k.settles[:0]
	for _, s := range k.settles {
		open := k.pod.Unsettled(s.version)
		if (k.last < s.version || len(open) > 0) && now.Before(s.until) {
			left = append(left, s)
			continue
		}
		ctx.Send(s.who, obeys{k.last, open})
	}
	if k.settles = left; len(left) > 0 {
		k.pod.Later(ctx, settleLook, settleDue{k})
	}
}

// describe is for the inspector.
func (k *keeper) describe() telemetry.Description {
	state := "reading"
	if k.whole {
		state = "live"
	}
	return telemetry.Description{State: state, Facts: []message.Fact{
		telemetry.Count("acts", k.last), telemetry.Count("who wait for what is on its way", len(k.settles)),
	}}
}
