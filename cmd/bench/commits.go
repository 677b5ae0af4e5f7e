//go:build linux

package main

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

// commits is the command.
type commits struct {
	Regions int           `default:"1" min:"1" max:"16" why:"that many the canvas has" help:"Regions that are painted."`
	Placers int           `default:"4" min:"1" help:"Clients for each region; each has always as many strokes under way as it may."`
	Stroke  int           `default:"1" min:"1" max:"4096" help:"Pixels in one stroke: one message, one op."`
	Time    time.Duration `default:"5s" min:"1s" why:"CPU time comes in steps of 10ms" help:"How long they place."`
	Rounds  int           `default:"3" min:"1" help:"How often all is measured; the median counts."`
}

// apart is the distance between the clients' first op numbers. Strokes of the same number go to the
// same place, and clients that paint together should not paint the same pixels.
const apart = 1009

// throughput is the outcome of one round.
type throughput struct {
	usage
	strokes int // acknowledged
	pixels  int
	redis   time.Duration // CPU of redis-server; 0: there is none
}

// commitsHeader names the figures. server and redis are how much of a core each of the two takes.
const commitsHeader = "  pixels/s strokes/s commits/s strokes/commit  server   redis CPU/Mstroke"

// String is a line under commitsHeader.
func (t throughput) String() string {
	seconds := t.lasts.Seconds()
	redis := "-"
	if t.redis > 0 {
		redis = fmt.Sprintf("%.1f%%", 100*t.redis.Seconds()/seconds)
	}
	return fmt.Sprintf("%10.0f %9.0f %9.0f %14.1f %6.1f%% %7s %11.2f",
		float64(t.pixels)/seconds, float64(t.strokes)/seconds, t.commits/seconds, float64(t.strokes)/t.commits,
		100*t.cpu.Seconds()/seconds, redis, t.cpu.Seconds()/(float64(t.strokes)/1e6))
}

func (m *commits) Run(s *site) error {
	s.sayf("\n%d regions, %d clients each with %d strokes of %d under way, %v, %d rounds",
		m.Regions, m.Placers, window, m.Stroke, m.Time, m.Rounds)
	redis, err := s.watchedRedis()
	if err != nil {
		return err
	}
	s.sayf("%s", commitsHeader)
	all, err := rounds(s, m.Rounds, func() (throughput, error) { return m.measure(s, redis) })
	if err == nil {
		s.sayf("%s  median", medianThroughput(all))
	}
	return err
}

// medianThroughput is the round with the median of pixels per second.
func medianThroughput(all []throughput) throughput {
	rate := func(t throughput) float64 { return float64(t.pixels) / t.lasts.Seconds() }
	slices.SortFunc(all, func(a, b throughput) int { return cmp.Compare(rate(a), rate(b)) })
	return all[len(all)/2]
}

// watchedRedis returns the process of the server's Redis, 0 if there is none, and prints where it
// runs.
func (s *site) watchedRedis() (process, error) {
	url := s.redisURL()
	if url == "" {
		return 0, nil
	}
	redis, err := redisProcess(url)
	if err != nil {
		return 0, err
	}
	status, err := redis.status()
	s.sayf("redis-server may run on cores %v", status.CpusAllowedList)
	return redis, err
}

func (m *commits) measure(s *site, redis process) (t throughput, err error) {
	v, c, end, err := s.stage()
	if err != nil {
		return t, err
	}
	defer end(&err)
	if err := c.recruit(v.addr, m.Regions*m.Placers); err != nil {
		return t, err
	}
	for i, placer := range c.placers {
		placer.op = uint64(i) * apart
	}
	if err := m.press(c, warmUp); err != nil {
		return t, fmt.Errorf("warm up: %w", err)
	}
	stop, err := v.meter()
	if err != nil {
		return t, err
	}
	before, err := redis.cpu()
	if err != nil {
		return t, err
	}
	c.reset()
	if err := m.press(c, m.Time); err != nil {
		return t, err
	}
	t.strokes, t.pixels = int(c.acked), int(c.acked)*m.Stroke
	after, err := redis.cpu()
	if err != nil {
		return t, err
	}
	t.redis = after - before
	if t.usage, err = stop(); err == nil && c.refusals > 0 {
		err = fmt.Errorf("%d strokes were refused", c.refusals)
	}
	return t, err
}

// press keeps every placer's window full for a while; this is a closed loop.
func (m *commits) press(c *crowd, lasts time.Duration) error {
	for end := time.Now().Add(lasts); time.Now().Before(end); {
		for i, placer := range c.placers {
			if err := placer.fill(i%m.Regions, m.Stroke); err != nil {
				return err
			}
		}
		if err := c.turn(); err != nil {
			return err
		}
	}
	return nil
}

// fill places until the window is full. Bytes that the socket does not take wait for the next call.
func (m *member) fill(region, pixels int) error {
	for ; m.waiting < window; m.waiting++ {
		m.op++
		m.unsent = append(m.unsent, placeFrame(region, m.op, m.op, pixels)...)
	}
	if len(m.unsent) == 0 {
		return nil
	}
	n, err := unix.Write(m.fd, m.unsent)
	if err != nil && err != unix.EAGAIN {
		return fmt.Errorf("place: %w", err)
	}
	m.unsent = m.unsent[:copy(m.unsent, m.unsent[max(n, 0):])]
	return nil
}
