//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"pixelplayground/cmd/pixelctl/loadtest/target"
)

// load describes what a crowd is shown.
type load struct {
	Viewers int           `default:"1000" min:"1" help:"Connections that follow the whole canvas."`
	Rate    float64       `default:"10000" above:"0" help:"Pixels placed per second, on all regions in turn."`
	Stroke  int           `default:"1" min:"1" max:"4096" help:"Pixels in one stroke: one message, one op."`
	Time    time.Duration `default:"5s" min:"1s" why:"CPU time comes in steps of 10ms" help:"How long they are placed."`
	People  int           `default:"0" min:"0" help:"So many of the viewers place, each a person with a cookie, and with the allowance that a server gives without settings. With 0, 16 clients place whom nothing limits, and who are no viewers."`

	churn float64 // viewers that leave per second, replaced by as many; then half of the viewers stay, and only what those see counts
	never int     // viewers that stop reading once they have joined; what the others see counts
}

// warmUp is how long the same load runs before the measurement.
const warmUp = 2 * time.Second

// fanout is the command.
type fanout struct {
	load   `embed:""`
	Churn  float64 `default:"0" min:"0" max:"1000" why:"the crowd's only thread must have time for the viewers that stay" help:"Viewers per second that leave; as many come. Half of the viewers stay then, and what they see counts."`
	Rounds int     `default:"3" min:"1" help:"How often all is measured; the median counts."`
}

// Validate is called by kong.
func (f *fanout) Validate() error {
	if f.Churn > 0 && f.Viewers < 2 {
		return fmt.Errorf("viewers %d: must be at least 2, since half of them come and go", f.Viewers)
	}
	switch {
	case f.People > f.Viewers:
		return fmt.Errorf("people %d: must be at most as many as viewers, who they are", f.People)
	case f.People > 0 && f.Churn > 0:
		return fmt.Errorf("people %d: must be 0 with churn", f.People)
	}
	return nil
}

func (f *fanout) Run(s *site) error {
	s.sayf("\n%d viewers, %g pixels/s in strokes of %d, %v, %d rounds", f.Viewers, f.Rate, f.Stroke, f.Time, f.Rounds)
	if f.People > 0 {
		s.sayf("%d of the viewers place, %g pixels/s each; each has an allowance of its own of %g pixels/s, %d at once", f.People, f.Rate/float64(f.People), usualRate, usualBurst)
	}
	if f.Churn > 0 {
		s.sayf("%g viewers leave per second and as many come; half of them stay, and what they see counts", f.Churn)
	}
	f.churn = f.Churn
	s.sayf("%s", fanoutHeader)
	all, err := rounds(s, f.Rounds, func() (figures, error) { return f.measure(s) })
	if err == nil {
		s.sayf("%s  median", medianOf(all))
	}
	return err
}

// rounds measures several times, and prints a line for each.
func rounds[T fmt.Stringer](s *site, n int, measure func() (T, error)) (all []T, err error) {
	for range n {
		round, err := measure()
		if err != nil {
			return nil, err
		}
		s.sayf("%s", round)
		all = append(all, round)
	}
	return all, nil
}

// measure runs one round: first the server with its crowd, then the raw loop with as many sockets,
// bytes and ticks as the server needed.
func (l load) measure(s *site) (figures, error) {
	f, err := l.shown(s)
	if err != nil {
		return f, fmt.Errorf("server: %w", err)
	}
	if f.writes > 0 && l.Viewers > 0 {
		if f.raw, err = s.written(l.Viewers, f.tick()); err != nil {
			return f, fmt.Errorf("raw loop: %w", err)
		}
	}
	return f, nil
}

// shown measures a server with its crowd.
func (l load) shown(s *site) (f figures, err error) {
	v, c, end, err := s.stage(l.limits()...)
	if err != nil {
		return f, err
	}
	defer end(&err)
	if c.cookies, err = guests(v.addr, l.People); err != nil {
		return f, err
	}
	viewers, err := c.join(v.addr, l.Viewers)
	if err != nil {
		return f, err
	}
	for i := range l.never {
		if err := c.ignore(viewers[i*len(viewers)/l.never]); err != nil {
			return f, err
		}
	}
	if c.placers = viewers[:l.People]; l.People == 0 {
		err = c.recruit(v.addr, c.regions)
	}
	if err != nil {
		return f, err
	}
	stay := l.Viewers - l.never
	if l.churn > 0 {
		stay -= l.Viewers / 2
		c.churn = newChurn(v.addr, l.churn, time.Now(), viewers[stay:])
	}
	if f, err = l.loaded(c, v, stay); err == nil {
		f.viewers = l.Viewers
		f.memory, err = v.memory()
	}
	return f, err
}

// What a server allows each person without settings.
const usualRate, usualBurst = 200.0, 2000

// limits are the server's settings for people; none without.
func (l load) limits() []string {
	if l.People == 0 {
		return nil
	}
	return []string{fmt.Sprintf("--rate=%g", usualRate), fmt.Sprintf("--burst=%d", usualBurst)}
}

// guests are the cookies of so many people.
func guests(at netip.AddrPort, people int) ([]string, error) {
	cookies := make([]string, people)
	for i := range cookies {
		shown, err := target.Guest(context.Background(), "ws://"+at.String()+"/ws")
		if err != nil {
			return nil, fmt.Errorf("get a cookie: %w", err)
		}
		if cookies[i] = shown.Get("Cookie"); cookies[i] == "" {
			return nil, errors.New("get a cookie: the server gives none")
		}
	}
	return cookies, nil
}

// stage starts a server, and a crowd that has no members yet; end stops both, and adds what goes wrong then to an error.
func (s *site) stage(limits ...string) (v *server, c *crowd, end func(*error), err error) {
	if v, err = s.serve(limits...); err != nil {
		return nil, nil, nil, err
	}
	if c, err = newCrowd(geometry.Regions()); err != nil {
		return nil, nil, nil, errors.Join(err, v.stop())
	}
	return v, c, func(err *error) {
		c.close()
		*err = errors.Join(*err, v.stop())
	}, nil
}

// loaded places for a while and measures the outcome. The crowd must have joined.
func (l load) loaded(c *crowd, v *server, viewers int) (figures, error) {
	if _, err := l.draw(c, warmUp, viewers); err != nil {
		return figures{}, fmt.Errorf("warm up: %w", err)
	}
	stop, err := v.meter()
	if err != nil {
		return figures{}, err
	}
	c.reset()
	plan, err := l.draw(c, l.Time, viewers)
	if err != nil && !errors.Is(err, errTimeout) { // after a timeout, what is missing is the result
		return figures{}, err
	}
	f := figures{
		placed: plan.pixels(), expected: int64(plan.pixels()) * int64(viewers), delivered: c.delivered, refused: c.refusals,
		p50: c.latency.at(50), p99: c.latency.at(99), most: c.latency.at(100), received: c.bytes,
	}
	f.usage, err = stop()
	return f, err
}

// patience is how long after the last stroke everything may take to arrive.
const patience = 10 * time.Second

// draw places on schedule, and takes turns until all viewers have seen all of it.
func (l load) draw(c *crowd, lasts time.Duration, viewers int) (*schedule, error) {
	before := c.delivered
	plan := c.follow(l.Rate, l.Stroke, lasts, c.bases(l.Stroke))
	expected := int64(plan.pixels()) * int64(viewers)
	err := c.run("show pixels", lasts+patience, func() bool {
		return c.settled() && c.delivered-before >= expected
	})
	c.schedule = nil
	return plan, err
}

// table is the command.
type table struct {
	Viewers []int         `default:"100,1000,5000,19000" min:"1" help:"Sizes of the crowd."`
	Rates   []float64     `default:"30,100,1000,10000" above:"0" help:"Pixels placed per second."`
	Stroke  int           `default:"1" min:"1" max:"4096" help:"Pixels in one stroke."`
	Time    time.Duration `default:"5s" min:"1s" why:"CPU time comes in steps of 10ms" help:"How long they are placed, for each."`
}

func (t *table) Run(s *site) error {
	s.sayf("\nstrokes of %d, %v each", t.Stroke, t.Time)
	s.sayf("viewers pixels/s %s", fanoutHeader)
	for _, viewers := range t.Viewers {
		for _, rate := range t.Rates {
			f, err := load{Viewers: viewers, Rate: rate, Stroke: t.Stroke, Time: t.Time}.measure(s)
			if err != nil {
				return fmt.Errorf("%d viewers, %g pixels/s: %w", viewers, rate, err)
			}
			s.sayf("%7d %8g %s", viewers, rate, f)
		}
	}
	return nil
}
