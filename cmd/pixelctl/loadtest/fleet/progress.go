package fleet

import (
	"context"
	"sync"
	"time"

	"pixelplayground/cmd/pixelctl/loadtest/report"
)

// progress is the phase that a test is in.
type progress struct {
	mu     sync.Mutex
	phase  string
	since  time.Time
	total  time.Duration
	median float64 // median of the last sample's latencies, in milliseconds
}

// Enter begins a phase. total is how long it takes; 0: unknown.
func (f *Fleet) Enter(phase string, total time.Duration) {
	p := &f.progress
	p.mu.Lock()
	defer p.mu.Unlock()
	p.phase, p.since, p.total = phase, time.Now(), total
}

// Status is report.Test's.
func (f *Fleet) Status() report.Status {
	p, k := &f.progress, &f.Counters
	p.mu.Lock()
	defer p.mu.Unlock()
	s := report.Status{
		Phase: p.phase, Total: p.total, Latency: p.median, Connected: int(k.Live.Load()), Clients: f.cfg.Clients,
		Counts: []report.Count{{Name: "pixels placed", N: k.Acked.Load()}, {Name: "pixels received", N: k.Pixels.Load()}},
	}
	if !p.since.IsZero() {
		s.Elapsed = time.Since(p.since)
	}
	return s
}

// Pace is an open load: it calls place for turn k at the moment when it is due, whatever became of
// the turns before, or at once if this program is late. It returns after n turns or when ctx is
// done.
func (f *Fleet) Pace(ctx context.Context, n int, every time.Duration, place func(k int, due time.Duration)) {
	begin := f.Now()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for k := range n {
		due := begin + time.Duration(k)*every
		if pause := due - f.Now(); pause > 0 {
			timer.Reset(pause)
			select {
			case <-timer.C:
			case <-ctx.Done():
				return
			}
		} else if ctx.Err() != nil {
			return
		}
		place(k, due)
	}
}

// maxPoints is how many points of a series are enough for a plot.
const maxPoints = 2000

// Sampler reads a fleet's counters at intervals.
type Sampler struct {
	fleet *Fleet
	every time.Duration

	Series []report.Series // read it when Run has returned
}

// NewSampler makes a sampler for a test that takes as long as lasts: it samples at an interval, or more
// seldom if that would be too many points.
func NewSampler(f *Fleet, every, lasts time.Duration) *Sampler {
	s := &Sampler{fleet: f, every: max(every, lasts/maxPoints)}
	for _, one := range [][2]string{
		{"acknowledged", "pixels/s"}, {"received", "pixels/s"}, {"received bytes", "MB/s"}, {"seen, median", "ms"}, {"seen, 99%", "ms"},
		{"acknowledged, median", "ms"}, {"acknowledged, 99%", "ms"}, {"clients", "clients"},
	} {
		s.Series = append(s.Series, report.Series{Name: one[0], Unit: one[1]})
	}
	return s
}

// Run samples until ctx is done.
func (s *Sampler) Run(ctx context.Context) {
	tick := time.NewTicker(s.every)
	defer tick.Stop()
	f, k := s.fleet, &s.fleet.Counters
	f.Sights.Cut()
	f.Acks.Cut()
	last, acked, pixels, bytes := f.Now(), k.Acked.Load(), k.Pixels.Load(), k.Bytes.Load()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		now := f.Now()
		seconds := (now - last).Seconds()
		seen, answers := f.Sights.Cut(), f.Acks.Cut()
		f.progress.mu.Lock()
		if f.progress.median = seen.P50; seen.Count == 0 {
			f.progress.median = answers.P50
		}
		f.progress.mu.Unlock()
		values := [...]float64{
			float64(k.Acked.Load()-acked) / seconds, float64(k.Pixels.Load()-pixels) / seconds, float64(k.Bytes.Load()-bytes) / seconds / 1e6,
			seen.P50, seen.P99, answers.P50, answers.P99, float64(k.Live.Load()),
		}
		for i, value := range values {
			s.Series[i].Add(now, value)
		}
		last, acked, pixels, bytes = now, k.Acked.Load(), k.Pixels.Load(), k.Bytes.Load()
	}
}
