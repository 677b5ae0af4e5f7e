//go:build linux

package main

import (
	"time"

	"pixelplayground/actors/canvas"
)

// schedule says when every pixel is to be placed: strokes follow each other at one
// interval, whatever becomes of those before, and go to the regions in turn. One placer has
// a region to itself, so a pixel's place in the region's sequence tells which stroke it
// was of and when that was due.
type schedule struct {
	start   time.Time
	rate    float64 // pixels per second
	stroke  int     // pixels
	regions int
	base    []canvas.Position // of each region before the first stroke
	total   int               // strokes
}

// newSchedule is for as many whole rounds of all regions as fit the duration, at least one.
func newSchedule(start time.Time, rate float64, stroke int, lasts time.Duration, base []canvas.Position) *schedule {
	rounds := int(lasts.Seconds() * rate / float64(stroke*len(base)))
	return &schedule{
		start: start, rate: rate, stroke: stroke, regions: len(base), base: base, total: max(rounds, 1) * len(base),
	}
}

// pixels is how many are placed in all.
func (s *schedule) pixels() int { return s.total * s.stroke }

// due is when stroke k, counted from 0, is to be placed.
func (s *schedule) due(k int) time.Time {
	return s.start.Add(time.Duration(float64(k) * float64(s.stroke) / s.rate * float64(time.Second)))
}

// region is where stroke k goes.
func (s *schedule) region(k int) int { return k % s.regions }

// stroke of the n-th pixel (from 1) that a region takes after its base.
func (s *schedule) strokeOf(region int, n uint64) int {
	return int((n-1)/uint64(s.stroke))*s.regions + region
}

// each calls f with the due time of every pixel that leads a region from one sequence
// number to another, and how many pixels share it.
func (s *schedule) each(region int, from, to uint64, f func(due time.Time, pixels int)) {
	first := s.base[region].Seq
	for from = max(from, first); from < to; {
		k := s.strokeOf(region, from+1-first)
		if k >= s.total {
			return // not one of ours
		}
		end := min(to, first+uint64((k/s.regions+1)*s.stroke))
		f(s.due(k), int(end-from))
		from = end
	}
}
