//go:build e2e

package cluster

import (
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"time"
)

// Goal: no pod is taken for dead because the machine is busy. Method: keep every core busy, and
// check that all pods are still the same members. If other processes keep the machine so busy that
// pods run less than twice a second, they may well be taken for dead, and the test does not judge.
// The race detector alone is such a load: so `make e2e` runs the test, and `make race` does not.
func TestCluster_BusyMachineKillsNobody(t *testing.T) {
	pods := together(t, 8, nil)
	ids := pods[0].ids()
	var stop atomic.Bool
	burnt := make(chan uint64)
	burners := runtime.GOMAXPROCS(0)
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
		stalls += p.lines.Count("stopped or starved")
	}
	if stalls > 0 {
		t.Logf("not judged: pods stood still %d times", stalls)
		return
	}
	for _, p := range pods {
		if !slices.Equal(p.ids(), ids) || p.lines.Count("died")+p.lines.Count("taken for dead") > 0 {
			t.Errorf("%s sees %v, not %v", p.cfg.Name, p.ids(), ids)
		}
	}
}
