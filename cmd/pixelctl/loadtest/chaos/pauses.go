package chaos

import (
	"sync"
	"time"

	"pixelplayground/actors/canvas"
)

// pauses measures how long regions stand still while clients draw on them: from when a pixel was
// due until anything next becomes visible in its region. A region on which nobody draws does not
// pause. Its methods may be called from any goroutine; times are since the test began.
type pauses struct {
	mu      sync.Mutex
	regions []pauseRegion
}

type pauseRegion struct {
	waiting bool          // a pixel has been due, and nothing has become visible since
	since   time.Duration // since when, if waiting
	last    time.Duration // when something became visible last
	longest time.Duration // since the last cut
}

func newPauses(regions int) *pauses { return &pauses{regions: make([]pauseRegion, regions)} }

// due says that a pixel was to be placed at a time, which may lie in the past.
func (p *pauses) due(id canvas.RegionID, at time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if r := &p.regions[id]; !r.waiting {
		r.waiting, r.since = true, max(at, r.last)
	}
}

// visible says that the region shows something new.
func (p *pauses) visible(id canvas.RegionID, at time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	r := &p.regions[id]
	if r.waiting {
		r.longest = max(r.longest, at-r.since)
	}
	r.waiting, r.last = false, max(r.last, at)
}

// cut returns the longest pause of each region since the last cut. A pause that is not over counts
// with its length so far, and in full again in the next window.
func (p *pauses) cut(at time.Duration) []time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	longest := make([]time.Duration, len(p.regions))
	for i := range p.regions {
		r := &p.regions[i]
		longest[i], r.longest = r.longest, 0
		if r.waiting {
			longest[i] = max(longest[i], at-r.since)
		}
	}
	return longest
}
