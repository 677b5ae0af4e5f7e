package actors

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/message"
	"pixelplayground/actors/oplog"
	"pixelplayground/actors/regions"
	"pixelplayground/actors/store"
)

// Goal: a relay that has missed the first answer of its region does not take the next one for
// everything there is. Method: the blank tile that the relay should begin with is lost. Then two
// viewers come, one after the other, somebody reads, and somebody draws.
func TestRelay_LostAttachedOfABlankRegion(t *testing.T) {
	p := newPods(t, 2, nil)
	owner, away := p.apart(0)
	lost := p.loseFirst(func(l letter) bool {
		a, ok := l.message.(*message.Attached)
		return ok && l.pid.Id == "relay/0" && l.to == away.address && a.Base != nil
	})
	var viewers []*client
	for range 2 {
		c := away.connect(Hello{})
		away.watch(c, nil)
		away.eventually("the viewer is joined", func() bool { return c.replicas[0].live })
		viewers = append(viewers, c)
	}
	if lost.Load() == 0 {
		t.Fatal("nothing was lost")
	}
	if snapshot, err := away.node.Read(context.Background(), 0); err != nil || len(snapshot.Tile) != 768 {
		t.Errorf("read %v, %v; want a tile of 768 bytes", snapshot, err)
	}
	drawer := owner.connect(Hello{})
	owner.watch(drawer, nil)
	drawer.conn.Send(Place{Num: 1, Dots: []canvas.Dot{dot(1, 1, 7)}})
	for _, c := range viewers {
		away.converged(c)
	}
	if n := away.node.Stats().Restarts[message.KindRelay].Load(); n > 0 {
		t.Errorf("the relay panicked %d times", n)
	}
}

// A relay attaches even if the way to the owner and back takes longer than it waits for an answer.
func TestRelay_AttachesOverASlowLink(t *testing.T) {
	p := newPods(t, 2, func(c *Config) { c.Beat = 50 * time.Millisecond })
	_, away := p.apart(0)
	p.change(func() { p.delay = 400 * time.Millisecond }) // one way; 16 beats there and back
	c := away.connect(Hello{})
	away.watch(c, nil)
	away.eventually("the viewer is joined", func() bool { return c.replicas[0].live })
}

// A pod that lost the last message about the number of users soon shows the right one, even if
// nobody comes or goes any more.
func TestPresence_LostShownIsMadeUpFor(t *testing.T) {
	p := newPods(t, 3, nil)
	place, away := p.apart(-1)
	for _, pod := range p.members {
		pod.eventually("first shown", func() bool { return pod.crowd.presence != nil })
	}
	lost := p.loseFirst(func(l letter) bool {
		s, ok := l.message.(*message.Shown)
		return ok && l.to == away.address && s.Count == 1
	})
	place.connect(Hello{Name: "x"})
	place.eventually("one user", func() bool { return place.crowd.presence.Count == 1 })
	away.eventually("one user", func() bool { return away.crowd.presence.Count == 1 })
	if lost.Load() == 0 {
		t.Fatal("nothing was lost")
	}
}

// standing is a clock whose time does not pass, though what is due comes.
type standing struct {
	realClock
	now time.Time
}

func (c standing) Now() time.Time { return c.now }

// Goal: while a pod's users are asked for again and come in pieces, they still count. Method: the news of
// one user is lost, so all are asked for again, and then the rest of the answer is lost.
func TestPresence_ResyncOfManyShowsNoDip(t *testing.T) {
	p := newPods(t, 0, nil)
	p.ports = func(_ *testPod, ports *Ports) { ports.Clock = standing{now: time.Now()} } // or a slow machine lets leases run out
	p.join()
	p.join()
	place, away := p.apart(-1)
	const many = usersAtOnce + 10
	for i := range many {
		away.node.system.Root.Send(away.node.roster, here{canvas.ViewerID(i), canvas.User{Author: canvas.Author(i + 1)}})
	}
	for _, pod := range p.members {
		pod.eventually("all are counted", func() bool { return pod.crowd.presence != nil && pod.crowd.presence.Count == many })
	}
	var lowest atomic.Int64
	lowest.Store(many)
	place.onPresent(func(shown *Presence) { lowest.Store(min(lowest.Load(), int64(shown.Count))) })
	var news, rest atomic.Int64
	p.change(func() {
		p.lose = func(l letter) bool {
			r, ok := l.message.(*message.PodUsers)
			switch {
			case !ok || len(r.Joined) == 0:
				return false
			case len(r.Joined) == 1: // the news of one user
				return news.Add(1) == 1
			default: // the rest of the answer
				return !r.Full && rest.Add(1) == 1
			}
		}
	})
	away.node.system.Root.Send(away.node.roster, here{canvas.ViewerID(many), canvas.User{Author: many + 1}})
	place.eventually("the rest is lost", func() bool { return rest.Load() > 0 })
	place.connect(Hello{}) // shown at once
	place.eventually("all are counted again", func() bool { return place.crowd.presence.Count == many+2 })
	if lowest.Load() < many {
		t.Errorf("%d users were shown when there were %d", lowest.Load(), many)
	}
}

// hook is a store whose calls a test can delay.
type hook struct {
	store.Store
	claim, release func(canvas.RegionID) // called before each; nil: nothing
	slow           atomic.Int64          // how long Holds takes, in nanoseconds
}

func (h *hook) Release(ctx context.Context, id canvas.RegionID, term store.Term) error {
	if h.release != nil {
		h.release(id)
	}
	return h.Store.Release(ctx, id, term)
}

func (h *hook) Holds(ctx context.Context, id canvas.RegionID, term store.Term, reached uint64) error {
	<-time.After(time.Duration(h.slow.Load()))
	return h.Store.Holds(ctx, id, term, reached)
}

func (h *hook) Claim(ctx context.Context, id canvas.RegionID, owner string) (*store.Claim, error) {
	if h.claim != nil {
		h.claim(id)
	}
	return h.Store.Claim(ctx, id, owner)
}

// A reader is answered even if the store takes longer than a beat to say who the owner is.
func TestRegion_SlowStoreStarvesNoReader(t *testing.T) {
	w := newWorld(t, nil)
	h := &hook{Store: w.store}
	useStore(w.node, h)
	c := w.connect(Hello{})
	w.watch(c, nil)
	w.converged(c)
	h.slow.Store(int64(25 * time.Millisecond)) // 2.5 beats
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	if _, err := w.node.Read(ctx, 0); err != nil {
		t.Errorf("read from a store that answers in 25 ms: %v after 3 s", err)
	}
}

// Goal: a pod that drains does not wait for pods that are about to drain themselves. Method: nobody
// asks it for its regions before the other pod begins to drain too.
func TestHandoff_AllDrain(t *testing.T) {
	p := newPods(t, 2, nil)
	a, b := p.members[0], p.members[1]
	for i, pod := range p.members {
		d := p.draw(pod, uint64(i))
		p.more(map[*drawing]*testPod{d: pod}, 20)
		d.halt()
	}
	var asked atomic.Int64
	p.change(func() {
		p.lose = func(l letter) bool {
			_, yield := l.message.(*message.Yield)
			if yield {
				asked.Add(1)
			}
			return yield
		}
		a.draining.Store(true)
	})
	done := make(chan error, 1)
	go func() { done <- a.node.HandOver(context.Background()) }()
	a.eventually("the other asks, in vain", func() bool { return asked.Load() > 0 })
	p.change(func() {
		p.lose = nil
		b.draining.Store(true)
	})
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// Goal: a region whose claim is under way when its pod begins to drain is not left on that pod.
// Method: the claim is held until the next owner has asked once, in vain, and makes its own claim.
func TestHandoff_DrainWhileClaiming(t *testing.T) {
	p := newPods(t, 2, nil)
	a, b := p.apart(0)
	gate, held, next := make(chan struct{}), make(chan struct{}), make(chan struct{})
	once := func(ch chan struct{}, then func()) func(canvas.RegionID) {
		var first sync.Once
		return func(id canvas.RegionID) {
			if id == 0 {
				first.Do(func() { close(ch) })
				then()
			}
		}
	}
	useStore(a.node, &hook{Store: p.store, claim: once(held, func() { <-gate })})
	useStore(b.node, &hook{Store: p.store, claim: once(next, func() {})})
	c := a.connect(Hello{})
	a.watch(c, nil)
	<-held
	asked := p.loseFirst(func(l letter) bool {
		_, yield := l.message.(*message.Yield)
		return yield && l.pid.Id == "region/0"
	})
	p.change(func() { a.draining.Store(true) })
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := a.node.HandOver(context.Background()); err != nil {
			t.Logf("hand over: %v", err)
		}
	}()
	<-next
	select {
	case <-done:
		t.Error("the regions are said to be handed over while one is being claimed")
	default:
	}
	close(gate)
	<-done
	a.eventually("the drained pod serves nothing", func() bool { return a.node.Stats().Serving.Load() == 0 })
	if asked.Load() == 0 {
		t.Error("nothing was lost")
	}
}

// Goal: a pod that asks a next owner which itself still waits for the region gets it after that
// owner, and not at the same time. Method: the previous owner is held while it lets go. A third
// pod, which knows of members that the second has not heard of, asks the second.
func TestHandoff_TheSecondToAskComesAfterTheFirst(t *testing.T) {
	p := newPods(t, 1, unhurried)
	a := p.members[0]
	releasing, gate := make(chan canvas.RegionID, testGeometry.Regions()), make(chan struct{})
	useStore(a.node, &hook{Store: p.store, release: func(id canvas.RegionID) {
		releasing <- id
		<-gate
	}})
	d := p.draw(a, 1)
	p.more(map[*drawing]*testPod{d: a}, 50)
	b := p.join()
	region := b.node.regions[<-releasing]
	answers := make(chan *message.Yielded, 1)
	third := b.system.Root.Spawn(actor.PropsFromFunc(func(ctx actor.Context) {
		switch m := ctx.Message().(type) {
		case *message.Yielded:
			answers <- m
		case regions.HandOver:
			ctx.Respond(regions.Retired{})
		}
	}))
	b.system.Root.RequestWithCustomSender(region, &message.Yield{N: 1}, third)
	for _, pid := range []*actor.PID{region, third} { // earlier messages have been handled
		if err := b.system.Root.RequestFuture(pid, regions.HandOver{}, 10*time.Second).Wait(); err != nil {
			t.Fatal(err)
		}
	}
	select {
	case <-answers:
		close(gate)
		t.Fatal("the next owner says that it has let go before it has had the region")
	default:
		close(gate)
	}
	if answer := <-answers; answer.N != 1 || !answer.Served || b.node.Stats().Claims.Load() == 0 {
		t.Errorf("answered %+v", answer)
	}
	p.settled(map[*drawing]*testPod{d: a})
}

// Two pods that join before the first of them has taken its regions fence nobody. A planned move
// must not need fencing, however busy the computer is.
func TestHandoff_TwoJoinsFenceNobody(t *testing.T) {
	var fenced int64
	for range 5 {
		p := newPods(t, 1, unhurried)
		d := p.draw(p.members[0], 1)
		drawings := map[*drawing]*testPod{d: p.members[0]}
		p.more(drawings, 50)
		p.join()
		pod := p.join()
		drawings[p.draw(pod, 2)] = pod
		p.more(drawings, 100)
		p.settled(drawings)
		for _, pod := range p.members {
			fenced += pod.node.Stats().Fenced.Load()
		}
	}
	if fenced > 0 {
		t.Errorf("%d regions were fenced", fenced)
	}
}

// Goal: the number of pointers that a viewer is shown does not grow with the number of pods.
// Method: a crowd on each of five pods moves its pointers all the time. On a busy machine an
// interval can be longer than it should be, but never shorter.
func TestRegion_PointersDoNotGrowWithPods(t *testing.T) {
	const every = 50 * time.Millisecond
	p := newPods(t, 5, func(c *Config) { c.PointersEvery, c.Beat = every, every })
	for _, pod := range p.members {
		v := pod.connect(Hello{})
		pod.watch(v, nil)
		pod.converged(v)
	}
	stop := make(chan struct{})
	var crowds sync.WaitGroup
	defer crowds.Wait()
	defer close(stop)
	for i, pod := range p.members {
		crowds.Go(func() {
			for {
				for a := range 100 {
					pod.node.system.Root.Send(pod.node.relays[0], pointerMoved{canvas.Pointer{Author: canvas.Author(i*1000 + a + 1)}})
				}
				select {
				case <-stop:
					return
				case <-time.After(20 * time.Millisecond): // the pace of the load
				}
			}
		})
	}
	const intervals = 20
	one := p.members[0]
	began := time.Now()
	shown := 0
	one.eventually("pointers are shown", func() bool {
		shown = len(one.crowd.pointers)
		return shown >= intervals*oplog.PointersAtOnce
	})
	if bound := int(time.Since(began)/every+2) * oplog.PointersAtOnce; shown > bound {
		t.Errorf("%d pointers were shown, in that time at most %d may be", shown, bound)
	}
}

// Goal: an op that has waited too long is not refused on a stream on which it has not been
// submitted yet. It is on its way, and must not be applied on arrival after it was refused. Method:
// a relay attaches anew while the store holds up a commit.
func TestRegion_RefusesOnlyWhatTheStreamBrought(t *testing.T) {
	const patience = 50 * time.Millisecond
	w := newWorld(t, func(c *Config) { c.Beat, c.Patience, c.StoreTimeout = 100*time.Millisecond, patience, time.Minute })
	root, region := w.node.system.Root, w.node.regions[0]
	got := make(chan any, 10_000)
	relay := root.Spawn(actor.PropsFromFunc(func(ctx actor.Context) { got <- ctx.Message() }))
	ask := func(m any) { root.RequestWithCustomSender(region, m, relay) }
	until := func(what string, match func(any) bool) {
		t.Helper()
		deadline := time.After(inTime)
		for {
			select {
			case m := <-got:
				if match(m) {
					return
				}
			case <-deadline:
				t.Fatalf("not within %v: %s", inTime, what)
			}
		}
	}
	op := func(num uint64) canvas.Op {
		return canvas.Op{ID: canvas.OpID{Author: 5, Num: num}, Pixels: []canvas.Pixel{{Pos: 1, Color: 3}}}
	}
	refuses := func(m any) bool {
		r, ok := m.(*message.Rejected)
		return ok && r.Stream == 2 && slices.Contains(r.Ops, op(2).ID)
	}
	early := false
	attach := func(m *message.Attach) {
		ask(m)
		until("attached", func(answer any) bool {
			early = early || refuses(answer)
			a, ok := answer.(*message.Attached)
			return ok && a.Stream == m.Stream
		})
	}
	attach(&message.Attach{Stream: 1})
	release := w.store.Hold()
	ask(&message.Submit{Stream: 1, N: 0, Ops: []canvas.Op{op(1)}})
	w.eventually("the commit is under way", func() bool { return w.store.Held() == 1 })
	ask(&message.Submit{Stream: 1, N: 1, Ops: []canvas.Op{op(2)}})
	attach(&message.Attach{Stream: 2}) // the relay has missed something; what it sends again is on its way
	for end := time.Now().Add(10 * patience); time.Now().Before(end); {
		attach(&message.Attach{Stream: 2, Renews: true})
	}
	release()                                                             // the store answers again
	ask(&message.Submit{Stream: 2, N: 0, Ops: []canvas.Op{op(1), op(2)}}) // what was on its way arrives
	want := 0
	until("op 2 is answered", func(m any) bool {
		if c, ok := m.(*message.Committed); ok && slices.Contains(c.Acks, op(2).ID) {
			want = 1
		}
		return want == 1 || refuses(m)
	})
	if n := w.logged(5)[2]; early || n != want {
		t.Errorf("op 2 was refused before it came: %v; it stands in the log %d times, want %d", early, n, want)
	}
}
