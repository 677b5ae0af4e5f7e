package actors

import "time"

// bucket is a token bucket of pixels.
type bucket struct {
	rate  float64 // pixels per second; 0: no limit
	burst float64 // pixels
	left  float64 // at the time of last
	last  time.Time
}

func newBucket(rate float64, burst int, now time.Time) bucket {
	return bucket{rate: rate, burst: float64(burst), left: float64(burst), last: now}
}

// take removes n pixels, or returns how long to wait until it could; 0: never, because n is more
// than the bucket holds.
func (b *bucket) take(n int, now time.Time) (wait time.Duration, ok bool) {
	if b.rate == 0 {
		return 0, true
	}
	b.refill(now)
	need := float64(n)
	switch {
	case need > b.burst:
		return 0, false
	case need > b.left:
		// A millisecond more, so that rounding does not make the caller early.
		return time.Duration((need-b.left)/b.rate*float64(time.Second)) + time.Millisecond, false
	}
	b.left -= need
	return 0, true
}

// give puts back n pixels that were taken.
func (b *bucket) give(n int, now time.Time) {
	if b.rate > 0 {
		b.refill(now)
		b.left = min(b.burst, b.left+float64(n))
	}
}

func (b *bucket) refill(now time.Time) {
	if elapsed := now.Sub(b.last); elapsed > 0 {
		b.left = min(b.burst, b.left+b.rate*elapsed.Seconds())
		b.last = now
	}
}

// remaining is what could be taken now, in pixels.
func (b *bucket) remaining(now time.Time) int {
	b.refill(now)
	return int(b.left)
}
