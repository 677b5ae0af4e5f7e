package main

import (
	"math/rand/v2"
	"testing"
	"time"

	"pixelplayground/codec"
)

// bucket is the allowance as a server keeps it.
type bucket struct {
	rate, burst, left float64
	last              time.Time
}

func (b *bucket) take(pixels int, now time.Time) bool {
	b.left = min(b.burst, b.left+b.rate*now.Sub(b.last).Seconds())
	b.last = now
	if b.left < min(float64(pixels), b.burst) {
		return false
	}
	b.left -= float64(pixels)
	return true
}

// Goal: drawing uses the whole allowance, and is never refused. Method: in simulated time, messages
// take up to 40 ms to a server that has its own bucket.
func TestPace_TakesTheWholeAllowance(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	for _, limits := range []codec.Welcome{{Rate: 200, Burst: 2000}, {Rate: 7, Burst: 3}, {Rate: 0.5, Burst: 1}, {Rate: 1000, Burst: 300}, {Rate: 100, Burst: 100_000}} {
		start := time.Unix(1000, 0)
		server := bucket{limits.Rate, float64(limits.Burst), float64(limits.Burst), start}
		var p pace
		p.begin(limits, start)
		stroke, now, arrives := p.stroke(), start, start
		const strokes = 200
		for range strokes {
			for wait := p.take(stroke, now); wait > 0; wait = p.take(stroke, now) {
				now = now.Add(wait)
			}
			if at := now.Add(time.Duration(random.IntN(40)) * time.Millisecond); at.After(arrives) {
				arrives = at // a connection keeps the order
			}
			if !server.take(stroke, arrives) {
				t.Fatalf("%+v: a stroke of %d is refused after %v", limits, stroke, now.Sub(start))
			}
			p.answered(stroke)
		}
		ideal := max(0, float64(strokes*stroke)-float64(limits.Burst)) / limits.Rate
		if took := now.Sub(start).Seconds(); took > 1.05*ideal+0.1 {
			t.Errorf("%+v: took %.3f s, %.3f s would do", limits, took, ideal)
		}
	}
}

func TestPace_Stroke(t *testing.T) {
	for _, test := range []struct {
		rate  float64
		burst uint64
		want  int
	}{{0, 0, maxStroke}, {200, 2000, 20}, {1e9, 1e9, maxStroke}, {1000, 30, 30}, {0.1, 1, 1}, {5, 0, 1}} {
		var p pace
		p.begin(codec.Welcome{Rate: test.rate, Burst: test.burst}, time.Time{})
		if got := p.stroke(); got != test.want {
			t.Errorf("rate %g, burst %d: strokes of %d, want %d", test.rate, test.burst, got, test.want)
		}
	}
}

func TestPace_RefusedWaitsAndTakesTheServersWord(t *testing.T) {
	now := time.Unix(1000, 0)
	var p pace
	p.begin(codec.Welcome{Rate: 100, Burst: 1000}, now)
	if wait := p.take(500, now); wait != 0 {
		t.Fatalf("first stroke waits %v", wait)
	}
	p.refused(500, 20, 300*time.Millisecond, now)
	p.refused(0, 20, 100*time.Millisecond, now) // the refusal of an earlier op
	if wait := p.take(10, now); wait != 300*time.Millisecond {
		t.Errorf("waits %v, want what was asked for", wait)
	}
	now = now.Add(300 * time.Millisecond) // 30 pixels more
	if wait := p.take(60, now).Round(time.Millisecond); wait != 100*time.Millisecond {
		t.Errorf("waits %v for 10 pixels more at 100 a second", wait)
	}
	if wait := p.take(50, now); wait != 0 {
		t.Errorf("waits %v for what is left", wait)
	}
}

func TestPace_NewConnection(t *testing.T) {
	now := time.Unix(1000, 0)
	var p pace
	p.begin(codec.Welcome{Rate: 100, Burst: 1000}, now)
	p.take(900, now)
	p.end()
	if wait := p.take(1, now.Add(time.Hour)); wait != reconnectPause {
		t.Errorf("waits %v without a connection", wait)
	}
	p.begin(codec.Welcome{Rate: 100, Burst: 1000}, now) // a new connection, on which the 900 are placed again
	if wait := p.take(95, now); wait != 0 {
		t.Errorf("waits %v for what the new bucket has", wait)
	}
	if wait := p.take(10, now); wait == 0 {
		t.Error("takes what the ops placed again need")
	}
}

func TestPace_Full(t *testing.T) {
	var p pace
	if p.full(maxFlying + 1) {
		t.Error("the first op can never be placed")
	}
	p.take(maxFlying, time.Time{})
	if !p.full(1) {
		t.Error("more may be unanswered than said")
	}
	p.answered(1)
	if p.full(1) {
		t.Error("an answer makes no room")
	}
}
