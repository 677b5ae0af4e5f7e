package actors

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/telemetry"
)

func nopLog() *slog.Logger { return slog.New(slog.DiscardHandler) }

// Goal: while pods join and drain and people draw, nothing is lost, nothing is applied twice, and
// nobody is refused. Method: each pod has a drawing client. Pods join and drain one after the
// other. A drained pod keeps its client, whose relays follow the regions.
func TestHandoff_JoinsAndDrainsUnderLoad(t *testing.T) {
	p := newPods(t, 2, unhurried)
	drawings := make(map[*drawing]*testPod)
	for i, pod := range p.members {
		drawings[p.draw(pod, uint64(i))] = pod
	}
	p.more(drawings, 20)
	for i := range 3 {
		pod := p.join()
		drawings[p.draw(pod, uint64(10+i))] = pod
		p.more(drawings, 20)
		first := p.members[i]
		p.change(func() { first.draining.Store(true) })
		if err := first.node.HandOver(context.Background()); err != nil {
			t.Fatal(err)
		}
		if serving := first.node.Stats().Serving.Load(); serving != 0 {
			t.Errorf("%d regions are left on a drained pod", serving)
		}
		p.more(drawings, 20)
	}
	p.settled(drawings)
	var fenced int64
	for _, pod := range p.members {
		fenced += pod.node.Stats().Fenced.Load()
	}
	if fenced > 0 {
		t.Errorf("%d regions were fenced: a planned move must not need that", fenced)
	}
	for d := range drawings {
		if len(d.client.refused) > 0 {
			t.Errorf("refused: %v", d.client.refused)
		}
	}
}

// Goal: a pod that dies takes no acknowledged op with it, and drawing goes on. Method: four pods
// draw, and twice one of them is cut off from the others in the middle.
func TestHandoff_DeathUnderLoad(t *testing.T) {
	p := newPods(t, 4, nil)
	drawings := make(map[*drawing]*testPod)
	for i, pod := range p.members {
		drawings[p.draw(pod, uint64(i))] = pod
	}
	for range 2 {
		p.more(drawings, 30)
		dead := p.members[0]
		p.kill(dead)
		for d, pod := range drawings {
			if pod == dead {
				d.halt()
				delete(drawings, d)
			}
		}
		p.more(drawings, 30)
	}
	p.settled(drawings)
}

// Goal: whatever is lost between pods, no acknowledged op is, and nothing is applied twice. Method:
// one message in twenty vanishes while three pods draw and one joins.
func TestHandoff_LossyNetwork(t *testing.T) {
	p := newPods(t, 3, nil)
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 2))
	p.change(func() { p.lose = func(letter) bool { return random.IntN(20) == 0 } })
	drawings := make(map[*drawing]*testPod)
	for i, pod := range p.members {
		drawings[p.draw(pod, uint64(i))] = pod
	}
	p.more(drawings, 200)
	p.join()
	p.more(drawings, 200)
	p.change(func() { p.lose = nil })
	p.settled(drawings)
}

// Goal: if two sides take each other for dead, both claim. The store lets one write at a time, and
// when they meet again all agree. Method: the members are split between two placements that share
// the store.
func TestHandoff_SplitAndHeal(t *testing.T) {
	one := newPods(t, 2, nil)
	other := &pods{t: t, store: one.store, count: 10}
	drawings := make(map[*drawing]*testPod)
	for i, pod := range one.members {
		drawings[one.draw(pod, uint64(i))] = pod
	}
	pod := other.join()
	elsewhere := map[*drawing]*testPod{other.draw(pod, 9): pod}
	one.more(drawings, 50)
	other.more(elsewhere, 50)
	for d := range elsewhere {
		d.halt()
	}
	one.settled(drawings) // each side's idle owners find out who wrote last
	other.settled(elsewhere)
}

// A pod that does not know that it was replaced finds out within a second, even if nobody draws.
func TestRegion_IdleOwnerFindsOutThatItWasReplaced(t *testing.T) {
	w := newWorld(t, nil)
	a := w.connect(Hello{})
	w.watch(a, nil)
	w.converged(a)
	if _, err := w.store.Claim(context.Background(), 0, "other"); err != nil {
		t.Fatal(err)
	}
	w.eventually("fenced without a commit", func() bool { return w.node.Stats().Fenced.Load() == 1 })
	w.converged(a)
}

// I7: when presence moves nobody is lost: no viewer is ever shown fewer users than there are.
func TestPresence_MoveShowsNoDip(t *testing.T) {
	p := newPods(t, 3, nil)
	const each = 5
	for _, pod := range p.members {
		for range each {
			pod.connect(Hello{})
		}
	}
	for _, pod := range p.members {
		pod.eventually("everyone is counted", func() bool { return pod.crowd.presence != nil && pod.crowd.presence.Count == 3*each })
	}
	var dips atomic.Int64
	for _, pod := range p.members {
		pod.onPresent(func(shown *Presence) {
			if shown.Count != 3*each {
				dips.Add(1)
			}
		})
	}
	for range 2 {
		place, _ := p.owner(-1)
		p.change(func() { place.draining.Store(true) })
		now, _ := p.owner(-1)
		if now == place {
			t.Fatal("presence did not move")
		}
		eventuallyAll(p, "the new presence has shown", func(pod *testPod) bool {
			return now.counted() == "3"
		})
	}
	if dips.Load() > 0 {
		t.Errorf("%d times a wrong count was shown", dips.Load())
	}
	for _, pod := range p.members {
		pod.connect(Hello{})
	}
	for _, pod := range p.members {
		pod.onPresent(nil)
		pod.eventually("newcomers are counted", func() bool { return pod.crowd.presence.Count == 3*each+3 })
	}
}

// counted returns how many pods' users the pod's presence counts.
func (p *testPod) counted() string {
	answer, _ := p.node.ask(context.Background(), p.node.presence, &telemetry.Describe{})
	presence, _ := answer.(telemetry.Description) // none if it does not answer
	for _, fact := range presence.Facts {
		if fact.Name == "pods counted" {
			return fact.Value
		}
	}
	return ""
}

func eventuallyAll(p *pods, what string, cond func(*testPod) bool) {
	p.t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for _, pod := range p.members {
		for !cond(pod) {
			if time.Now().After(deadline) {
				p.t.Fatalf("not within 10 s: %s", what)
			}
			time.Sleep(time.Millisecond) // between polls
		}
	}
}

// I7: a dead pod's users vanish with it.
func TestPresence_DeadPodTakesItsUsers(t *testing.T) {
	p := newPods(t, 3, nil)
	for _, pod := range p.members {
		pod.connect(Hello{Name: pod.address})
	}
	for _, pod := range p.members {
		pod.eventually("three", func() bool { return pod.crowd.presence != nil && pod.crowd.presence.Count == 3 })
	}
	dead := p.members[1]
	p.kill(dead)
	for _, pod := range p.members {
		pod.eventually("two, without the dead one's name", func() bool {
			named := pod.crowd.presence.Named
			return pod.crowd.presence.Count == 2 && !slices.ContainsFunc(named, func(u canvas.User) bool { return u.Name == dead.address })
		})
	}
}

// A list of many users is sent in pieces and counts as one.
func TestPresence_ManyUsersCountAsOne(t *testing.T) {
	p := newPods(t, 2, nil)
	const many = usersAtOnce + 10
	pod := p.members[0]
	var wait sync.WaitGroup
	for i := range many {
		wait.Go(func() {
			pod.node.system.Root.Send(pod.node.roster, here{canvas.ViewerID(i), canvas.User{Author: canvas.Author(i + 1)}})
		})
	}
	wait.Wait()
	for _, pod := range p.members {
		pod.eventually("all are counted", func() bool { return pod.crowd.presence != nil && pod.crowd.presence.Count == many })
	}
	var wrong atomic.Int64
	for _, pod := range p.members {
		pod.onPresent(func(shown *Presence) {
			if shown.Count != many {
				wrong.Add(1)
			}
		})
	}
	place, _ := p.owner(-1)
	p.change(func() { place.draining.Store(true) })
	now, _ := p.owner(-1)
	eventuallyAll(p, "the new presence knows all", func(*testPod) bool { return now.counted() == "2" })
	if wrong.Load() > 0 {
		t.Error("a part was taken for the whole")
	}
}
