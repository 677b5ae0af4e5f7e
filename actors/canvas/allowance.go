package canvas

import (
	"math"
	"time"
)

// Limit is a Pace in whole numbers, so that allowances are reckoned exactly, wherever they are.
type Limit struct {
	Every int64 // nanoseconds until one more pixel is free; 0: there is no limit
	Burst int   // pixels
}

// LongestFill bounds the time in which an allowance fills: Unix nanoseconds fit an int64 until the
// year 2262. A pace that would take longer than a century has a smaller burst.
const LongestFill = 100 * 365 * 24 * time.Hour

// Limit rounds the pace down to whole nanoseconds a pixel.
func (p Pace) Limit() Limit {
	if p.Rate <= 0 {
		return Limit{}
	}
	every := max(int64(math.Min(math.Ceil(1e9/p.Rate), float64(LongestFill))), 1)
	return Limit{Every: every, Burst: max(min(p.Burst, int(int64(LongestFill)/every)), 1)}
}

// Fill is how long an empty allowance takes to be full.
func (l Limit) Fill() time.Duration { return time.Duration(l.Every * int64(l.Burst)) }

// Allowance is what is left of a Limit, as one number: when it will be full again if nothing more is
// taken, in Unix nanoseconds. If that is past, it is full; so the zero Allowance is. (This is the
// generic cell rate algorithm, GCRA, of ITU-T I.371, whose theoretical arrival time it is.)
type Allowance int64

// EmptyAt is the allowance of which nothing was left at a time.
func (l Limit) EmptyAt(at time.Time) Allowance { return Allowance(at.UnixNano() + int64(l.Fill())) }

// Take takes n pixels, or says how long to wait until they are there; 0: for ever, since n is more
// than the burst.
func (a Allowance) Take(n int, l Limit, now time.Time) (after Allowance, wait time.Duration, ok bool) {
	switch {
	case l.Every == 0:
		return a, 0, true
	case n > l.Burst:
		return a, 0, false
	}
	at := now.UnixNano()
	after = max(a, Allowance(at)) + Allowance(int64(n)*l.Every)
	if over := int64(after) - at - int64(l.Fill()); over > 0 {
		return a, time.Duration(over), false
	}
	return after, 0, true
}

// Give puts back n pixels that were taken and not used.
func (a Allowance) Give(n int, l Limit) Allowance { return max(a-Allowance(int64(n)*l.Every), 0) }

// Left is how many pixels could be taken now.
func (a Allowance) Left(l Limit, now time.Time) int {
	missing := int64(a) - now.UnixNano()
	if missing <= 0 || l.Every == 0 {
		return l.Burst
	}
	return max(l.Burst-int((missing+l.Every-1)/l.Every), 0)
}

// Next is when one more pixel than now will be left; zero: none will, since it is full.
func (a Allowance) Next(l Limit, now time.Time) time.Time {
	missing := int64(a) - now.UnixNano()
	if missing <= 0 || l.Every == 0 {
		return time.Time{}
	}
	// Left rises when what is missing falls to a multiple of Every. While nothing is left, that is
	// the burst less one pixel.
	over := missing - int64(l.Fill()) + l.Every
	if over <= 0 {
		over = (missing-1)%l.Every + 1
	}
	return now.Add(time.Duration(over))
}
