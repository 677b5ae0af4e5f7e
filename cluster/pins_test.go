package cluster

import (
	"testing"

	"pixelplayground/actors/canvas"
	"pixelplayground/cluster/clustertest"
)

// A pinned region belongs to its pod in every view, a later pin counts before an earlier one, and a
// draining pod has no pinned regions.
func TestCluster_PinMovesARegion(t *testing.T) {
	pods := together(t, 3, nil)
	const region = 5
	at := func(owner *pod) {
		t.Helper()
		for _, p := range pods {
			clustertest.Eventually(t, "the region is at "+owner.cfg.Name, func() bool { return p.Region(region).Address == owner.peers.at })
			if before := p.Before(region); len(before) != 2 {
				t.Errorf("%d pods may have had it, want both others", len(before))
			}
		}
	}
	for _, p := range []*pod{pods[0], pods[1], pods[2], pods[0]} {
		if err := p.Pin(region); err != nil {
			t.Fatal(err)
		}
		at(p)
	}
	if err := pods[0].Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	at(pods[2]) // whose wish came last before
	if err := pods[0].Pin(region); err == nil {
		t.Error("a draining pod took a region")
	}
	if err := pods[1].Pin(canvas.RegionID(geometry().Regions())); err == nil {
		t.Error("a region that does not exist was pinned")
	}
}

func TestWishes_AreBounded(t *testing.T) {
	var w pinRequests
	for i := range maxPins {
		if err := w.add(canvas.RegionID(i), 1); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.add(0, 7); err != nil || w.now().all()[0] != 7 || len(w.now()) != 4*maxPins {
		t.Errorf("%v, turn %d, %d bytes", err, w.now().all()[0], len(w.now()))
	}
	if err := w.add(maxPins, 1); err == nil {
		t.Error("one pin too many")
	}
}
