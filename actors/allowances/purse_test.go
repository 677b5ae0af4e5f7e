package allowances

import (
	"testing"
	"time"

	"pixelplayground/actors/canvas"
)

// TestPurse_Allocations: an op that a lease covers costs no message and no memory.
func TestPurse_Allocations(t *testing.T) {
	now := time.Now()
	p := NewPurse(&Pod{}, canvas.Person{Subject: canvas.Subject{1}, Pace: canvas.Pace{Rate: 200, Burst: 2000}}, true)
	p.leases[0].left, p.leases[0].until = 1<<20, now.Add(time.Hour)
	if n := testing.AllocsPerRun(1000, func() {
		if !p.Take(nil, 3, now).OK {
			t.Fatal("not covered")
		}
		p.Remaining(now)
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

// What can't be had is not asked for again before its time, and more of it waits longer.
func TestLease_Covers(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	l := lease{limit: canvas.Pace{Rate: 10, Burst: 20}.Limit(), left: 5, until: now.Add(leaseTime)}
	for _, c := range []struct {
		after time.Duration
		n     int
		want  Taken
	}{
		{0, 5, Taken{OK: true}},
		{0, 6, Taken{Waits: true}},
		{0, 21, Taken{Why: canvas.RefusedRate}},
		{leaseTime, 5, Taken{Waits: true}}, // it has to be back by then
	} {
		if got := l.covers(c.n, now.Add(c.after)); got != c.want {
			t.Errorf("%d after %v: %+v, want %+v", c.n, c.after, got, c.want)
		}
	}
	l = lease{limit: l.limit, tooMuch: 3, before: now.Add(200 * time.Millisecond)}
	for n, want := range map[int]Taken{
		2: {Waits: true}, 3: {Why: canvas.RefusedRate, Retry: 200 * time.Millisecond}, 5: {Why: canvas.RefusedRate, Retry: 400 * time.Millisecond},
	} {
		if got := l.covers(n, now); got != want {
			t.Errorf("%d too early: %+v, want %+v", n, got, want)
		}
	}
}
