package cluster

import (
	"slices"
	"testing"
	"time"

	"pixelplayground/cluster/clustertest"
)

// Goal: a killed pod is soon gone from every view, with any number of members. Method: kill eight
// pods one after the other, and see how long the last view keeps each. The times are logged and not
// judged, since a busy machine stretches them.
func TestCluster_KilledMemberIsGoneFromEveryView(t *testing.T) {
	pods := together(t, 8, nil)
	for len(pods) > 1 {
		victim := len(pods) / 2
		killed := pods[victim]
		id := killed.id()
		killed.Close()
		began := time.Now() // its last packet may be a little older
		pods = slices.Delete(pods, victim, victim+1)
		clustertest.Eventually(t, "it is gone", func() bool {
			return !slices.ContainsFunc(pods, func(p *pod) bool { return slices.Contains(p.ids(), id) })
		})
		t.Logf("killed 1 of %d: gone in %v", len(pods)+1, time.Since(began).Round(time.Millisecond))
		for _, p := range pods {
			clustertest.Eventually(t, "the endpoint of the dead is forgotten", func() bool { return p.peers.forgot(killed.cfg.Name + ":1") })
		}
	}
	agree(t, pods...)
}
