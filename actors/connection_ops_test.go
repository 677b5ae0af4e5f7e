package actors

import (
	"testing"
	"time"
)

func TestBucket_TakesRefillsAndSaysWhen(t *testing.T) {
	start := time.Unix(0, 0)
	steps := []struct {
		after time.Duration // since start
		n     int
		ok    bool
		wait  time.Duration // within 2 ms
		left  int
	}{
		{0, 15, true, 0, 5},
		{0, 6, false, 100 * time.Millisecond, 5},
		{100 * time.Millisecond, 6, true, 0, 0},
		{time.Second, 9, true, 0, 0},         // 9 came in 0.9 s
		{10 * time.Second, 21, false, 0, 20}, // more than the bucket holds: never
		{10 * time.Second, 20, true, 0, 0},
		{time.Hour, 0, true, 0, 20},
	}
	b := newBucket(10, 20, start)
	for i, s := range steps {
		now := start.Add(s.after)
		wait, ok := b.take(s.n, now)
		if ok != s.ok || wait < s.wait || wait > s.wait+2*time.Millisecond || b.remaining(now) != s.left {
			t.Errorf("step %d: take(%d) = %v, %v, left %d; want about %v, %v, left %d", i, s.n, wait, ok, b.remaining(now), s.wait, s.ok, s.left)
		}
	}
}

func TestBucket_ZeroRateIsNoLimit(t *testing.T) {
	b := newBucket(0, 0, time.Unix(0, 0))
	if _, ok := b.take(1<<30, time.Unix(0, 0)); !ok {
		t.Error("refused without a limit")
	}
}
