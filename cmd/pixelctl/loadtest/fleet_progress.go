package loadtest

import (
	"context"
	"sync"
	"time"
)

// progress is where a test is, for its Status.
type progress struct {
	mu     sync.Mutex
	phase  string
	since  time.Time
	total  time.Duration
	median float64 // milliseconds
}

// enter begins a phase that takes so long; 0: it isn't known.
func (p *progress) enter(phase string, total time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.phase, p.since, p.total = phase, time.Now(), total
}

// latency says what the last second's median was.
func (p *progress) latency(median float64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.median = median
}

func (p *progress) status() Status {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := Status{Phase: p.phase, Total: p.total, Latency: p.median}
	if !p.since.IsZero() {
		s.Elapsed = time.Since(p.since)
	}
	return s
}

// sampler reads a fleet's counters once a second, or less often in a long test: its series
// stay below 2,000 points.
type sampler struct {
	fleet *Fleet
	begin time.Duration // of the report's time

	at                         []float64
	placed, received, bytes    []float64 // per second
	median, p99, acks, clients []float64
}

// maxPoints bounds a series; beyond, every other point is dropped and the pace halved.
const maxPoints = 2000

func newSampler(f *Fleet, begin time.Duration) *sampler { return &sampler{fleet: f, begin: begin} }

// run samples until ctx is done. tell gets each median.
func (s *sampler) run(ctx context.Context, tell func(float64)) {
	every := time.Second
	tick := time.NewTicker(every)
	defer tick.Stop()
	s.fleet.Sights.Cut()
	s.fleet.Acks.Cut()
	k := &s.fleet.Counters
	last, acked, pixels, bytes := s.fleet.Now(), k.Acked.Load(), k.Pixels.Load(), k.Bytes.Load()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		now := s.fleet.Now()
		seconds := (now - last).Seconds()
		seen, placed := s.fleet.Sights.Cut(), s.fleet.Acks.Cut()
		s.at = append(s.at, round((now - s.begin).Seconds()))
		s.placed = append(s.placed, round(float64(k.Acked.Load()-acked)/seconds))
		s.received = append(s.received, round(float64(k.Pixels.Load()-pixels)/seconds))
		s.bytes = append(s.bytes, round(float64(k.Bytes.Load()-bytes)/seconds/1e6))
		s.median, s.p99, s.acks = append(s.median, seen.P50), append(s.p99, seen.P99), append(s.acks, placed.P50)
		s.clients = append(s.clients, float64(k.Live.Load()))
		last, acked, pixels, bytes = now, k.Acked.Load(), k.Pixels.Load(), k.Bytes.Load()
		tell(seen.P50)
		if len(s.at) == maxPoints {
			s.thin()
			every *= 2
			tick.Reset(every)
		}
	}
}

// thin drops every other point.
func (s *sampler) thin() {
	for _, y := range []*[]float64{&s.at, &s.placed, &s.received, &s.bytes, &s.median, &s.p99, &s.acks, &s.clients} {
		kept := (*y)[:0]
		for i := 1; i < len(*y); i += 2 {
			kept = append(kept, (*y)[i])
		}
		*y = kept
	}
}

// series is what was sampled, for the report.
func (s *sampler) series() []Series {
	named := func(name, unit string, y []float64) Series { return Series{Name: name, Unit: unit, At: s.at, Y: y} }
	return []Series{
		named("acknowledged", "pixels/s", s.placed), named("received", "pixels/s", s.received), named("received bytes", "MB/s", s.bytes),
		named("seen, median", "ms", s.median), named("seen, 99%", "ms", s.p99), named("acknowledged, median", "ms", s.acks),
		named("clients", "clients", s.clients),
	}
}
