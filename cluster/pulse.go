package cluster

import (
	"sync"
	"time"
)

const (
	// beatEvery is how often the process looks at the clock.
	beatEvery = 100 * time.Millisecond
	// pauseNoticed is a gap between two looks in which others may have taken this process
	// for dead.
	pauseNoticed = time.Second

	// calm is a delay that idle machines and networks stay below. From there on, a member
	// taken for dead has objections more delays to object, up to maxGrace: being told and
	// telling everybody takes a few, each way.
	calm       = 20 * time.Millisecond
	objections = 8
	maxGrace   = 4 * time.Second
	// recent is how many delays the usual one is the mean of, more or less: about a
	// second's. One that is late alone says little, unless it is very late.
	recent = 16
)

// pulse knows how late things come of late: this process' own looks at the clock, and the
// answers to its probes. On a machine with too much to do, or in a process that was
// stopped, timers run out while the news that would have stopped them waits unread. Any
// goroutine may call it.
type pulse struct {
	mu    sync.Mutex
	last  time.Time     // look at the clock, without the monotonic one, which sleeps with the machine
	usual time.Duration // delay; a mean that forgets
}

func (p *pulse) start(now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last = now.Round(0)
}

// beat tells the time since the beat before.
func (p *pulse) beat(now time.Time) (gap time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now = now.Round(0)
	gap = now.Sub(p.last)
	p.last = now
	p.usual = p.with(gap - beatEvery)
	return gap
}

// delayed notes that an answer took d.
func (p *pulse) delayed(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.usual = p.with(d)
}

// with is the usual delay once d is among them. mu must be held.
func (p *pulse) with(d time.Duration) time.Duration { return p.usual + (max(d, 0)-p.usual)/recent }

// grace is how long a member that is taken for dead may object.
func (p *pulse) grace(now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	usual := max(p.usual, p.with(now.Round(0).Sub(p.last)-beatEvery)) // the next beat may be late already
	if usual < calm {
		return 0
	}
	return min(objections*usual, maxGrace)
}
