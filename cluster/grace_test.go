package cluster

import (
	"testing"
	"time"
)

func TestPulse_GraceFollowsTheUsualDelay(t *testing.T) {
	now := time.Unix(1000, 0)
	pass := func(d time.Duration) { now = now.Add(d) }
	p := new(pulse)
	p.start(now)
	second := func(delay time.Duration) {
		for range 10 {
			pass(beatEvery + delay)
			p.beat(now)
		}
	}
	second(time.Millisecond)
	if g := p.grace(now); g != leastGrace {
		t.Errorf("all calm: %v", g)
	}
	pass(2 * beatEvery)
	p.beat(now)
	if g := p.grace(now); g > 3*leastGrace {
		t.Errorf("one look was late: %v", g)
	}
	for range 3 {
		second(100 * time.Millisecond)
	}
	if g := p.grace(now); g < time.Second || g > graceFactor*100*time.Millisecond {
		t.Errorf("looks are 100 ms late: %v", g)
	}
	for range 12 {
		second(time.Millisecond)
	}
	if g := p.grace(now); g > leastGrace+leastGrace/2 {
		t.Errorf("calm again: %v", g)
	}
	pass(5 * time.Second) // stopped; others ask before it has looked at the clock
	if g := p.grace(now); g < 2*time.Second || g > maxGrace {
		t.Errorf("stopped: %v", g)
	}
	if gap := p.beat(now); gap != 5*time.Second {
		t.Errorf("gap %v", gap)
	}
	pass(beatEvery)
	p.beat(now)
	if g := p.grace(now); g < 2*time.Second || g > maxGrace {
		t.Errorf("just stopped: %v", g)
	}
}
