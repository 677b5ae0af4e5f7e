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
	if g := p.grace(now); g != 0 {
		t.Errorf("all calm: %v", g)
	}
	p.delayed(150 * time.Millisecond)
	if g := p.grace(now); g != 0 {
		t.Errorf("one answer was late: %v", g)
	}
	for range 3 {
		second(150 * time.Millisecond)
	}
	if g := p.grace(now); g < 500*time.Millisecond || g > objections*150*time.Millisecond {
		t.Errorf("answers take 150 ms: %v", g)
	}
	for range 3 {
		second(time.Millisecond)
	}
	if g := p.grace(now); g != 0 {
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
	if g := p.grace(now); g < 0 {
		t.Errorf("before the last beat: %v", g)
	}
}
