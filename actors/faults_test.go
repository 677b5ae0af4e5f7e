package actors

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/store"
)

// The first Attached of a blank region is lost; the relay takes the renewal's for all there is.
func TestFault_LostFirstAttachedOfABlankRegion(t *testing.T) {
	p := newPods(t, 2, nil)
	owner, _ := p.owner(0)
	var reader *testPod
	for _, pod := range p.members {
		if pod != owner {
			reader = pod
		}
	}
	var dropped atomic.Int64
	p.change(func() {
		p.drop = func(from, to string, pid *actor.PID, m any) bool {
			a, ok := m.(*Attached)
			return ok && pid.Id == "relay/0" && to == reader.address && a.Base != nil && dropped.Add(1) == 1
		}
	})
	c := reader.connect(Hello{})
	reader.watch(c, nil)
	deadline := time.Now().Add(10 * time.Second) // a beat would do
	live := false
	for !live && time.Now().Before(deadline) {
		reader.crowd.do(func() { live = c.replicas[0].live })
		time.Sleep(time.Millisecond)
	}
	snap, err := reader.node.Read(context.Background(), 0)
	if dropped.Load() == 0 {
		t.Fatal("nothing was dropped")
	}
	if err == nil && len(snap.Tile) != 768 {
		t.Errorf("Read gives a tile of %d bytes, want 768", len(snap.Tile))
	}
	if !live {
		t.Error("the viewer was never joined")
	}
	other := owner.connect(Hello{})
	owner.watch(other, nil)
	other.conn.Send(Place{Num: 1, Dots: []canvas.Dot{dot(1, 1, 7)}})
	reader.converged(c)
}

// The last Shown is lost and nobody comes or goes any more.
func TestFault_LostShownPersists(t *testing.T) {
	p := newPods(t, 3, nil)
	place, _ := p.owner(-1)
	var away *testPod
	for _, pod := range p.members {
		if pod != place {
			away = pod
		}
	}
	for _, pod := range p.members {
		pod.eventually("first shown", func() bool { return pod.crowd.presence != nil })
	}
	var dropped atomic.Int64
	p.change(func() {
		p.drop = func(_, to string, _ *actor.PID, m any) bool {
			s, ok := m.(*Shown)
			return ok && to == away.address && s.Count == 1 && dropped.Add(1) == 1
		}
	})
	place.connect(Hello{Name: "x"})
	place.eventually("one", func() bool { return place.crowd.presence.Count == 1 })
	deadline := time.Now().Add(10 * time.Second) // a beat would do
	count := 0
	for time.Now().Before(deadline) && count != 1 {
		away.crowd.do(func() { count = away.crowd.presence.Count })
		time.Sleep(time.Millisecond)
	}
	if dropped.Load() == 0 {
		t.Fatal("nothing was dropped")
	}
	if count != 1 {
		t.Errorf("after 200 beats %s shows %d users, want 1", away.address, count)
	}
}

// hook is a store whose calls a test can hold or answer.
type hook struct {
	store.Store
	mu    sync.Mutex
	holds func(context.Context, canvas.RegionID) error
	claim func(canvas.RegionID)
}

func (h *hook) Holds(ctx context.Context, id canvas.RegionID, epoch uint64) error {
	h.mu.Lock()
	f := h.holds
	h.mu.Unlock()
	if f != nil {
		if err := f(ctx, id); err != nil {
			return err
		}
	}
	return h.Store.Holds(ctx, id, epoch)
}

func (h *hook) Claim(ctx context.Context, id canvas.RegionID, owner string) (*store.Claim, error) {
	h.mu.Lock()
	f := h.claim
	h.mu.Unlock()
	if f != nil {
		f(id)
	}
	return h.Store.Claim(ctx, id, owner)
}

// A store that takes longer than a beat to answer Holds.
func TestFault_SlowHoldsStarvesReaders(t *testing.T) {
	w := newWorld(t, nil)
	h := &hook{Store: w.store}
	w.node.store = h // before any use
	c := w.connect(Hello{})
	w.watch(c, nil)
	w.converged(c)
	h.mu.Lock()
	h.holds = func(context.Context, canvas.RegionID) error { time.Sleep(25 * time.Millisecond); return nil } // 2.5 beats
	h.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	if _, err := w.node.Read(ctx, 0); err != nil {
		t.Errorf("read from a store that answers in 25 ms: %v after 3 s", err)
	}
}

// A pod that drains waits for nothing when the others drain as well.
func TestFault_AllDrainHandOver(t *testing.T) {
	p := newPods(t, 2, nil)
	a, b := p.members[0], p.members[1]
	for i, pod := range p.members {
		d := p.draw(pod, uint64(i))
		p.more(map[*drawing]*testPod{d: pod}, 20)
		d.halt()
	}
	p.change(func() {
		p.drop = func(_, _ string, _ *actor.PID, m any) bool { _, ok := m.(*Yield); return ok } // late news, say
		a.draining.Store(true)
	})
	done := make(chan error, 1)
	began := time.Now()
	go func() { done <- a.node.HandOver(context.Background()) }()
	time.Sleep(50 * time.Millisecond)
	p.change(func() { p.drop = nil; b.draining.Store(true) })
	err := <-done
	if took := time.Since(began); took > 4*time.Second || err != nil {
		t.Errorf("hand over took %v: %v", took, err)
	}
}

// A region that was claiming when the pod began to drain is left on it.
func TestFault_DrainWhileClaiming(t *testing.T) {
	p := newPods(t, 2, nil)
	a, _ := p.owner(0)
	gate, held := make(chan struct{}), make(chan struct{}, 1)
	h := &hook{Store: p.store}
	h.claim = func(id canvas.RegionID) {
		if id == 0 {
			select {
			case held <- struct{}{}:
			default:
			}
			<-gate
		}
	}
	a.node.store = h
	c := a.connect(Hello{})
	a.watch(c, nil)
	<-held
	yields := 0
	p.change(func() {
		p.drop = func(_, _ string, pid *actor.PID, m any) bool { // the one question of the next owner is lost
			_, ok := m.(*Yield)
			if ok && pid.Id == "region/0" {
				yields++
				return yields == 1
			}
			return false
		}
		a.draining.Store(true)
	})
	time.AfterFunc(700*time.Millisecond, func() { close(gate) })
	if err := a.node.HandOver(context.Background()); err != nil {
		t.Logf("hand over: %v", err)
	}
	early := true
	select {
	case <-gate:
		early = false
	default:
	}
	if early {
		t.Error("HandOver said done while a claim was under way")
	}
	<-gate
	time.Sleep(3 * time.Second) // overdue is 2 s
	if serving := a.node.Stats().Serving.Load(); serving != 0 {
		t.Errorf("3 s after the claim the drained pod serves %d regions", serving)
	}
}

// Answers that take longer than four beats.
func TestFault_SlowLinkNeverAttaches(t *testing.T) {
	p := newPods(t, 2, func(c *Config) { c.Beat = 50 * time.Millisecond })
	owner, _ := p.owner(0)
	var away *testPod
	for _, pod := range p.members {
		if pod != owner {
			away = pod
		}
	}
	p.change(func() { p.delay = 400 * time.Millisecond }) // one way; 16 beats there and back
	c := away.connect(Hello{})
	away.watch(c, nil)
	deadline := time.Now().Add(8 * time.Second)
	live := false
	for !live && time.Now().Before(deadline) {
		away.crowd.do(func() { live = c.replicas[0].live })
		time.Sleep(time.Millisecond)
	}
	if !live {
		t.Error("after 8 s a viewer 0.8 s (16 beats) away from the owner is not joined")
	}
}

var _ = errors.Is
var _ = strings.Cut

// A second viewer of the same blank region is never joined, and the first pixel makes the relay panic.
func TestFault_LostFirstAttachedStrandsTheNextViewer(t *testing.T) {
	p := newPods(t, 2, nil)
	owner, _ := p.owner(0)
	var reader *testPod
	for _, pod := range p.members {
		if pod != owner {
			reader = pod
		}
	}
	var dropped atomic.Int64
	p.change(func() {
		p.drop = func(_, to string, pid *actor.PID, m any) bool {
			a, ok := m.(*Attached)
			return ok && pid.Id == "relay/0" && to == reader.address && a.Base != nil && dropped.Add(1) == 1
		}
	})
	c := reader.connect(Hello{})
	reader.watch(c, nil)
	reader.eventually("first is live", func() bool { return c.replicas[0].live })
	second := reader.connect(Hello{})
	reader.watch(second, nil)
	deadline := time.Now().Add(10 * time.Second) // a beat would do
	live := false
	for !live && time.Now().Before(deadline) {
		reader.crowd.do(func() { live = second.replicas[0].live })
		time.Sleep(time.Millisecond)
	}
	if !live {
		t.Error("200 beats on, the second viewer of a blank region is not joined")
	}
	other := owner.connect(Hello{})
	owner.watch(other, nil)
	other.conn.Send(Place{Num: 1, Dots: []canvas.Dot{dot(1, 1, 7)}})
	reader.converged(c)
	if n := reader.node.Stats().Restarts[KindRelay].Load(); n > 0 {
		t.Errorf("the relay panicked %d times", n)
	}
}

// The pointers that a viewer is shown in an interval do not grow with the number of pods.
func TestFault_PointersGrowWithPods(t *testing.T) {
	const n = 5
	p := newPods(t, n, func(c *Config) { c.PointersEvery = 50 * time.Millisecond; c.Beat = 50 * time.Millisecond })
	for _, pod := range p.members {
		v := pod.connect(Hello{})
		pod.watch(v, nil)
		pod.converged(v)
	}
	stop := make(chan struct{})
	var work sync.WaitGroup
	for i, pod := range p.members {
		work.Go(func() {
			for {
				for a := range 100 {
					pod.node.system.Root.Send(pod.node.relays[0], pointerMoved{canvas.Pointer{Author: canvas.Author(i*1000 + a + 1)}})
				}
				select {
				case <-stop:
					return
				case <-time.After(20 * time.Millisecond):
				}
			}
		})
	}
	time.Sleep(300 * time.Millisecond)
	var before, after int
	p.members[0].crowd.do(func() { before = len(p.members[0].crowd.pointers) })
	began := time.Now()
	time.Sleep(2 * time.Second) // what is measured
	p.members[0].crowd.do(func() { after = len(p.members[0].crowd.pointers) })
	close(stop)
	work.Wait()
	intervals := time.Since(began).Seconds() / 0.05 // a busy machine sleeps longer
	if per := float64(after-before) / intervals; per > 1.2*pointersAtOnce {
		t.Errorf("with %d pods a viewer is shown %.0f pointers per interval, the bound says %d", n, per, pointersAtOnce)
	}
}

// Two pods join before the first has taken what it shall own.
func TestFault_TwoJoinsFenceNobody(t *testing.T) {
	var fenced int64
	for range 5 {
		p := newPods(t, 1, nil)
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
		t.Errorf("%d regions were fenced: a planned move must not need that", fenced)
	}
}

// An op that waited too long is refused, on a stream on which it has not been
// submitted yet; when it is, it is taken.
func TestFault_RefusedThenApplied(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Patience = 50 * time.Millisecond })
	root, region := w.node.system.Root, w.node.regions[0]
	got := make(chan any, 10000)
	relay := root.Spawn(actor.PropsFromFunc(func(ctx actor.Context) { got <- ctx.Message() }))
	ask := func(m any) { root.RequestWithCustomSender(region, m, relay) }
	until := func(what string, match func(any) bool) {
		t.Helper()
		deadline := time.After(5 * time.Second)
		for {
			select {
			case m := <-got:
				if match(m) {
					return
				}
			case <-deadline:
				t.Fatal("not within 5 s: ", what)
			}
		}
	}
	op := func(num uint64) canvas.Op {
		return canvas.Op{ID: canvas.OpID{Author: 5, Num: num}, Pixels: []canvas.Pixel{{Pos: 1, Color: 3}}}
	}
	attached := func(stream uint64) {
		ask(&Attach{Stream: stream})
		until("attached", func(m any) bool { a, ok := m.(*Attached); return ok && a.Stream == stream })
	}
	attached(1)
	release := w.store.Hold()
	ask(&Submit{Stream: 1, N: 0, Ops: []canvas.Op{op(1)}})
	w.eventually("the commit is under way", func() bool { return w.store.Held() == 1 })
	ask(&Submit{Stream: 1, N: 1, Ops: []canvas.Op{op(2)}})
	attached(2) // the relay has missed something; what it sends again is on its way
	refused := false
	for end := time.Now().Add(300 * time.Millisecond); time.Now().Before(end) && !refused; { // 6 times Patience
		select {
		case m := <-got:
			r, ok := m.(*Rejected)
			refused = ok && r.Stream == 2 && len(r.Ops) == 1 && r.Ops[0].Num == 2
		case <-time.After(10 * time.Millisecond):
			ask(&Attach{Stream: 2, Renews: true})
		}
	}
	release() // the store answers again
	until("committed", func(m any) bool { _, ok := m.(*Committed); return ok })
	ask(&Submit{Stream: 2, N: 0, Ops: []canvas.Op{op(1), op(2)}}) // and arrives
	ask(&Attach{Stream: 2, Renews: true, Submits: 1})
	time.Sleep(200 * time.Millisecond)
	if n := w.logged(5)[2]; n > 0 && refused {
		t.Errorf("op 2 was refused, and stands in the log %d times", n)
	}
}

// A roll called again in pieces hides a pod's users until the last piece is there.
func TestFault_RecalledLongRollShowsNoDip(t *testing.T) {
	p := newPods(t, 2, nil)
	place, _ := p.owner(-1)
	var away *testPod
	for _, pod := range p.members {
		if pod != place {
			away = pod
		}
	}
	const many = rollMembers + 10
	for i := range many {
		away.node.system.Root.Send(away.node.roster, here{ViewerID(i), canvas.User{Author: canvas.Author(i + 1)}})
	}
	for _, pod := range p.members {
		pod.eventually("all are counted", func() bool { return pod.crowd.presence != nil && pod.crowd.presence.Count == many })
	}
	var lowest atomic.Int64
	lowest.Store(many)
	place.onPresent(func(shown *Presence) { lowest.Store(min(lowest.Load(), int64(shown.Count))) })
	var lost [2]atomic.Int64
	p.change(func() {
		p.drop = func(_, _ string, _ *actor.PID, m any) bool {
			r, ok := m.(*Roll)
			switch {
			case !ok || len(r.Joined) == 0:
				return false
			case len(r.Joined) == 1: // somebody comes
				return lost[0].Add(1) == 1
			case !r.Full: // the rest of the roll called again
				return lost[1].Add(1) == 1
			}
			return false
		}
	})
	away.node.system.Root.Send(away.node.roster, here{ViewerID(many), canvas.User{Author: many + 1}})
	for i := 0; i < 50 && lost[1].Load() == 0; i++ {
		time.Sleep(time.Millisecond)
	}
	place.connect(Hello{}) // shown at once
	place.eventually("all are counted again", func() bool { return place.crowd.presence.Count == many+2 })
	if lowest.Load() < many {
		t.Errorf("%d users were shown when there were %d", lowest.Load(), many)
	}
}
