//go:build linux

package main

import (
	"fmt"
	"slices"
	"time"

	"github.com/gobwas/ws"
	"golang.org/x/sys/unix"

	"pixelplayground/actors/canvas"
	"pixelplayground/codec"
	"pixelplayground/transport/client/wire"
)

// geometry is the canvas of every server that is measured: the program's default.
var geometry = canvas.Geometry{Width: 1024, Height: 1024, Region: 256}

// follow sets up a schedule that starts in a moment.
func (c *crowd) follow(rate float64, stroke int, lasts time.Duration, base []canvas.Position) *schedule {
	c.schedule, c.placed = newSchedule(time.Now().Add(10*time.Millisecond), rate, stroke, lasts, base), 0
	return c.schedule
}

// place sends the strokes that are due, and sets the timer for the next one. A stroke whose
// placer's window is full stays due, and the time that it waits is part of its latency.
func (c *crowd) place(now time.Time) error {
	s := c.schedule
	if s == nil || c.placed == s.total {
		return nil
	}
	for ; c.placed < s.total; c.placed++ {
		due := s.due(c.placed)
		if due.After(now) {
			return c.setTimer(due.Sub(now))
		}
		region := s.region(c.placed)
		m := c.placers[c.placed%len(c.placers)]
		if m.waiting >= window {
			return nil
		}
		m.op++
		m.waiting++
		c.strokes[region]++
		frame := placeFrame(region, m.op, c.strokes[region], s.stroke)
		if n, err := unix.Write(m.fd, frame); err != nil || n < len(frame) {
			return fmt.Errorf("place: the server takes %d of %d bytes: %w", n, len(frame), err)
		}
	}
	return nil
}

// placeFrame encodes the n-th stroke in a region as a PLACE frame.
func placeFrame(region int, op, n uint64, pixels int) []byte {
	return wire.AppendFrame(nil, ws.OpBinary, codec.AppendPlace(nil, codec.Place{Op: op, Dots: stroke(region, n, pixels)}))
}

// stroke is a row of pixels in a region, at another place for each n.
func stroke(region int, n uint64, pixels int) []canvas.Dot {
	x0, y0, width, height := geometry.Bounds(canvas.RegionID(region))
	dots := make([]canvas.Dot, pixels)
	for i := range dots {
		at := (int(n)*7919 + i) % (width * height) // a prime, so that all pixels get their turn
		dots[i] = canvas.Dot{X: uint16(x0 + at%width), Y: uint16(y0 + at/width), Color: canvas.Color(n*2654435761) & 0xFFFFFF}
	}
	return dots
}

func (c *crowd) setTimer(wait time.Duration) error {
	spec := unix.ItimerSpec{Value: unix.NsecToTimespec(max(wait.Nanoseconds(), 1))}
	if err := unix.TimerfdSettime(c.timer, 0, &spec, nil); err != nil {
		return fmt.Errorf("set timer: %w", err)
	}
	return nil
}

// settled reports whether every stroke was placed and answered.
func (c *crowd) settled() bool {
	if c.schedule != nil && c.placed < c.schedule.total {
		return false
	}
	return !slices.ContainsFunc(c.placers, func(m *member) bool { return m.waiting > 0 })
}

// bases is where every region stands once everything placed has been answered: every pixel ever placed took one sequence
// number. Only the epoch comes from the server.
func (c *crowd) bases(stroke int) []canvas.Position {
	bases := make([]canvas.Position, len(c.strokes))
	for region, n := range c.strokes {
		bases[region].Seq = n * uint64(stroke)
	}
	return bases
}

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
