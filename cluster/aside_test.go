package cluster

import (
	"slices"
	"sync/atomic"
	"testing"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/vmihailenco/msgpack/v5"

	"pixelplayground/actors/canvas"
	"pixelplayground/cluster/clustertest"
)

// A pod that stands aside owns nothing in any view, is asked for what it had, and is no deputy.
// When it no longer stands aside, everything is as before.
func TestCluster_StepAside(t *testing.T) {
	pods := together(t, 3, nil)
	owners := func(p *pod) (addresses []string) {
		for i := range p.cfg.Geometry.Regions() {
			addresses = append(addresses, p.Region(canvas.RegionID(i)).Address)
		}
		return addresses
	}
	knows := func(p *pod, aside bool) bool { // the first pod may have owned nothing, so its regions need not tell
		return slices.ContainsFunc(p.View().Members(), func(m Member) bool { return m.Peer == pods[0].peers.at && m.Aside == aside })
	}
	before := owners(pods[0])
	for range 2 {
		pods[0].StepAside(true)
		for _, p := range pods {
			clustertest.Eventually(t, "the first pod owns nothing", func() bool { return knows(p, true) && !slices.Contains(owners(p), pods[0].peers.at) })
			if p.Presence().Address == pods[0].peers.at {
				t.Error("it has presence")
			}
			for i := range p.cfg.Geometry.Regions() {
				asked := p.Before(canvas.RegionID(i))
				if !slices.ContainsFunc(asked, func(pid *actor.PID) bool { return pid.Address == pods[0].peers.at }) {
					t.Errorf("region %d: nobody asks it to yield", i)
				}
			}
		}
		if got := pods[1].Deputies(); !slices.Equal(got, []string{pods[2].peers.at}) {
			t.Errorf("deputies are %v", got)
		}
		if got := pods[0].Deputies(); len(got) != 2 {
			t.Errorf("its deputies are %v", got)
		}
		if err := pods[0].Pin(3); err == nil {
			t.Error("it took a region by an operator's wish")
		}
		pods[0].StepAside(false)
		for _, p := range pods {
			clustertest.Eventually(t, "all is as before", func() bool { return knows(p, false) && slices.Equal(owners(p), before) })
		}
	}
	if n := pods[1].lines.Count("member stands aside"); n != 2 {
		t.Errorf("the log tells %d times", n)
	}
}

// When all pods stand aside, they own what they owned before.
func TestCluster_AllStepAside(t *testing.T) {
	pods := together(t, 2, nil)
	before := pods[0].Region(0)
	for _, p := range pods {
		p.StepAside(true)
	}
	for _, p := range pods {
		clustertest.Eventually(t, "both stand aside", func() bool {
			members := p.View().Members()
			return members[0].Aside && members[1].Aside && p.Region(0).Equal(before)
		})
	}
}

// A pod that begins to drain while it stands aside is draining.
func TestCluster_DrainsWhileAside(t *testing.T) {
	pods := together(t, 2, nil)
	pods[0].StepAside(true)
	seen := func() (m Member) {
		for _, m = range pods[1].View().Members() {
			if m.Name == pods[0].cfg.Name {
				break
			}
		}
		return m
	}
	clustertest.Eventually(t, "it stands aside", func() bool { return seen().Aside })
	if err := pods[0].Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	clustertest.Eventually(t, "it drains", func() bool { return seen().Draining && !seen().Aside })
}

// Pods of earlier versions read only what they know. To them a pod that stands aside is draining,
// so they place regions as the others do.
func TestMetadata_AsideIsDrainingForEarlierVersions(t *testing.T) {
	l := &incarnation{self: metadata{Name: "n", Peer: "p:1", Roles: RoleCanvas, Geometry: "64x64/16"}, draining: new(atomic.Bool), aside: new(atomic.Bool), pinRequests: new(pinRequests), store: func() string { return "" }}
	l.aside.Store(true)
	var fields []any
	if err := msgpack.Unmarshal(l.NodeMeta(0), &fields); err != nil || fields[4] != true || fields[9] != true {
		t.Errorf("%v, %v", fields, err)
	}
	if m := l.me(); m.Draining || !m.Aside {
		t.Errorf("%+v", m)
	}
}
