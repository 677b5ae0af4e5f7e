package cluster

import (
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"pixelplayground/cluster/clustertest"
)

func inStore(cfg Config, identity string) Config {
	cfg.Store = func() string { return identity }
	return cfg
}

func TestCluster_RefusesAnotherStore(t *testing.T) {
	a := start(t, inStore(testConfig("a"), "one"))
	b := start(t, inStore(testConfig("b", a), "one"))
	agree(t, a, b)
	cfg := inStore(testConfig("stranger", a, b), "another")
	cfg.Alone = 50 * time.Millisecond
	refused(t, start(t, cfg), "--redis-prefix", []*pod{a, b})
}

// TestCluster_LetsInWhoTellsNoStore: such a pod is of an earlier version, as during a rolling
// restart.
func TestCluster_LetsInWhoTellsNoStore(t *testing.T) {
	a := start(t, inStore(testConfig("a"), "one"))
	old := start(t, testConfig("old", a))
	older := start(t, testConfig("older", a))
	agree(t, a, old, older)
	if n := a.lines.Count("does not say which store"); n != 1 {
		t.Errorf("said %d times, want once:\n%s", n, a.lines)
	}
	if a.lines.Count("level=WARN")+old.lines.Count("level=WARN") != 0 {
		t.Errorf("want no warning:\n%s%s", a.lines, old.lines)
	}
}

// TestCluster_AnotherStoreAmongOldPods: the old pod lets the stranger in, the new one does not. The
// stranger gets no region.
func TestCluster_AnotherStoreAmongOldPods(t *testing.T) {
	a := start(t, inStore(testConfig("a"), "one"))
	old := start(t, testConfig("old", a))
	agree(t, a, old)
	cfg := inStore(testConfig("stranger", a, old), "another")
	cfg.Alone = 50 * time.Millisecond
	stranger := start(t, cfg)
	clustertest.Eventually(t, "the stranger is told why not", func() bool {
		err := stranger.Ready()
		return err != nil && strings.Contains(err.Error(), "--redis-prefix")
	})
	clustertest.Eventually(t, "the old one does not take it for more than a guest", func() bool { return old.names() == "a old stranger-" })
	if saw := stranger.saw(); len(saw) != 0 && saw[len(saw)-1] != "" {
		t.Errorf("the stranger serves with %q", saw)
	}
	if saw := old.saw(); slices.ContainsFunc(saw, func(names string) bool { return strings.HasSuffix(names, "stranger") }) {
		t.Errorf("the old one has seen %q", saw)
	}
}

// TestCluster_StoreLearnedLate: two pods join while their Redis is away. When it is back, the pod
// with the same store as the others stays; the one with another store goes and is refused.
func TestCluster_StoreLearnedLate(t *testing.T) {
	learned := func(cfg Config) (Config, *atomic.Value) {
		v := new(atomic.Value)
		v.Store("")
		cfg.Store = func() string { return v.Load().(string) }
		return cfg, v
	}
	a := start(t, inStore(testConfig("a"), "one"))
	same, sameStore := learned(testConfig("same", a))
	other, otherStore := learned(testConfig("other", a))
	other.Alone = 50 * time.Millisecond
	b, stranger := start(t, same), start(t, other)
	agree(t, a, b, stranger)
	sameStore.Store("one")
	clustertest.Eventually(t, "the other hears which store it has", func() bool {
		for _, m := range a.View().Members() {
			if m.Name == "same" && m.store == "one" {
				return true
			}
		}
		return false
	})
	otherStore.Store("another")
	agree(t, a, b)
	refused(t, stranger, "--redis-prefix", []*pod{a, b})
}
