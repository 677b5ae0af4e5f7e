package cluster

import (
	"testing"
	"time"

	"github.com/hashicorp/memberlist"

	"pixelplayground/cluster/clustertest"
)

// lone is a membership that has heard of other members, without memberlist below it.
func lone(t *testing.T, others ...string) (i *incarnation, node func(name string) *memberlist.Node) {
	t.Helper()
	i = &incarnation{
		id: "me", dead: newTombstones(), pulse: new(pulse), changed: func() {},
		members: make(map[string]Member), dying: make(map[string]time.Time), losses: make(map[string]loss),
	}
	node = func(name string) *memberlist.Node {
		m := metadata{Name: name, Peer: name + ":1", Roles: RoleCanvas}
		return &memberlist.Node{Name: name, Addr: []byte{10, 0, 0, name[0]}, Port: 1, Meta: m.encode()} // one address for all names with one initial
	}
	for _, name := range others {
		i.NotifyJoin(node(name))
	}
	return i, node
}

// TestIncarnation_DyingMembers: a member that memberlist calls dead has some time to object, which
// is longer in a pod that has been late itself.
func TestIncarnation_DyingMembers(t *testing.T) {
	for name, c := range map[string]struct {
		usual time.Duration // the pod's own delay
		do    func(i *incarnation, b *memberlist.Node)
		after time.Duration
		there bool
	}{
		"just now":                    {0, nil, leastGrace / 2, true},
		"did not object":              {0, nil, leastGrace, false},
		"objected":                    {0, func(i *incarnation, b *memberlist.Node) { i.NotifyJoin(b) }, time.Minute, true},
		"here all is late":            {50 * time.Millisecond, nil, time.Second, true},
		"nobody listens there":        {0, func(i *incarnation, b *memberlist.Node) { i.nobodyAt(b.Address()) }, 0, false},
		"nobody, and here it is late": {50 * time.Millisecond, func(i *incarnation, b *memberlist.Node) { i.nobodyAt(b.Address()) }, 0, false},
		"nobody listens elsewhere":    {0, func(i *incarnation, _ *memberlist.Node) { i.nobodyAt("10.0.0.9:1") }, 0, true},
	} {
		i, node := lone(t, "b", "c")
		i.NotifyLeave(node("b"))
		i.NotifyLeave(node("b"))
		if asked := i.nextAccused(); len(asked) == 0 || asked[0] != node("b").Address() || len(i.nextAccused()) > 0 {
			t.Errorf("%s: asks at %v", name, asked)
		}
		if c.do != nil {
			c.do(i, node("b"))
		}
		now := time.Now().Add(c.after)
		i.pulse.start(now)
		i.pulse.usual = c.usual
		i.reap(now)
		if _, there := i.members["b"]; there != c.there || i.dead.has("b") == c.there {
			t.Errorf("%s: there: %v, dead: %v", name, there, i.dead.has("b"))
		}
	}
}

// TestIncarnation_RestartsAreNoLosses: a pod that restarts again and again does not make another one
// believe that it is cut off. It would take back that the former selves have died.
func TestIncarnation_RestartsAreNoLosses(t *testing.T) {
	i, node := lone(t, "b1")
	for _, next := range []string{"b2", "b3", "b4", "b5"} {
		var was string
		for was = range i.members {
		}
		i.NotifyLeave(node(was))
		i.nobodyAt(node(was).Address())
		i.reap(time.Now())
		i.NotifyJoin(node(next))
		if !i.dead.has(was) {
			t.Errorf("%s has not died, before %s", was, next)
		}
	}
	if i.cutOff(time.Now()) {
		t.Errorf("cut off, with losses of %v", i.losses)
	}
}

// TestCluster_AsksWhetherTheDyingAreThere: a member is gone as soon as nobody listens where it was,
// although everything is so late here that it would have maxGrace.
func TestCluster_AsksWhetherTheDyingAreThere(t *testing.T) {
	p := start(t, testConfig("a"))
	agree(t, p)
	p.pulse.mu.Lock()
	p.pulse.usual = 20 * maxGrace
	p.pulse.mu.Unlock()
	stranger := metadata{Name: "b", Peer: "b:1", Roles: RoleCanvas, Geometry: p.cfg.Geometry.String()}
	node := &memberlist.Node{Name: "some-id", Addr: []byte{127, 0, 0, 1}, Port: 1, Meta: stranger.encode()}
	p.current().NotifyJoin(node)
	sees(t, "a b", p)
	p.current().NotifyLeave(node)
	if took := clustertest.Eventually(t, "it is gone", func() bool { return p.names() == "a" }); took >= maxGrace {
		t.Errorf("gone after %v: nobody asked", took)
	}
}
