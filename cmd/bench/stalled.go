//go:build linux

package main

import "fmt"

// stalled is the command.
type stalled struct {
	load   `embed:""`
	Share  float64 `default:"0.05" above:"0" help:"Part of the viewers that stop reading once they have joined."`
	Rounds int     `default:"3" min:"1" help:"How often all is measured; the median counts."`
}

// slowdown is how many times longer viewers that read must wait when others don't read.
type slowdown struct{ p50, p99 float64 }

// Validate is called by kong.
func (st *stalled) Validate() error {
	if st.People > 0 {
		return fmt.Errorf("people %d: must be 0, since those who never read are not to place", st.People)
	}
	if st.Share >= 1 || int(st.Share*float64(st.Viewers)) < 1 {
		return fmt.Errorf("share %g: must be more than none and less than all of the viewers", st.Share)
	}
	return nil
}

func (st *stalled) Run(s *site) error {
	s.sayf("\n%d viewers, %g pixels/s in strokes of %d, %v, %d rounds; each first with all reading, then with %g%% that never do",
		st.Viewers, st.Rate, st.Stroke, st.Time, st.Rounds, 100*st.Share)
	s.sayf("%s   memory at most", serverHeader)
	var rounds []slowdown
	for range st.Rounds {
		all, err := st.measure(s, 0)
		if err != nil {
			return fmt.Errorf("all read: %w", err)
		}
		some, err := st.measure(s, int(st.Share*float64(st.Viewers)))
		if err != nil {
			return fmt.Errorf("some never read: %w", err)
		}
		rounds = append(rounds, slowdown{some.p50.Seconds() / all.p50.Seconds(), some.p99.Seconds() / all.p99.Seconds()})
	}
	s.sayf("latency of those who read: p50 %.2f times, p99 %.2f times what it is when all do",
		median(rounds, func(d slowdown) float64 { return d.p50 }), median(rounds, func(d slowdown) float64 { return d.p99 }))
	return nil
}

func (st *stalled) measure(s *site, never int) (figures, error) {
	st.never = never
	f, err := st.shown(s)
	if err == nil {
		s.sayf("%s   %.1f MB", f, megabytes(f.memory.peak))
	}
	return f, err
}
