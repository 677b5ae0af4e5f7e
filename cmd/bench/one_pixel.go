//go:build linux

package main

import (
	"fmt"
	"time"
)

// one is the command.
type one struct {
	Viewers int `default:"19000" min:"2" why:"half of them are timed, too" help:"Connections that follow the whole canvas."`
	Times   int `default:"9" min:"1" help:"How many pixels are placed, one after the other; the median counts."`
}

// oneFrame is a frame with one pixel, in bytes: what the raw loop writes.
const oneFrame = 31

// quiet is the pause before the next pixel.
const quiet = 300 * time.Millisecond

// arrival is how long one pixel took to some of the viewers.
type arrival struct{ half, last time.Duration }

func (o *one) Run(s *site) error {
	s.sayf("\none pixel on a quiet canvas, %d viewers, median of %d: time until half and all of them have it", o.Viewers, o.Times)
	server, err := o.shown(s)
	if err != nil {
		return fmt.Errorf("server: %w", err)
	}
	raw, err := o.written(s)
	if err != nil {
		return fmt.Errorf("raw loop: %w", err)
	}
	s.sayf("             half       all")
	s.sayf("server  %9s %9s", short(server.half), short(server.last))
	s.sayf("raw     %9s %9s", short(raw.half), short(raw.last))
	s.sayf("ratio   %9.2f %9.2f", server.half.Seconds()/raw.half.Seconds(), server.last.Seconds()/raw.last.Seconds())
	return nil
}

func (o *one) shown(s *site) (_ arrival, err error) {
	v, c, end, err := s.stage()
	if err != nil {
		return arrival{}, err
	}
	defer end(&err)
	if _, err := c.join(v.addr, o.Viewers); err != nil {
		return arrival{}, err
	}
	if err := c.recruit(v.addr, c.regions); err != nil {
		return arrival{}, err
	}
	return o.repeat(c, func() error {
		bases := c.bases(1)
		c.schedule = &schedule{start: time.Now(), rate: 1, stroke: 1, regions: c.regions, base: bases, total: 1}
		c.placed = 0
		return nil
	}, func() int64 { return c.delivered })
}

func (o *one) written(s *site) (arrival, error) {
	loop, c, end, err := s.rawStage(o.Viewers)
	if err != nil {
		return arrival{}, err
	}
	defer end()
	done := func() bool { return true } // the last order is carried out
	return o.repeat(c, func() error {
		if err := loop.await(c, "write", patience, done); err != nil {
			return err
		}
		done = loop.order("write %d %d %d", oneFrame, time.Second.Nanoseconds(), 1)
		return nil
	}, func() int64 { return c.bytes / oneFrame })
}

// repeat sends one pixel several times, and measures when half and when all of the viewers have it.
func (o *one) repeat(c *crowd, start func() error, seen func() int64) (arrival, error) {
	var all []arrival
	for range o.Times {
		if err := c.rest(quiet); err != nil {
			return arrival{}, err
		}
		c.reset()
		began := time.Now()
		if err := start(); err != nil {
			return arrival{}, err
		}
		var a arrival
		err := c.run("show one pixel", patience, func() bool {
			n := seen()
			if a.half == 0 && n >= int64(o.Viewers/2) {
				a.half = time.Since(began)
			}
			a.last = time.Since(began)
			return n >= int64(o.Viewers) && c.settled()
		})
		if err != nil {
			return arrival{}, err
		}
		all = append(all, a)
	}
	return arrival{
		half: median(all, func(a arrival) time.Duration { return a.half }),
		last: median(all, func(a arrival) time.Duration { return a.last }),
	}, nil
}
