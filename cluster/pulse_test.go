package cluster

import (
	"testing"
	"time"
)

func TestPulse_GraceFollowsTheUsualDelay(t *testing.T) {
	now := moment{wall: time.Unix(1000, 0), up: time.Hour}
	pass := func(d time.Duration) { now = moment{now.wall.Add(d), now.up + d} }
	p := new(pulse)
	p.start(now)
	second := func(delay time.Duration) {
		for range 10 {
			pass(beatEvery)
			p.beat(now)
			p.delayed(delay)
		}
	}
	second(time.Millisecond)
	if g := p.grace(now); g != leastGrace {
		t.Errorf("all calm: %v", g)
	}
	p.delayed(100 * time.Millisecond)
	if g := p.grace(now); g > 3*leastGrace {
		t.Errorf("one answer was late: %v", g)
	}
	for range 3 {
		second(100 * time.Millisecond) // and looks at the clock are on time
	}
	if g := p.grace(now); g < time.Second || g > objections*100*time.Millisecond {
		t.Errorf("answers take 100 ms: %v", g)
	}
	for range 6 {
		second(time.Millisecond)
	}
	if g := p.grace(now); g > leastGrace+leastGrace/2 {
		t.Errorf("calm again: %v", g)
	}
	pass(5 * time.Second) // stopped; others ask before it has looked at the clock
	if g := p.grace(now); g < 2*time.Second || g > maxGrace {
		t.Errorf("stopped: %v", g)
	}
	if gap, set := p.beat(now); gap != 5*time.Second || set != 0 {
		t.Errorf("gap %v, set by %v", gap, set)
	}
	pass(beatEvery)
	p.beat(now)
	if g := p.grace(now); g < 2*time.Second || g > maxGrace {
		t.Errorf("just stopped: %v", g)
	}
	before := p.grace(now)
	for _, by := range []time.Duration{-time.Hour, time.Hour} { // the clock is set
		pass(beatEvery)
		now.wall = now.wall.Add(by)
		if gap, set := p.beat(now); gap != beatEvery || set != by {
			t.Errorf("gap %v, set by %v; want %v and %v", gap, set, beatEvery, by)
		}
	}
	if g := p.grace(now); g > before {
		t.Errorf("the clock was set, and grace grew from %v to %v", before, g)
	}
}

// TestThisMoment_GoesOn with the clock on the wall, as long as nobody sets it.
func TestThisMoment_GoesOn(t *testing.T) {
	first := thisMoment()
	<-time.After(20 * time.Millisecond)
	then := thisMoment()
	up, wall := then.up-first.up, then.wall.Sub(first.wall)
	if up < 20*time.Millisecond || (up-wall).Abs() > time.Second {
		t.Errorf("%v passed by one clock, %v by the other", up, wall)
	}
}
