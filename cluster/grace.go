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
	pauseNoticed = 500 * time.Millisecond

	// A member taken for dead has leastGrace to object, and graceFactor times the part of our usual
	// delay above calm, but no more than maxGrace. 35 delays of 20 ms are memberlist's own time to
	// object. What comes before that is in Config: ProbeEvery and Suspicion.
	leastGrace  = 200 * time.Millisecond
	graceFactor = 35
	calm        = 5 * time.Millisecond
	maxGrace    = 4 * time.Second

	// A delay longer than the usual one moves that up by 1/rising of the difference, a shorter one
	// moves it down by 1/falling. So a single late one says little. If it is very late it does
	// count, for a second or two.
	rising, falling = 8, 32
)

// pulse knows how late this process has been recently in looking at the clock. On a machine with too
// much to do, or in a process that was stopped, timers run out while the news that would have
// stopped them waits unread. Any goroutine may call it.
type pulse struct {
	mu    sync.Mutex
	last  time.Time     // when it last looked at the clock
	usual time.Duration // usual delay: a mean of recent ones
}

func (p *pulse) start(now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last = now
}

// beat returns the time since the previous beat. A clock that was set does not change it.
func (p *pulse) beat(now time.Time) (gap time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	gap = now.Sub(p.last)
	p.last = now
	p.usual = p.with(gap - beatEvery)
	return gap
}

// with returns what the usual delay becomes with d. mu must be held.
func (p *pulse) with(d time.Duration) time.Duration {
	if d > p.usual {
		return p.usual + (d-p.usual)/rising
	}
	return p.usual + (max(d, 0)-p.usual)/falling
}

// grace is how long a member that is taken for dead may object.
func (p *pulse) grace(now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	usual := max(p.usual, p.with(now.Sub(p.last)-beatEvery)) // the next beat may be late already
	return min(leastGrace+graceFactor*max(usual-calm, 0), maxGrace)
}
