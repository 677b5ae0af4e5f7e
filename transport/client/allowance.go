package client

import (
	"math"
	"time"

	"pixelplayground/codec"
)

// allowance is how many pixels may still be placed. The server says so with its answers; between two
// of them it refills. It is guarded by Client.mu.
type allowance struct {
	rate  float64 // pixels per second; 0: no limit
	burst float64
	left  float64 // at the time of at, with the part of the pixel that is to come
	at    time.Time
	ahead time.Duration // how far the server's clock is ahead of ours at least, by what it has said last
}

// clock hears what time the server says that it is. That has passed when it arrives, so the one that
// is farthest ahead counts.
func (a *allowance) clock(server, now time.Time, anew bool) {
	if ahead := server.Sub(now); anew || ahead > a.ahead {
		a.ahead = ahead
	}
}

func (a *allowance) open(rate float64, burst uint64, now time.Time) {
	if rate != a.rate || float64(burst) != a.burst {
		a.rate, a.burst, a.left, a.at = rate, float64(burst), float64(burst), now
	}
}

// heard takes over what the server says with an answer. If it has not counted all that was sent, it
// can only lower what is left.
func (a *allowance) heard(left uint64, next codec.Free, answered bool, now time.Time) {
	expected, exact := a.now(now), float64(left)
	switch {
	case next.Said && next.At == 0:
		exact = a.burst
	case next.Said:
		until := time.UnixMilli(int64(next.At)).Add(-a.ahead).Sub(now)
		part := 1 - a.rate*max(0, until.Seconds())
		if left > 0 {
			part = max(0, part)
		}
		exact += part
	}
	if !answered {
		exact = min(exact, expected)
	}
	a.left, a.at = exact, now
}

func (a *allowance) spend(pixels int, now time.Time) {
	a.left, a.at = a.now(now)-float64(pixels), now
}

func (a *allowance) now(now time.Time) float64 {
	return min(a.burst, a.left+a.rate*max(0, now.Sub(a.at).Seconds()))
}

// rounding is what sums of floats may be off, in pixels.
const rounding = 1e-6

// stroke is how many of so many pixels to place at once, and when: after a while if there is a
// wait.
func (a *allowance) stroke(most int, now time.Time) (pixels int, wait time.Duration) {
	most = min(most, codec.MaxPlacePixels)
	if a.rate == 0 {
		return most, 0
	}
	left := a.now(now)
	pixels = min(most, int(max(1, a.rate/strokesPerSecond, math.Floor(left+rounding))), int(max(1, a.burst)))
	if missing := min(float64(pixels), a.burst) - left; missing > rounding {
		wait = time.Duration(math.Ceil(missing / a.rate * float64(time.Second)))
	}
	return pixels, wait
}
