package cluster

import (
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/telemetry/logtest"
	"pixelplayground/cluster/clustertest"
)

// pod is a cluster under test, without the way to other pods' actors.
type pod struct {
	*Cluster
	t     *testing.T
	peers *fakePeers
	lines *logtest.Lines
	busy  atomic.Int64 // calls of changed under way

	mu      sync.Mutex
	history []string // names of each view
}

// saw returns the views that the pod has had, as names.
func (p *pod) saw() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.history)
}

// fakePeers has an address and remembers what it was told to forget.
type fakePeers struct {
	at        string
	mu        sync.Mutex
	forgotten []string
}

func (p *fakePeers) Address() string            { return p.at }
func (p *fakePeers) Close()                     {}
func (p *fakePeers) System() *actor.ActorSystem { return nil }
func (p *fakePeers) Renew() (bool, error)       { return false, nil }
func (p *fakePeers) Unsent() *atomic.Int64      { return new(atomic.Int64) }
func (p *fakePeers) Refused() *atomic.Int64     { return new(atomic.Int64) }
func (p *fakePeers) Forget(address string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.forgotten = append(p.forgotten, address)
}

func (p *fakePeers) forgot(address string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Contains(p.forgotten, address)
}

// testConfig is the config of a pod that joins others, at free ports of the loopback address.
func testConfig(name string, join ...*pod) Config {
	cfg := DefaultConfig()
	cfg.Name, cfg.Geometry = name, canvas.Geometry{Width: 64, Height: 64, Region: 16}
	cfg.Gossip, cfg.Peer = "127.0.0.1:0", "127.0.0.1:0"
	for _, p := range join {
		cfg.Join = append(cfg.Join, p.socket.address())
	}
	return cfg
}

// listening makes a pod whose ports are bound. Its peer address is made of its name.
func listening(t *testing.T, cfg Config) *pod {
	t.Helper()
	if err := cfg.Validate(); err != nil {
		t.Fatal(err)
	}
	p := &pod{t: t, peers: &fakePeers{at: cfg.Name + ":1"}, lines: new(logtest.Lines)}
	cfg.Log = slog.New(slog.NewTextHandler(p.lines, nil))
	p.Cluster = New(cfg)
	p.openPeers = func(Config, net.IP) (peering, error) { return p.peers, nil }
	if err := p.Listen(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = p.Close()
		if t.Failed() {
			t.Logf("log of %s (%s):\n%s", cfg.Name, p.socket.address(), p.lines)
		}
	})
	return p
}

func (p *pod) open() *pod {
	p.t.Helper()
	err := p.Open(func() {
		if p.busy.Add(1) > 1 {
			p.t.Error("changed is called concurrently")
		}
		p.mu.Lock()
		p.history = append(p.history, p.names())
		p.mu.Unlock()
		p.busy.Add(-1)
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return p
}

func start(t *testing.T, cfg Config) *pod { t.Helper(); return listening(t, cfg).open() }

// together starts n pods that join the first, and waits until all see all. sw may be nil.
func together(t *testing.T, n int, sw *clustertest.Switch) []*pod {
	t.Helper()
	var pods []*pod
	for i := range n {
		cfg := testConfig(fmt.Sprintf("pod-%d", i), pods[:min(i, 1)]...)
		if sw != nil {
			cfg.Network = sw.Network(cfg.Name)
		}
		pods = append(pods, start(t, cfg))
	}
	agree(t, pods...)
	return pods
}

// names returns the names of the view's members, sorted, with "-" behind those that drain.
func (p *pod) names() string {
	var names []string
	for _, m := range p.View().Members() {
		name := m.Name
		if m.Draining {
			name += "-"
		}
		names = append(names, name)
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}

func (p *pod) ids() (ids []string) {
	for _, m := range p.View().Members() {
		ids = append(ids, m.ID)
	}
	return ids
}

// agree waits until each of the pods has exactly all of them in its view, and places everything as
// the first one does.
func agree(t *testing.T, pods ...*pod) time.Duration {
	t.Helper()
	var want []string
	for _, p := range pods {
		want = append(want, p.cfg.Name)
	}
	slices.Sort(want)
	took := clustertest.Eventually(t, "all see "+strings.Join(want, " "), func() bool {
		var ids []string
		for _, p := range pods {
			ids = append(ids, p.id())
		}
		slices.Sort(ids)
		for _, p := range pods {
			seen := p.ids()
			if slices.Sort(seen); !slices.Equal(seen, ids) || p.Ready() != nil || p.names() != pods[0].names() {
				return false
			}
		}
		return true
	})
	for _, p := range pods {
		for i := range p.cfg.Geometry.Regions() {
			id := canvas.RegionID(i)
			if got, want := p.Region(id), pods[0].Region(id); !got.Equal(want) {
				t.Errorf("region %d: %s places it at %v, %s at %v", i, p.cfg.Name, got, pods[0].cfg.Name, want)
			}
		}
		if got, want := p.Presence(), pods[0].Presence(); !got.Equal(want) {
			t.Errorf("presence: %v, not %v", got, want)
		}
	}
	return took
}
