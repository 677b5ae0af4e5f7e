//go:build unix

package cluster

import (
	"slices"
	"syscall"
	"testing"
	"time"

	"pixelplayground/cluster/clustertest"
)

// Goal: a process that was stopped for a while comes back by itself as a new member, has owned
// nothing in between, and does not affect the others.
func TestCluster_StoppedProcessComesBackAsANewMember(t *testing.T) {
	a := startChild(t, "a")
	b, c := startChild(t, "b", a.gossip), startChild(t, "c", a.gossip)
	before := meet(t, a, b, c)
	_, old := b.view()
	b.signal(syscall.SIGSTOP)
	took := clustertest.Eventually(t, "it is gone", func() bool {
		seen, _ := a.view()
		also, _ := c.view()
		return len(seen) == 2 && len(also) == 2
	})
	t.Logf("stopped: gone in %v", took.Round(time.Millisecond))
	views := len(b.all())
	began := time.Now()
	b.signal(syscall.SIGCONT)
	after := meet(t, a, b, c)
	t.Logf("resumed: back in %v", time.Since(began).Round(time.Millisecond))
	for _, id := range before {
		if slices.Contains(after, id) == (id == old) {
			t.Errorf("%s of %v, of which %s was stopped; now %v", id, before, old, after)
		}
	}
	if since := b.all()[views:]; !slices.ContainsFunc(since, func(view []string) bool { return view[0] == "none" }) {
		t.Errorf("its views since: %v", since)
	}
	for _, p := range []*child{a, c} {
		for _, view := range p.all()[len(p.all())-1:] {
			if slices.Contains(view, old) {
				t.Errorf("it is back under its id: %v", view)
			}
		}
	}
}
