package loadtest

import (
	"context"
	"math"
	"math/rand/v2"
	"time"

	"pixelplayground/cmd/pixelctl/loadtest/fleet"
)

// load places pixels, lets clients come and go, and samples once a second what happens.
func (s *Stress) load(ctx context.Context, writers []*fleet.Client) *fleet.Sampler {
	limited, cancel := context.WithTimeout(ctx, s.cfg.Duration)
	defer cancel()
	samples := fleet.NewSampler(s.Fleet, time.Second, s.cfg.Duration)
	s.crowd.Go(func() { samples.Run(limited) })
	if s.cfg.Churn > 0 {
		s.crowd.Go(func() { s.churn(limited, context.WithoutCancel(ctx)) })
	}
	s.place(ctx, writers) // with ctx and not limited: every stroke that is due gets placed, even if this program is late
	<-limited.Done()
	s.crowd.Wait()
	return samples
}

// place places the strokes. A client gets its stroke even if it is busy.
func (s *Stress) place(ctx context.Context, writers []*fleet.Client) {
	if s.cfg.Rate == 0 {
		return
	}
	every := time.Duration(float64(s.cfg.Stroke) / s.cfg.Rate * float64(time.Second))
	s.Pace(ctx, int(math.Round(float64(s.cfg.Duration)/float64(every))), every, func(k int, due time.Duration) {
		s.planned.Add(int64(s.cfg.Stroke))
		s.lag.Record(0, s.Now()-due, 1)
		_ = s.Paint(writers[k%len(writers)], due, s.cfg.Stroke) // counted as refused
	})
}

// churn replaces one client after another, each time the oldest that may leave, until limited is
// done. Clients that are on their way then may go on, even if the test is interrupted.
func (s *Stress) churn(limited, ctx context.Context) {
	tick := time.NewTicker(time.Duration(float64(time.Second) / s.cfg.Churn))
	defer tick.Stop()
	leaving := make(chan struct{}, maxLeaving)
	for {
		select {
		case <-tick.C:
		case <-limited.Done():
			return
		}
		if len(s.moving) == 0 || len(leaving) == maxLeaving {
			s.skipped.Add(1)
			continue
		}
		leaving <- struct{}{}
		c := <-s.moving
		s.crowd.Go(func() {
			s.replace(ctx, c)
			<-leaving
		})
	}
}

// replace makes a client leave and another one join.
func (s *Stress) replace(ctx context.Context, c *fleet.Client) {
	ctx, cancel := context.WithTimeout(ctx, leavePatience)
	defer cancel()
	c.Leave(ctx)
	_ = fleet.Wait(ctx, rand.N(50*time.Millisecond)) // so that leaving and joining don't always coincide
	fresh, err := s.Join(ctx, c.View)
	s.churned.Add(1)
	if err != nil {
		s.mu.Lock()
		s.failures = append(s.failures, err)
		s.mu.Unlock()
		return
	}
	s.moving <- fresh
}
