package cluster

import (
	"context"
	"testing"
	"time"
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
		eventually(t, "draining is seen", func() bool { return p.names() == "newcomer- pod-0 pod-1 pod-2 pod-3 pod-4" })
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
		eventually(t, "it is gone", func() bool { return p.names() == "pod-0 pod-1 pod-2 pod-3 pod-4" })
	}
	t.Logf("left in %v", time.Since(began))
	for _, p := range pods {
		eventually(t, "the endpoint of one that left is forgotten", func() bool { return p.peers.forgot("newcomer:1") })
		for _, line := range []string{"member joined", "member draining", "member left"} {
			eventually(t, line, func() bool { return p.lines.count(line) >= 1 })
		}
		if p.lines.count("member died") != 0 {
			t.Errorf("%s took one that left for dead", p.cfg.Name)
		}
	}
	if err := newcomer.Leave(context.Background()); err != nil {
		t.Error("left twice:", err)
	}
}
