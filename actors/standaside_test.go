package actors

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/store"
)

// severed is a pod's way to the store, which a test can cut.
type severed struct {
	store.Store
	way *atomic.Int32
}

// States of the way to the store.
const (
	wayOpen    int32 = iota
	wayRefused       // calls fail at once
	wayLost          // nothing is heard of calls again
	wayNoReply       // calls are carried out, and their answers are lost
)

func (s severed) do(ctx context.Context, f func(context.Context) error) error {
	way := s.way.Load()
	if way == wayOpen {
		return f(ctx)
	}
	if way == wayNoReply {
		_ = f(context.WithoutCancel(ctx))
	}
	if way != wayRefused {
		<-ctx.Done()
	}
	return fmt.Errorf("%w: the way to it is cut", store.ErrUnavailable)
}

func (s severed) Claim(ctx context.Context, region canvas.RegionID, owner string) (claim *store.Claim, err error) {
	err = s.do(ctx, func(ctx context.Context) (err error) { claim, err = s.Store.Claim(ctx, region, owner); return err })
	if err != nil {
		claim = nil
	}
	return claim, err
}

func (s severed) Commit(ctx context.Context, b *canvas.Batch, token store.Token) error {
	return s.do(ctx, func(ctx context.Context) error { return s.Store.Commit(ctx, b, token) })
}

func (s severed) Release(ctx context.Context, region canvas.RegionID, term store.Term) error {
	return s.do(ctx, func(ctx context.Context) error { return s.Store.Release(ctx, region, term) })
}

func (s severed) Holds(ctx context.Context, region canvas.RegionID, term store.Term, reached uint64) error {
	return s.do(ctx, func(ctx context.Context) error { return s.Store.Holds(ctx, region, term, reached) })
}

func (s severed) Claims(ctx context.Context) (mark string, err error) {
	err = s.do(ctx, func(ctx context.Context) (err error) { mark, err = s.Store.Claims(ctx); return err })
	return mark, err
}

func (s severed) Ping(ctx context.Context) error { return s.do(ctx, s.Store.Ping) }

// deputies is the Deputies of a test's pod: standing aside is the same as draining here.
type deputies struct {
	pods *pods
	pod  *testPod
}

func (a *deputies) Deputies() (addresses []string) {
	a.pods.mu.Lock()
	defer a.pods.mu.Unlock()
	for _, pod := range a.pods.members {
		if pod != a.pod && !pod.draining.Load() {
			addresses = append(addresses, pod.address)
		}
	}
	return addresses
}

func (a *deputies) StepAside(aside bool) {
	a.pod.draining.Store(aside)
	go a.pods.change(func() {})
}

// severable returns pods whose ways to the store a test can cut, each with a drawing.
func severable(t *testing.T, n int, storeTimeout time.Duration) (p *pods, ways []*atomic.Int32, drawings map[*drawing]*testPod) {
	p = newPods(t, 0, func(c *Config) { c.StoreTimeout = storeTimeout })
	p.ports = func(pod *testPod, ports *Ports) {
		way := new(atomic.Int32)
		ways = append(ways, way)
		ports.Store, ports.Deputies = severed{p.store, way}, &deputies{pods: p, pod: pod}
	}
	drawings = make(map[*drawing]*testPod)
	for i := range n {
		pod := p.join()
		drawings[p.draw(pod, uint64(i))] = pod
	}
	for _, pod := range p.members {
		pod.eventually("it has its share", func() bool { return !pod.draining.Load() && pod.node.Stats().Serving.Load() > 0 })
	}
	p.more(drawings, 20)
	return p, ways, drawings
}

// Goal: when a pod's store is out of reach, its regions are drawn on again by way of other pods,
// whatever became of the calls under way. When the stores of the others are out of reach instead,
// the regions come back. Method: one of three drawing pods is cut off from its store, in three
// ways. Then it can reach the store again, and the others can't.
func TestAside_GivesRegionsToThoseThatCan(t *testing.T) {
	for name, cut := range map[string]int32{"refused": wayRefused, "lost": wayLost, "no reply": wayNoReply} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, ways, drawings := severable(t, 3, 500*time.Millisecond)
			first := p.members[0]
			began := time.Now()
			ways[0].Store(cut)
			first.eventually("it has none", func() bool { return first.draining.Load() && first.node.Stats().Serving.Load() == 0 })
			p.more(drawings, 20)
			t.Logf("all draw again after %v", time.Since(began).Round(time.Millisecond))
			if n := first.node.Stats().Aside.Load(); n != 1 {
				t.Errorf("standing_aside is %d", n)
			}
			if first.node.report(true).Store == "" || p.members[1].node.report(true).Store != "" {
				t.Error("the pods' reports don't tell which store is out of reach")
			}

			ways[0].Store(wayOpen)
			ways[1].Store(wayRefused)
			ways[2].Store(wayRefused)
			first.eventually("it is back", func() bool { return !first.draining.Load() && first.node.Stats().Serving.Load() > 0 })
			p.more(drawings, 20)
			ways[1].Store(wayOpen)
			ways[2].Store(wayOpen)
			p.more(drawings, 20)
			p.settled(drawings)
		})
	}
}

// Goal: a store that is out of everybody's reach moves no region.
func TestAside_StaysWhenNobodyCan(t *testing.T) {
	t.Parallel()
	p, ways, drawings := severable(t, 3, 500*time.Millisecond)
	owners := func() (all string) {
		for id := range p.members[0].node.regions {
			owner, _ := p.owner(id)
			all += owner.address + " "
		}
		return all
	}
	before := owners()
	for _, cut := range []int32{wayRefused, wayLost, wayNoReply} {
		for _, way := range ways {
			way.Store(cut)
		}
		for began := time.Now(); time.Since(began) < 1200*time.Millisecond; {
			if now := owners(); now != before {
				t.Fatalf("the owners are %s, were %s", now, before)
			}
			time.Sleep(10 * time.Millisecond) // between checks, for as long as a pod that is cut off alone would take
		}
		for _, way := range ways {
			way.Store(wayOpen)
		}
		p.more(drawings, 20)
		if now := owners(); now != before {
			t.Fatalf("the owners are %s, were %s", now, before)
		}
	}
	for _, pod := range p.members {
		if n := pod.node.Stats().StoodAside.Load(); n != 0 {
			t.Errorf("%s stood aside %d times", pod.address, n)
		}
	}
	p.settled(drawings)
}

// Goal: a pod that drains while no store answers does not wait for its own, once for each region.
// Method: two pods at rest are cut off from their stores, and a call would take a minute.
func TestHandOver_DoesNotWaitForAStoreThatIsAway(t *testing.T) {
	t.Parallel()
	p, ways, drawings := severable(t, 2, time.Minute)
	p.settled(drawings)
	for _, way := range ways {
		way.Store(wayLost)
	}
	first := p.members[0]
	first.eventually("it knows", func() bool { return first.node.storeMonitor.Trouble() != nil })
	p.change(func() { first.draining.Store(true) })
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if err := first.node.HandOver(ctx); err != nil || first.node.Stats().Serving.Load() != 0 {
		t.Errorf("%v, it serves %d regions", err, first.node.Stats().Serving.Load())
	}
}
