//go:build e2e

package e2e

import (
	"cmp"
	"fmt"
	"maps"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pixelplayground/actors/store/redis/redistest"
)

// startSeverable is startPods, except that each canvas pod has a way to Redis of its own.
func startSeverable(t *testing.T, gateways, canvases int) (p *pods, ways []*redistest.Proxy) {
	t.Helper()
	p = newPods(t)
	for range canvases {
		way := redistest.NewProxy(t, p.redis.Addr)
		ways = append(ways, way)
		p.canvases = append(p.canvases, p.start("canvas", "--redis", way.URL()))
	}
	for range gateways {
		p.gateways = append(p.gateways, p.start("gateway"))
	}
	p.await(p.all()...)
	p.settled(gateways + canvases)
	return p, ways
}

// stands waits until a canvas pod is as wanted: standing aside or not, with so many regions.
func (p *pods) stands(of *server, what string, wanted func(aside bool, regions int) bool) {
	p.t.Helper()
	eventually(p.t, nameOf(of)+" "+what, func() error {
		r, err := p.gateways[0].cluster()
		for _, m := range r.Members {
			if m.Name == nameOf(of) && wanted(m.Aside, m.Regions) {
				return nil
			}
		}
		return cmp.Or(err, fmt.Errorf("the members are %v", r.Members))
	})
}

// members returns the output of pixelctl cluster.
func (s *server) members() string {
	s.t.Helper()
	out, err := exec.CommandContext(s.t.Context(), filepath.Join(binaries, "pixelctl"), "cluster", "--target", s.ws()).CombinedOutput()
	if err != nil {
		s.t.Fatalf("pixelctl cluster: %v\n%s", err, out)
	}
	return string(out)
}

// Goal: a canvas pod that reaches the other pods but not Redis gives its regions to those that
// reach it. The regions are drawn on again within 2 s, nothing acknowledged is lost, and the pod
// takes its share back afterwards. Everything that shows the pod's state says so. Method: the ways
// to Redis of two of three pods are cut under load one after the other, by refusing connections and
// by swallowing bytes.
func TestAside_PodWithoutRedisGivesItsRegions(t *testing.T) {
	p, ways := startSeverable(t, 1, 3)
	c := p.gather(20, pace)
	c.more(20)
	for i, fault := range []struct {
		name       string
		begin, end func(*redistest.Proxy)
	}{
		{"refused", (*redistest.Proxy).Refuse, func(way *redistest.Proxy) { way.Accept(t) }},
		{"no answer", func(way *redistest.Proxy) { way.Swallow(redistest.Both) }, func(way *redistest.Proxy) { way.Swallow(redistest.Neither) }},
	} {
		began := time.Now()
		fault.begin(ways[i])
		p.stands(p.canvases[i], "has no region", func(aside bool, regions int) bool { return aside && regions == 0 })
		c.more(10)
		pauses := p.pauses(began)
		t.Logf("%s: %d regions moved, pauses: median %v, longest %v", fault.name, len(pauses), pauses[len(pauses)/2], pauses[len(pauses)-1])
		if longest := pauses[len(pauses)-1]; longest > 5*time.Second {
			t.Errorf("%s: drawing paused for %v", fault.name, longest)
		}
		if shown := p.gateways[0].members(); !strings.Contains(shown, "aside, no store") {
			t.Errorf("pixelctl cluster says\n%s", shown)
		}
		if metrics, err := get(p.canvases[i].url + "/metrics"); err != nil || !strings.Contains(string(metrics), "\npixelplayground_standing_aside 1\n") {
			t.Errorf("the metric does not say so: %v", err)
		}
		fault.end(ways[i])
	}
	for i := range 2 {
		p.stands(p.canvases[i], "has its share again", func(aside bool, regions int) bool { return !aside && regions > 0 })
	}
	c.more(10)
	c.audit()
}

// Goal: when no pod reaches Redis, no region moves, neither then nor when Redis is back. Method:
// the ways to Redis of all pods are cut under load, first by refusing connections, then by
// swallowing bytes.
func TestAside_NothingMovesWhenRedisIsAwayForAll(t *testing.T) {
	p, ways := startSeverable(t, 1, 3)
	c := p.gather(20, pace)
	c.more(20)
	owners := func() map[int]string {
		all, err := p.gateways[0].owners()
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	before := owners()
	for _, fault := range []struct {
		name       string
		begin, end func(*redistest.Proxy)
	}{
		{"refused", (*redistest.Proxy).Refuse, func(way *redistest.Proxy) { way.Accept(t) }},
		{"no answer", func(way *redistest.Proxy) { way.Swallow(redistest.Both) }, func(way *redistest.Proxy) { way.Swallow(redistest.Neither) }},
	} {
		all := func(f func(*redistest.Proxy)) {
			for _, way := range ways {
				f(way)
			}
		}
		all(fault.begin)
		time.Sleep(1800 * time.Millisecond) // how long Redis is away: longer than it takes a single pod to stand aside
		if shown := p.gateways[0].members(); strings.Count(shown, "no store") != 3 || strings.Contains(shown, "aside") {
			t.Errorf("%s: pixelctl cluster says\n%s", fault.name, shown)
		}
		all(fault.end)
		c.more(10)
		if now := owners(); !maps.Equal(now, before) {
			t.Errorf("%s: regions have moved: %v, was %v", fault.name, now, before)
		}
	}
	c.audit()
	for _, log := range p.logs() {
		epochs := make(map[uint64]bool)
		for _, b := range log {
			epochs[b.Epoch] = true
		}
		if len(epochs) > 1 {
			t.Errorf("a region has had %d owners: %v", len(epochs), slices.Collect(maps.Keys(epochs)))
		}
	}
}
