package canvas

import (
	"math/rand/v2"
	"testing"
	"time"
)

var allowanceStart = time.Unix(1_800_000_000, 123)

func TestPace_Limit(t *testing.T) {
	for _, c := range []struct {
		pace Pace
		want Limit
	}{
		{Pace{}, Limit{}},
		{Pace{Rate: 0, Burst: 5}, Limit{}},
		{Pace{Rate: 200, Burst: 2000}, Limit{Every: 5_000_000, Burst: 2000}},
		{Pace{Rate: 3, Burst: 3}, Limit{Every: 333_333_334, Burst: 3}},
		{Pace{Rate: 0.2, Burst: 6}, Limit{Every: 5_000_000_000, Burst: 6}},
		{Pace{Rate: 1e12, Burst: 6}, Limit{Every: 1, Burst: 6}},
		{Pace{Rate: 1e-5, Burst: 1 << 26}, Limit{Every: 1e14, Burst: 31536}},
	} {
		if got := c.pace.Limit(); got != c.want {
			t.Errorf("%+v: %+v, want %+v", c.pace, got, c.want)
		}
	}
}

func TestAllowance_TakeGiveLeftNext(t *testing.T) {
	l, now, a := Pace{Rate: 0.2, Burst: 3}.Limit(), allowanceStart, Allowance(0)
	take := func(n int, wantWait time.Duration, wantOK bool) {
		t.Helper()
		after, wait, ok := a.Take(n, l, now)
		if wait != wantWait || ok != wantOK || !ok && after != a {
			t.Fatalf("take %d: wait %v, ok %v, want %v, %v", n, wait, ok, wantWait, wantOK)
		}
		a = after
	}
	left := func(want int, next time.Duration) {
		t.Helper()
		if got := a.Left(l, now); got != want {
			t.Fatalf("%d left, want %d", got, want)
		}
		switch at := a.Next(l, now); {
		case next == 0 && !at.IsZero(), next != 0 && at.Sub(now) != next:
			t.Fatalf("next in %v (%v), want %v", at.Sub(now), at, next)
		}
	}
	left(3, 0)
	take(4, 0, false)
	take(1, 0, true)
	left(2, 5*time.Second)
	take(2, 0, true)
	left(0, 5*time.Second)
	take(1, 5*time.Second, false)
	take(3, 15*time.Second, false)
	now = now.Add(4 * time.Second)
	left(0, time.Second)
	take(1, time.Second, false)
	now = now.Add(time.Second)
	left(1, 5*time.Second)
	take(1, 0, true)
	now = now.Add(7 * time.Second)
	left(1, 3*time.Second)
	a = a.Give(1, l)
	left(2, 3*time.Second)
	now = now.Add(3 * time.Second)
	left(3, 0)
	a = a.Give(3, l) // of a full one: no more than the burst
	left(3, 0)
	take(3, 0, true)
	left(0, 5*time.Second)
	a = max(a, l.EmptyAt(now.Add(2*time.Second))) // and unsure until 2 s later
	left(0, 7*time.Second)
	take(1, 7*time.Second, false)
}

// TestAllowance_NeverMore (I10): whatever is taken and given back when, no more is used from any
// moment on than the burst and what has come since then; and who waits as long as is said, gets it.
func TestAllowance_NeverMore(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	for range 200 {
		pace := Pace{Rate: 1 / (0.001 + random.Float64()*random.Float64()*20), Burst: 1 + random.IntN(50)}
		l, now, a := pace.Limit(), allowanceStart, Allowance(0)
		used := 0
		for range 500 {
			now = now.Add(time.Duration(random.Int64N(3 * l.Every)))
			n := 1 + random.IntN(l.Burst)
			before := a
			after, wait, ok := a.Take(n, l, now)
			if left := before.Left(l, now); ok != (n <= left) {
				t.Fatalf("%+v: %d were left, and %d were taken: %v", pace, left, n, ok)
			}
			if !ok {
				if _, _, then := before.Take(n, l, now.Add(wait)); !then {
					t.Fatalf("%+v: after the wait of %v it is refused", pace, wait)
				}
				if _, _, early := before.Take(n, l, now.Add(wait-1)); early {
					t.Fatalf("%+v: a nanosecond before the end of the wait of %v it is granted", pace, wait)
				}
				continue
			}
			a, used = after, used+n
			if random.IntN(3) == 0 {
				back := random.IntN(n + 1)
				a, used = a.Give(back, l), used-back
			}
			if most := float64(l.Burst) + pace.Rate*now.Sub(allowanceStart).Seconds(); float64(used) > most+1e-6 {
				t.Fatalf("%+v: %d used, at most %v", pace, used, most)
			}
		}
	}
}
