package cluster

import (
	"context"
	"testing"
	"time"

	"pixelplayground/cluster/clustertest"
)

func TestCluster_JoinDrainAndLeaveReachEveryView(t *testing.T) {
	pods := together(t, 5, nil)
	newcomer := start(t, testConfig("newcomer", pods[3]))
	t.Logf("joined in %v", agree(t, append(pods, newcomer)...))
	if saw := newcomer.saw(); saw[0] != "newcomer pod-0 pod-1 pod-2 pod-3 pod-4" {
		t.Errorf("its first view is %q: it would take regions that it does not own", saw[0])
	}

	began := time.Now()
	if err := newcomer.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got, want := newcomer.names(), "newcomer- pod-0 pod-1 pod-2 pod-3 pod-4"; got != want {
		t.Errorf("right after Drain its own view is %q, not %q", got, want)
	}
	for _, p := range pods {
		clustertest.Eventually(t, "draining is seen", func() bool { return p.names() == "newcomer- pod-0 pod-1 pod-2 pod-3 pod-4" })
	}
	t.Logf("draining seen in %v", time.Since(began))

	began = time.Now()
	if err := newcomer.Leave(context.Background()); err != nil {
		t.Fatal(err)
	}
	if newcomer.names() != "" || newcomer.Ready() == nil {
		t.Errorf("after Leave: view %q, ready %v", newcomer.names(), newcomer.Ready())
	}
	for _, p := range pods {
		clustertest.Eventually(t, "it is gone", func() bool { return p.names() == "pod-0 pod-1 pod-2 pod-3 pod-4" })
	}
	t.Logf("left in %v", time.Since(began))
	for _, p := range pods {
		clustertest.Eventually(t, "the endpoint of one that left is forgotten", func() bool { return p.peers.forgot("newcomer:1") })
		for _, line := range []string{"member joined", "member draining", "member left"} {
			clustertest.Eventually(t, line, func() bool { return p.lines.Count(line) >= 1 })
		}
		if p.lines.Count("member died") != 0 {
			t.Errorf("%s took one that left for dead", p.cfg.Name)
		}
	}
	if err := newcomer.Leave(context.Background()); err != nil {
		t.Error("left twice:", err)
	}
}

// TestReconciler_WaitsForOneThatDoesNotAnswer: on a busy machine the pod that was asked may answer
// late, when gossip has told of only some of the members. Joining with only those would take
// regions from the rest.
func TestReconciler_WaitsForOneThatDoesNotAnswer(t *testing.T) {
	for name, c := range map[string]struct {
		silent, others int
		waited         time.Duration
		told           bool
		toldOf         []string
		want           bool
	}{
		"all have answered":                {0, 2, 0, false, nil, true},
		"one has not":                      {1, 2, 0, false, nil, false},
		"one has not, another is sure":     {1, 2, 0, true, []string{"a", "b", "me", "gone"}, true},
		"one has not, for long":            {1, 2, time.Minute, false, nil, true},
		"one has not, and nobody's here":   {1, 0, 0, false, nil, false},
		"the one that is sure counts more": {0, 2, 0, true, []string{"a", "b", "suspected"}, false},
		"it counts more for long":          {0, 2, time.Minute, true, []string{"a", "b", "suspected"}, true},
	} {
		l := &incarnation{id: "me", started: time.Now().Add(-c.waited), told: c.told, toldOf: c.toldOf, dead: newTombstones(), members: map[string]Member{"a": {}, "b": {}}}
		l.dead.add("gone", time.Now())
		k := &reconciler{Cluster: New(testConfig("pod")), incarnation: l}
		k.last = round{life: l, others: []string{"127.0.0.1:1"}, silent: c.silent}
		if got := k.mayJoin(c.others); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
