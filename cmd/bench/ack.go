//go:build linux

package main

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// acknowledged is the command "ack".
type acknowledged struct {
	Times int           `default:"1000" min:"1" help:"How many pixels are placed, one after the other."`
	Pause time.Duration `default:"5ms" min:"0s" help:"How long nothing happens before the next pixel."`
}

// ackFrame is a frame with the ACK of one op, in bytes: the header, array, type, ops and left.
const ackFrame = 2 + 1 + 2 + 1 + 3 + 9

// warmUps is how many pixels come before those that count.
const warmUps = 100

// acksHeader is the header above lines of answers' times.
const acksHeader = "                                    p50       p90       p99       max"

func (d durations) line(name string) string {
	return fmt.Sprintf("%-30s%9s %9s %9s %9s", name, fine(d.at(50)), fine(d.at(90)), fine(d.at(99)), fine(d.at(100)))
}

// fine prints a duration in milliseconds, to the microsecond.
func fine(d time.Duration) string { return fmt.Sprintf("%.3fms", float64(d.Nanoseconds())/1e6) }

func (a *acknowledged) Run(s *site) error {
	place, kept := s.scratch, "the disk"
	if url := s.redisURL(); url != "" {
		place, kept = url, "Redis"
	}
	s.sayf("\none client places %d single pixels, %v after each answer; time from place to ack", a.Times, a.Pause)
	s.sayf("%s", acksHeader)
	server, err := a.placed(s)
	if err != nil {
		return fmt.Errorf("server: %w", err)
	}
	s.sayf("%s", server.line("server"))
	echo, err := a.echoed(s, nowhere)
	if err != nil {
		return fmt.Errorf("echo: %w", err)
	}
	s.sayf("%s", echo.line("echo"))
	least, err := a.echoed(s, place)
	if err != nil {
		return fmt.Errorf("echo by way of %s: %w", kept, err)
	}
	s.sayf("%s", least.line("echo by way of "+kept))
	ratio := func(percent float64) float64 { return server.at(percent).Seconds() / least.at(percent).Seconds() }
	s.sayf("%-30s%9.2f %9.2f %9.2f %9.2f", "ratio of server to that", ratio(50), ratio(90), ratio(99), ratio(100))
	return nil
}

// placed times how long the server takes to acknowledge a pixel.
func (a *acknowledged) placed(s *site) (_ durations, err error) {
	v, c, end, err := s.stage()
	if err != nil {
		return durations{}, err
	}
	defer end(&err)
	if err := c.recruit(v.addr, 1); err != nil {
		return durations{}, err
	}
	m := c.placers[0]
	w, err := a.repeat(c, m, func() []byte {
		m.op++
		m.waiting++
		return placeFrame(0, m.op, m.op, 1)
	}, func() bool { return m.waiting == 0 })
	if err == nil && c.refusals > 0 {
		err = fmt.Errorf("%d pixels were refused", c.refusals)
	}
	return w, err
}

// echoed times the raw loop, which answers requests with replies of the same sizes, and keeps each
// request at place.
func (a *acknowledged) echoed(s *site, place string) (durations, error) {
	loop, c, end, err := s.rawStage(1)
	if err != nil {
		return durations{}, err
	}
	defer end()
	request := placeFrame(0, uint64(a.Times), uint64(a.Times), 1)
	done := loop.order("echo %d %d %d %s", len(request), ackFrame, warmUps+a.Times, place)
	m := c.members[len(c.members)-1] // the only one
	sent := int64(0)
	w, err := a.repeat(c, m, func() []byte {
		sent++
		return request
	}, func() bool { return m.bytes == sent*ackFrame || done() })
	if err != nil {
		return durations{}, err
	}
	return w, loop.await(c, "echo", patience, done)
}

// repeat writes one request after another, and times the answers.
func (a *acknowledged) repeat(c *crowd, m *member, request func() []byte, answered func() bool) (durations, error) {
	took := newDurations()
	for i := range warmUps + a.Times {
		if err := c.rest(a.Pause); err != nil {
			return durations{}, err
		}
		frame := request()
		began := time.Now()
		if n, err := unix.Write(m.fd, frame); err != nil || n < len(frame) {
			return durations{}, fmt.Errorf("place: %d of %d bytes are taken: %w", n, len(frame), err)
		}
		if err := c.run("answer", patience, answered); err != nil {
			return durations{}, err
		}
		if i >= warmUps {
			took.add(time.Since(began), 1)
		}
	}
	return took, nil
}
