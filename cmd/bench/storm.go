//go:build linux

package main

import (
	"net/netip"
	"slices"
	"time"

	"pixelplayground/actors/canvas"
)

// storm is the command.
type storm struct {
	Clients int           `default:"5000" min:"1" help:"How many come back."`
	Within  time.Duration `default:"1s" above:"0s" help:"The time in which they do."`
	Rate    float64       `default:"1000" above:"0" help:"Pixels placed per second, before and meanwhile."`
	Stroke  int           `default:"1" min:"1" max:"4096" help:"Pixels in one stroke."`
	Missed  time.Duration `default:"1s" help:"How long ago they were cut off,"`
	Spread  time.Duration `default:"100ms" help:"and over which time: they stand at as many positions as there were ticks in it."`
}

// before is how long pixels are placed before anyone is cut off, so that the regions have a history.
const before = 2 * time.Second

func (st *storm) Run(s *site) (err error) {
	s.sayf("\n%d clients resume all %d regions within %v; %g pixels/s in strokes of %d; cut off %v ago over %v",
		st.Clients, geometry.Regions(), st.Within, st.Rate, st.Stroke, st.Missed, st.Spread)
	v, c, end, err := s.stage()
	if err != nil {
		return err
	}
	defer end(&err)
	pilot, err := c.join(v.addr, 1)
	if err != nil {
		return err
	}
	if err := c.recruit(v.addr, c.regions); err != nil {
		return err
	}
	lasts := before + st.Spread + st.Missed + st.Within + patience
	c.follow(st.Rate, st.Stroke, lasts, c.bases(st.Stroke))
	if err := c.rest(before); err != nil {
		return err
	}
	held, err := st.positions(c, pilot[0])
	if err != nil {
		return err
	}
	if err := c.rest(st.Missed); err != nil {
		return err
	}
	return st.come(s, c, v, held)
}

// positions records where a viewer stands, moment by moment.
func (st *storm) positions(c *crowd, pilot *member) (held [][]canvas.Position, err error) {
	held = append(held, slices.Clone(pilot.held))
	end := time.Now().Add(st.Spread)
	err = c.run("note positions", st.Spread+patience, func() bool {
		if !slices.Equal(held[len(held)-1], pilot.held) {
			held = append(held, slices.Clone(pilot.held))
		}
		return time.Now().After(end)
	})
	return held, err
}

// come runs the storm.
func (st *storm) come(s *site, c *crowd, v *server, held [][]canvas.Position) error {
	memoryBefore, err := v.memory()
	if err != nil {
		return err
	}
	if err := v.resetPeak(); err != nil {
		return err
	}
	stop, err := v.meter()
	if err != nil {
		return err
	}
	began := time.Now()
	clients, err := st.connect(c, v.addr, held, began)
	if err != nil {
		return err
	}
	if err := c.catchUp("catch up", clients); err != nil {
		return err
	}
	used, err := stop()
	if err != nil {
		return err
	}
	memoryAfter, err := v.memory()
	if err != nil {
		return err
	}
	st.report(s, c, clients, began)
	s.sayf("server: %.2f s CPU, %.1f MB before, %.1f MB more at most, from %d positions",
		used.cpu.Seconds(), megabytes(memoryBefore.now), megabytes(memoryAfter.peak-memoryBefore.now), len(held))
	return nil
}

// connect connects the clients, evenly over the time.
func (st *storm) connect(c *crowd, to netip.AddrPort, held [][]canvas.Position, began time.Time) ([]*member, error) {
	clients := make([]*member, 0, st.Clients)
	for len(clients) < st.Clients {
		due := int(float64(st.Clients)*float64(time.Since(began))/float64(st.Within)) + 1
		for len(clients) < min(due, st.Clients) {
			m, err := c.viewer(to, held[len(clients)%len(held)], "")
			if err != nil {
				return nil, err
			}
			clients = append(clients, m)
		}
		if err := c.turn(); err != nil {
			return nil, err
		}
	}
	return clients, nil
}

func (st *storm) report(s *site, c *crowd, clients []*member, began time.Time) {
	var last time.Time
	each := newDurations()
	for _, m := range clients {
		each.add(m.caught.Sub(m.came), 1)
		if m.caught.After(last) {
			last = m.caught
		}
	}
	s.sayf("caught up: all after %s; each p50 %s, p99 %s, max %s after it connected", short(last.Sub(began)),
		short(each.at(50)), short(each.at(99)), short(each.at(100)))
	if c.refusals > 0 {
		s.sayf("%d strokes were refused", c.refusals)
	}
}
