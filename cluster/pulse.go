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
	// settingNoticed is how far a clock must be set for it to be logged: daemons that keep a clock
	// right slew it by less.
	settingNoticed = time.Second

	// A member taken for dead has leastGrace to answer whether it is. If the usual delay is longer
	// than calm, it has objections times the difference more. 35 is how many delays of 20 ms make up
	// memberlist's own time to object.
	leastGrace = 200 * time.Millisecond
	objections = 35
	calm       = 5 * time.Millisecond
	maxGrace   = 4 * time.Second

	// A delay longer than the usual one moves that up by a rising-th of the difference, a shorter
	// one moves it down by a falling-th. So a single late one says little. If it is very late it
	// does count, for a second or two.
	rising, falling = 8, 32
)

// pulse knows how late things have been recently: this process's own looks at the clock, and the
// answers to its probes. On a machine with too much to do, or in a process that was stopped, timers
// run out while the news that would have stopped them waits unread. Any goroutine may call it.
type pulse struct {
	mu    sync.Mutex
	last  moment        // when it last looked at the clock
	usual time.Duration // usual delay: a mean of recent ones
}

// moment is a time on two clocks: the wall clock, which somebody may set, and the time since the
// machine started, which nobody sets and which goes on while the machine sleeps.
type moment struct {
	wall time.Time
	up   time.Duration
}

func (p *pulse) start(now moment) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last = now
}

// beat returns the time since the previous beat, and how far the wall clock was set meanwhile.
func (p *pulse) beat(now moment) (gap, set time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	gap = now.up - p.last.up
	set = now.wall.Round(0).Sub(p.last.wall.Round(0)) - gap
	p.last = now
	p.usual = p.with(gap - beatEvery)
	return gap, set
}

// delayed notes that an answer took d.
func (p *pulse) delayed(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.usual = p.with(d)
}

// with returns what the usual delay becomes with d. mu must be held.
func (p *pulse) with(d time.Duration) time.Duration {
	if d > p.usual {
		return p.usual + (d-p.usual)/rising
	}
	return p.usual + (max(d, 0)-p.usual)/falling
}

// grace is how long a member that is taken for dead may object.
func (p *pulse) grace(now moment) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	usual := max(p.usual, p.with(now.up-p.last.up-beatEvery)) // the next beat may be late already
	return min(leastGrace+objections*max(usual-calm, 0), maxGrace)
}
