package cluster

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/hashicorp/memberlist"

	"pixelplayground/cluster/clustertest"
)

// apart is how much longer a partition lasts than it takes to notice it: by then, both sides have
// said all there is to say about the other's deaths.
const apart = 500 * time.Millisecond

// sees waits until the views of pods are exactly these names.
func sees(t *testing.T, names string, pods ...*pod) {
	t.Helper()
	for _, p := range pods {
		clustertest.Eventually(t, p.cfg.Name+" sees "+names, func() bool { return p.names() == names })
	}
}

// Goal: a pod that was cut off comes back by itself as a new member, has owned nothing in between,
// and disturbs no other pod.
func TestCluster_LesserSideComesBackAsNewMembers(t *testing.T) {
	sw := clustertest.NewSwitch()
	pods := together(t, 5, sw)
	greater, lesser := pods[:3], pods[3:]
	var before []string
	for _, p := range pods {
		before = append(before, p.id())
	}
	sw.Partition([]string{"pod-3", "pod-4"})
	sees(t, "pod-0 pod-1 pod-2", greater...)
	sees(t, "pod-3 pod-4", lesser...)
	time.Sleep(apart)
	views := len(lesser[0].saw())
	sw.Heal()
	t.Logf("together again after %v", agree(t, pods...))

	for i, p := range pods {
		if i < 3 && p.id() != before[i] {
			t.Errorf("%s of the greater side became a new member", p.cfg.Name)
		}
		if i >= 3 && p.id() == before[i] {
			t.Errorf("%s was dead and is back under its id", p.cfg.Name)
		}
	}
	for _, p := range greater {
		if slices.Contains(p.saw()[1:], "") {
			t.Errorf("%s of the greater side had an empty view: %q", p.cfg.Name, p.saw())
		}
	}
	if saw := lesser[0].saw()[views:]; !slices.Contains(saw, "") {
		t.Errorf("the lesser side came back without an empty view: %q", saw)
	}
}

// Goal: two sides of equal size that took each other for dead become one.
func TestCluster_EqualSidesMeetAgain(t *testing.T) {
	for _, n := range []int{2, 4} {
		sw := clustertest.NewSwitch()
		pods := together(t, n, sw)
		before := pods[0].ids()
		var names []string
		for _, p := range pods[n/2:] {
			names = append(names, p.cfg.Name)
		}
		sw.Partition(names)
		for _, p := range pods {
			clustertest.Eventually(t, "the other side is gone", func() bool { return len(p.ids()) == n/2 })
		}
		time.Sleep(apart)
		sw.Heal()
		t.Logf("%d together again after %v", n, agree(t, pods...))
		for _, id := range pods[0].ids() {
			if slices.Contains(before, id) {
				t.Errorf("%s was dead and is back", id)
			}
		}
		for _, p := range pods {
			p.Close()
		}
	}
}

// Goal: pods that took each other for dead find each other although none is where --join says.
// Method: the pod that both have joined is gone, and they are apart for so long that gossip has
// forgotten the dead.
func TestCluster_MeetAgainWithoutTheSeed(t *testing.T) {
	sw := clustertest.NewSwitch()
	var pods []*pod
	for _, name := range []string{"seed", "a", "b"} {
		cfg := testConfig(name, pods[:min(len(pods), 1)]...)
		cfg.Network, cfg.StreamTimeout, cfg.DiscoverEvery = sw.Network(name), 200*time.Millisecond, time.Second
		p := listening(t, cfg)
		p.createList = func(c *memberlist.Config) (*memberlist.Memberlist, error) {
			c.GossipToTheDeadTime = time.Millisecond
			return memberlist.Create(c)
		}
		pods = append(pods, p.open())
	}
	agree(t, pods...)
	if err := pods[0].Leave(t.Context()); err != nil { // it does not count as lost, so neither thinks that it was cut off
		t.Fatal(err)
	}
	pods[0].Close()
	a, b := pods[1], pods[2]
	agree(t, a, b)
	sw.Isolate("b")
	sees(t, "a", a)
	sees(t, "b", b)
	time.Sleep(apart)
	sw.Heal()
	t.Logf("together again after %v", agree(t, a, b))
}

// Goal: it makes no difference which pods are apart, or how often.
func TestCluster_ConvergesAfterEveryPartition(t *testing.T) {
	sw := clustertest.NewSwitch()
	pods := together(t, 5, sw)
	for _, alone := range [][]string{{"pod-0"}, {"pod-1", "pod-2"}, {"pod-0", "pod-1", "pod-4"}} {
		sw.Isolate(alone...)
		for _, p := range pods {
			want := len(pods) - len(alone)
			if slices.Contains(alone, p.cfg.Name) {
				want = 1
			}
			clustertest.Eventually(t, p.cfg.Name+" is parted", func() bool { return len(p.ids()) == want })
		}
		time.Sleep(apart)
		sw.Heal()
		t.Logf("after %v were alone: together again in %v", alone, agree(t, pods...))
	}
}

func TestIncarnation_RefusesTheDeadUnderTheirIDs(t *testing.T) {
	p := start(t, testConfig("a"))
	stranger := metadata{Name: "b", Peer: "b:1", Roles: RoleCanvas, Geometry: p.cfg.Geometry.String()}
	node := &memberlist.Node{Name: "some-id", Meta: stranger.encode()}
	if err := p.current().NotifyAlive(node); err != nil {
		t.Error("a stranger:", err)
	}
	told := knowledge{Joined: true, Deaths: []death{{ID: node.Name, Died: time.Now().UnixMilli()}}}
	p.current().MergeRemoteState(told.encode(), false)
	if err := p.current().NotifyAlive(node); !errors.Is(err, errDead) {
		t.Error("one that another member saw dead:", err)
	}
}

// Goal: a pod that fails to come back as a new member can still be closed, in time. Method: gossip
// can't be started again.
func TestCluster_EndsWhileRebirthFails(t *testing.T) {
	p := start(t, testConfig("a"))
	clustertest.Eventually(t, "it has joined", func() bool { return p.Ready() == nil })
	// Read by the loop after it has seen what comes next.
	p.createList = func(*memberlist.Config) (*memberlist.Memberlist, error) { return nil, errors.New("no gossip") }
	l := p.current()
	l.mu.Lock()
	l.evicted = true
	l.mu.Unlock()
	p.changed()
	clustertest.Eventually(t, "rebirth fails", func() bool { return p.lines.Count("can't join again") > 0 })

	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := p.Drain(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("drain: %v, want that the time is over", err)
		}
		if err := p.Leave(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("leave: %v, want that the time is over", err)
		}
		_ = p.Close()
	}()
	select {
	case <-ended:
	case <-time.After(10 * time.Second):
		t.Fatal("the pod does not end")
	}
}
