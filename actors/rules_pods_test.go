package actors

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/rules"
	"pixelplayground/actors/store"
	"pixelplayground/actors/store/memory"
)

// ruledPods is several pods that keep their documents in the store they share.
func ruledPods(t *testing.T, n int) *pods {
	p := &pods{t: t, store: memory.New(memory.Config{Geometry: testGeometry}), owners: new(testOwners)}
	p.owners.pods = p
	p.ports = func(_ *testPod, ports *Ports) { ports.Documents = p.store }
	for range n {
		p.join()
	}
	return p
}

// I11: a pod that owns a region and hears nothing, with a batch on its way, commits nothing any more once
// an act is obeyed, be it known as a member or not.
func TestRules_OwnerThatHearsNothing(t *testing.T) {
	for _, gone := range []bool{false, true} {
		t.Run(fmt.Sprintf("gone=%v", gone), func(t *testing.T) {
			p := ruledPods(t, 2)
			owner, other := p.apart(0)
			c := owner.connect(Hello{})
			release := owner.holdCommit(c, Place{Num: 1, Dots: []canvas.Dot{dot(1, 1, 7)}})
			if gone {
				p.kill(owner)
			} else {
				p.change(func() { p.lose = func(letter) bool { return true } })
			}
			d := other.obeyed(other.deciding(freeze("a")))
			if want := map[bool][]string{false: {owner.address}}[gone]; !slices.Equal(d.Missing, want) {
				t.Errorf("missing %v, want %v", d.Missing, want)
			}
			release()
			owner.ruled(1) // it still reaches the store
			c.conn.Send(Place{Num: 2, Dots: []canvas.Dot{dot(1, 1, 8)}})
			owner.eventually("refused", func() bool { return c.refused[2] == canvas.RefusedFrozen })
			if logged := owner.logged(c.welcome.User); len(logged) > 0 {
				t.Errorf("committed after the act: %v", logged)
			}
		})
	}
}

// lateReader is a store in which a pod finds no acts before it has claimed something.
type lateReader struct {
	*memory.Store
	claimed atomic.Bool
}

func (l *lateReader) Claim(ctx context.Context, id canvas.RegionID, owner string) (*store.Claim, error) {
	claim, err := l.Store.Claim(ctx, id, owner)
	l.claimed.Store(true)
	return claim, err
}

func (l *lateReader) Document(ctx context.Context, kind store.Kind, id string) ([]byte, error) {
	if !l.claimed.Load() {
		return nil, nil
	}
	return l.Store.Document(ctx, kind, id)
}

// A pod that was not told of an act learns of it before it serves a region.
func TestRules_NextOwnerWasNotTold(t *testing.T) {
	p := ruledPods(t, 1)
	p.ports = func(_ *testPod, ports *Ports) {
		late := &lateReader{Store: p.store}
		ports.Store, ports.Documents = late, late
	}
	owner, next := p.members[0], p.join()
	p.change(func() {
		p.lose = func(letter) bool { return true } // the next owner hears nothing at all
	})
	if _, err := owner.node.Decide(t.Context(), freeze("a")); err != nil {
		t.Fatal(err)
	}
	n := next.connect(Hello{})
	p.kill(owner)
	n.conn.Send(Place{Num: 1, Dots: []canvas.Dot{dot(1, 1, 8)}})
	next.eventually("refused", func() bool { return n.refused[1] == canvas.RefusedFrozen })
}

// An act whose decider ends before it has told anybody is found in the store within a second.
func TestRules_DeciderThatEnds(t *testing.T) {
	p := ruledPods(t, 2)
	p.change(func() { p.lose = func(letter) bool { return true } })
	began := time.Now()
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		for p.members[0].node.Rules().Version() == 0 && ctx.Err() == nil {
			time.Sleep(time.Millisecond) // between polls
		}
		cancel()
	}()
	if d, err := p.members[0].node.Decide(ctx, freeze("a")); err != nil || d.Obeyed {
		t.Fatalf("%+v, %v", d, err)
	}
	p.members[1].ruled(1)
	t.Logf("known after %v", time.Since(began))
}

// A pod of an earlier version does not obey, and whoever decides is told so.
func TestRules_PodOfAnEarlierVersion(t *testing.T) {
	p := ruledPods(t, 2)
	p.change(func() { p.strangers = []string{"old:1"} })
	d, err := p.members[0].node.Decide(t.Context(), freeze("a"))
	if err != nil || d.Obeyed || !slices.Equal(d.Missing, []string{"old:1"}) {
		t.Fatalf("%+v, %v", d, err)
	}
	for _, pod := range p.members {
		if pod.node.Rules().Version() != 1 {
			t.Errorf("%s was not told", pod.address)
		}
	}
}

// What the store loses of the chain is given back, under the numbers that it had.
func TestRules_StoreLosesTheEnd(t *testing.T) {
	p := ruledPods(t, 2)
	one, two := p.members[0], p.members[1]
	one.decide(announcement("a", "one"))
	one.decide(freeze("b"))
	acts, err := one.node.Acts(t.Context(), 0, 10)
	if err != nil {
		t.Fatal(err)
	}
	loseActs(t, p.store, 2)
	third := p.join() // which is told by the others what the store does not have
	c := third.connect(Hello{})
	c.conn.Send(Place{Num: 1, Dots: []canvas.Dot{dot(1, 1, 7)}})
	third.eventually("refused", func() bool { return c.refused[1] == canvas.RefusedFrozen })
	two.eventually("the store has all again", func() bool {
		now, err := two.node.Acts(t.Context(), 0, 10)
		return err == nil && slices.EqualFunc(now, acts, slices.Equal[[]byte])
	})
}

// If others have got the numbers of what was lost, it is decided again with the next ones.
func TestRules_StoreLosesTheEndAndGoesOn(t *testing.T) {
	p := ruledPods(t, 1)
	one := p.members[0]
	one.decide(announcement("a", "one"))
	one.decide(freeze("b"))
	one.decide(rules.Act{ID: "c", Do: rules.Undo, Of: 2, By: byOperator()})
	one.decide(protect("d", 0, 0, 20, 20))
	loseActs(t, p.store, 2, 3, 4)
	elsewhere := &pods{t: t, store: p.store, owners: new(testOwners), count: 10, ports: p.ports} // which knows of nobody
	elsewhere.owners.pods = elsewhere
	two := elsewhere.join()
	two.decide(announcement("e", "five"))
	for _, pod := range []*testPod{one, two} {
		pod.ruled(5)
		pod.eventually("all of it, once", func() bool {
			acts, err := pod.node.Acts(t.Context(), 0, 10)
			if err != nil || len(acts) != 5 {
				return false
			}
			ids := ""
			for _, stored := range acts {
				act, err := rules.Decode(stored)
				if err != nil {
					t.Fatal(err)
				}
				if ids += act.ID; act.ID == "c" && act.Of != 3 {
					t.Errorf("the undo is of act %d", act.Of)
				}
			}
			return ids == "dcbea"
		})
		c := pod.connect(Hello{})
		c.conn.Send(Place{Num: 1, Dots: []canvas.Dot{dot(1, 1, 7)}})
		pod.eventually("refused", func() bool { return c.refused[1] == canvas.RefusedProtected })
	}
}

// loseActs makes the store lose acts, as in a failover.
func loseActs(t *testing.T, s *memory.Store, numbers ...int) {
	t.Helper()
	for _, n := range numbers {
		if err := s.DeleteDocument(t.Context(), "act", fmt.Sprintf("%016d", n)); err != nil {
			t.Fatal(err)
		}
	}
}
