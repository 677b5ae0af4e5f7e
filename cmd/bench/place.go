//go:build linux

package main

import (
	"fmt"
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
	for _, m := range c.placers {
		if m.waiting > 0 {
			return false
		}
	}
	return true
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
