//go:build linux

package main

import (
	"time"

	"pixelplayground/actors/canvas"
)

// schedule says when every pixel is to be placed. Strokes follow each other at a fixed interval,
// whatever becomes of those before, and go to the regions in turn. Where each placer has a region to
// itself, a pixel's sequence number tells which stroke it belongs to, and when that was due. Where many place in a region, the
// server may take two strokes that were due at about the same time in the other order.
type schedule struct {
	start   time.Time
	rate    float64 // pixels per second
	stroke  int     // pixels
	regions int
	base    []canvas.Position // of each region before the first stroke
	total   int               // strokes
}

// newSchedule makes a schedule of as many whole rounds over all regions as fit the duration, at
// least one.
func newSchedule(start time.Time, rate float64, stroke int, lasts time.Duration, base []canvas.Position) *schedule {
	rounds := int(lasts.Seconds() * rate / float64(stroke*len(base)))
	return &schedule{
		start: start, rate: rate, stroke: stroke, regions: len(base), base: base, total: max(rounds, 1) * len(base),
	}
}

// pixels is how many pixels are placed in all.
func (s *schedule) pixels() int { return s.total * s.stroke }

// due is when stroke k, counted from 0, is to be placed.
func (s *schedule) due(k int) time.Time {
	return s.start.Add(time.Duration(float64(k) * float64(s.stroke) / s.rate * float64(time.Second)))
}

// region is the region where stroke k goes.
func (s *schedule) region(k int) int { return k % s.regions }

// strokeOf is the stroke of the n-th pixel (from 1) that a region takes after its base.
func (s *schedule) strokeOf(region int, n uint64) int {
	return int((n-1)/uint64(s.stroke))*s.regions + region
}

// each calls f for the pixels that lead a region from one sequence number to another: with each due
// time, and the number of pixels that share it.
func (s *schedule) each(region int, from, to uint64, f func(due time.Time, pixels int)) {
	first := s.base[region].Seq
	for from = max(from, first); from < to; {
		k := s.strokeOf(region, from+1-first)
		if k >= s.total {
			return // not a pixel of the schedule
		}
		end := min(to, first+uint64((k/s.regions+1)*s.stroke))
		f(s.due(k), int(end-from))
		from = end
	}
}
