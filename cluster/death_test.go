package cluster

import (
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"time"
)

// Goal: a pod that is killed is gone from every view soon, with any number of members.
// Method: of eight, kill one after the other and see how long the last view keeps it. The
// times are told and not judged, since a busy machine stretches them.
func TestCluster_KilledMemberIsGoneFromEveryView(t *testing.T) {
	pods := together(t, 8, nil)
	for len(pods) > 1 {
		victim := len(pods) / 2
		killed := pods[victim]
		id := killed.id()
		began := time.Now()
		killed.Close()
		pods = slices.Delete(pods, victim, victim+1)
		eventually(t, "it is gone", func() bool {
			return !slices.ContainsFunc(pods, func(p *pod) bool { return slices.Contains(p.ids(), id) })
		})
		t.Logf("killed 1 of %d: gone in %v", len(pods)+1, time.Since(began).Round(time.Millisecond))
		for _, p := range pods {
			if !p.peers.forgot(killed.cfg.Name + ":1") {
				t.Errorf("%s keeps the endpoint of the dead", p.cfg.Name)
			}
		}
	}
	agree(t, pods...)
}

// Goal: nobody is taken for dead because the machine is busy.
// Method: keep every core busy with more than it can do, and look whether all are still
// the members that they were. Where somebody else keeps it even busier, so that the pods
// do not get to run twice a second, they may well be taken for dead, and it is not judged.
func TestCluster_BusyMachineKillsNobody(t *testing.T) {
	pods := together(t, 8, nil)
	ids := pods[0].ids()
	var stop atomic.Bool
	burnt := make(chan uint64)
	burners := 2 * runtime.GOMAXPROCS(0)
	for range burners {
		go func() {
			x := uint64(1)
			for !stop.Load() {
				x = mix(x)
			}
			burnt <- x
		}()
	}
	time.Sleep(5 * time.Second)
	stop.Store(true)
	for range burners {
		<-burnt
	}
	stalls := 0
	for _, p := range pods {
		stalls += p.lines.count("stopped or starved")
	}
	if stalls > 0 {
		t.Logf("not judged: pods stood still %d times", stalls)
		return
	}
	for _, p := range pods {
		if !slices.Equal(p.ids(), ids) || p.lines.count("died")+p.lines.count("taken for dead") > 0 {
			t.Errorf("%s sees %v, not %v", p.cfg.Name, p.ids(), ids)
		}
	}
}
