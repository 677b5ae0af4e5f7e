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
	// settingNoticed is how far a clock must be set to be told of: daemons that keep it right
	// slew less than that.
	settingNoticed = time.Second

	// A member taken for dead has leastGrace to answer the question whether it is, and
	// objections times the usual delay more where that is longer than calm: so many
	// delays is what memberlist's own time to object comes to when each is 20 ms.
	leastGrace = 200 * time.Millisecond
	objections = 35
	calm       = 5 * time.Millisecond
	maxGrace   = 4 * time.Second

	// A longer delay than the usual counts for one in rising of it, a shorter one for one
	// in falling: one that is late alone says little, unless it is very late, but then it
	// says something for a second or two.
	rising, falling = 8, 32
)

// pulse knows how late things come of late: this process' own looks at the clock, and the
// answers to its probes. On a machine with too much to do, or in a process that was
// stopped, timers run out while the news that would have stopped them waits unread. Any
// goroutine may call it.
type pulse struct {
	mu    sync.Mutex
	last  moment        // look at the clock
	usual time.Duration // delay; a mean of late
}

// moment is a time by two clocks: the one on the wall, which somebody may set, and the time
// since the machine was started, which nobody sets and which goes on while it sleeps.
type moment struct {
	wall time.Time
	up   time.Duration
}

func (p *pulse) start(now moment) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last = now
}

// beat tells the time since the beat before, and how far the clock on the wall was set
// meanwhile.
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

// with is the usual delay once d is among them. mu must be held.
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
