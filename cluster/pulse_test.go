package cluster

import (
	"testing"
	"time"
)

func TestPulse_GraceFollowsTheUsualDelay(t *testing.T) {
	now := time.Unix(1000, 0)
	p := new(pulse)
	p.start(now)
	second := func(delay time.Duration) {
		for range 10 {
			now = now.Add(beatEvery)
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
	now = now.Add(5 * time.Second) // stopped; others ask before it has looked at the clock
	if g := p.grace(now); g < 2*time.Second || g > maxGrace {
		t.Errorf("stopped: %v", g)
	}
	if gap := p.beat(now); gap != 5*time.Second {
		t.Errorf("gap %v", gap)
	}
	now = now.Add(beatEvery)
	p.beat(now)
	if g := p.grace(now); g < 2*time.Second || g > maxGrace {
		t.Errorf("just stopped: %v", g)
	}
	now = now.Add(-time.Hour) // the clock was set
	if g := p.grace(now); g < leastGrace {
		t.Errorf("before the last beat: %v", g)
	}
}
