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

	// A member taken for dead has leastGrace to object. If the usual delay is longer than calm, it
	// has objections times the difference more. 35 is how many delays of 20 ms make up memberlist's
	// own time to object.
	leastGrace = 200 * time.Millisecond
	objections = 35
	calm       = 5 * time.Millisecond
	maxGrace   = 4 * time.Second

	// A delay longer than the usual one moves that up by a rising-th of the difference, a shorter
	// one moves it down by a falling-th. So a single late one says little. If it is very late it
	// does count, for a second or two.
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
	return min(leastGrace+objections*max(usual-calm, 0), maxGrace)
}
