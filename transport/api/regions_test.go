package api

import (
	"sync"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
)

// Goal: waiting for a store that does not answer does not add up over the regions. Method: no
// region answers before all are asked.
func TestAPI_RegionsAreAskedTogether(t *testing.T) {
	for _, target := range []string{"/api/canvas", "/api/canvas.png"} {
		geometry := canvas.Geometry{Width: 64, Height: 64, Region: 8}
		p := newPod(t, func(c *Config) { c.Geometry = geometry })
		var asked sync.WaitGroup
		asked.Add(geometry.Regions())
		var first sync.Mutex // guards:
		left := geometry.Regions()
		p.canvas.slow = func() {
			first.Lock()
			if left--; left >= 0 {
				asked.Done()
			}
			first.Unlock()
			asked.Wait()
		}
		done := make(chan int, 1) // sent to once
		go func() { done <- p.ask("GET", target, "").Code }()
		select {
		case code := <-done:
			if code != 200 {
				t.Errorf("%s: got %d", target, code)
			}
		case <-time.After(time.Minute):
			t.Fatalf("%s: regions are read one after the other", target)
		}
	}
}

// What is read ahead is bounded in bytes, and comes in its order.
func TestRegionReader(t *testing.T) {
	for _, test := range []struct {
		geometry canvas.Geometry
		ahead    int
	}{
		{canvas.Geometry{Width: 64, Height: 64, Region: 4}, regionsAhead},
		{canvas.Geometry{Width: 1024, Height: 1024, Region: 256}, 5},
		{canvas.Geometry{Width: 16, Height: 16, Region: 8}, 4},
	} {
		p := newPod(t, func(c *Config) { c.Geometry = test.geometry })
		var all []canvas.RegionID
		for id := range canvas.RegionID(test.geometry.Regions()) {
			all = append(all, id)
		}
		r := p.server.readInTurn(t.Context(), live, all)
		for _, want := range all {
			got, err := r.next()
			if err != nil || got.Region != want {
				t.Fatalf("%v: got %v, %v, want region %d", test.geometry, got, err, want)
			}
			if want == 0 && p.canvas.reads != test.ahead {
				t.Errorf("%v: %d are read for the first, want %d", test.geometry, p.canvas.reads, test.ahead)
			}
		}
		if p.canvas.reads != len(all) {
			t.Errorf("%v: %d reads of %d regions", test.geometry, p.canvas.reads, len(all))
		}
	}
}
