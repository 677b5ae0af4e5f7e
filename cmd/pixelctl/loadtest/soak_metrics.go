package loadtest

import (
	"context"
	"fmt"
	"math"
	"net/url"
	"slices"
	"time"

	"pixelplayground/cmd/pixelctl/loadtest/report"
	"pixelplayground/cmd/pixelctl/loadtest/target"
)

// soakMeasure is one of the things that must not grow.
type soakMeasure struct {
	name   string // of the verdict
	metric string
	unit   string
	scale  float64 // units per unit of the metric
	floor  float64 // units by which it may always rise: the effect of a few requests more or less
}

func soakMeasures() []soakMeasure {
	return []soakMeasure{
		{"memory", "process_resident_memory_bytes", "MB", 1e-6, 16},
		{"goroutines", "go_goroutines", "goroutines", 1, 20},
		{"descriptors", "process_open_fds", "file descriptors", 1, 20},
	}
}

// soakServer is what one server reported about itself. It belongs to one goroutine at a time.
type soakServer struct {
	url      string
	name     string
	started  float64     // Unix seconds; of the process
	at       []float64   // seconds since the test began
	y        [][]float64 // by measure, then as at; only what every answer has
	since    int         // index of the first sample of the process that runs now
	restarts int
	failed   error // why the last request failed; nil: the server answered
}

// newSoakServer makes a soakServer for the address of a server's metrics.
func newSoakServer(address string) *soakServer {
	s := &soakServer{url: address, name: address, y: make([][]float64, len(soakMeasures()))}
	if u, err := url.Parse(address); err == nil && u.Host != "" {
		s.name = u.Host
	}
	return s
}

// sample asks the server for its metrics.
func (s *soakServer) sample(ctx context.Context, now time.Duration) {
	gauges, err := target.Metrics(ctx, s.url)
	if ctx.Err() != nil {
		return // the test is over
	}
	if err == nil {
		err = s.take(now.Seconds(), gauges)
	}
	s.failed = err
}

// take records an answer.
func (s *soakServer) take(at float64, gauges map[string]float64) error {
	var values []float64
	for _, m := range soakMeasures() {
		v, there := gauges[m.metric]
		if !there {
			return fmt.Errorf("metrics: there is no %s", m.metric)
		}
		values = append(values, v*m.scale)
	}
	if started, there := gauges["process_start_time_seconds"]; there {
		if len(s.at) > 0 && started != s.started {
			s.restarts++
			s.since = len(s.at)
		}
		s.started = started
	}
	s.at = append(s.at, report.Round(at))
	for i, v := range values {
		s.y[i] = append(s.y[i], report.Round(v))
	}
	return nil
}

// growth is the growth of one measure since the server's last start.
func (s *soakServer) growth(measure int) growth {
	return growthOf(s.at[s.since:], s.y[measure][s.since:])
}

const (
	// soakLeast is how many samples the second half of a test must have, so that a single odd one,
	// for example during a garbage collection, does not decide.
	soakLeast = 20
	// soakAllowed is how much a quantity may rise during the second half, as a fraction of its
	// level. That covers its own fluctuations over the hours of a soak.
	soakAllowed = 0.1
	// soakPairs bounds the samples that are compared in pairs, to a million comparisons.
	soakPairs = 1500
)

// growth is how a quantity changed in the second half of a test. The first half is ignored: that is
// when caches and pools fill.
type growth struct {
	Samples int     // in the second half
	Level   float64 // their median
	Slope   float64 // per second
	Rise    float64 // slope times the length of the second half
}

// growthOf measures growth; at must be rising.
func growthOf(at, y []float64) growth {
	if len(at) == 0 {
		return growth{}
	}
	middle := (at[0] + at[len(at)-1]) / 2
	first, _ := slices.BinarySearch(at, middle)
	at, y = at[first:], y[first:]
	g := growth{Samples: len(at), Level: report.Median(slices.Sorted(slices.Values(y))), Slope: theilSen(at, y)}
	g.Rise = g.Slope * (at[len(at)-1] - at[0])
	return g
}

// enough reports whether there were enough samples to say anything.
func (g growth) enough() bool { return g.Samples >= soakLeast }

// allowed is how much the quantity may rise: soakAllowed of its level, or floor if that is more.
func (g growth) allowed(floor float64) float64 { return max(soakAllowed*g.Level, floor) }

// theilSen is the median of the slopes between all pairs of points: up to 29% of them may be
// arbitrarily wrong (P. K. Sen, "Estimates of the regression coefficient based on Kendall's tau",
// 1968). It is 0 when there are no two points at different times.
func theilSen(at, y []float64) float64 {
	step := int(math.Ceil(float64(len(at)) / soakPairs))
	var slopes []float64
	for i := 0; i < len(at); i += step {
		for j := i + step; j < len(at); j += step {
			if at[j] > at[i] {
				slopes = append(slopes, (y[j]-y[i])/(at[j]-at[i]))
			}
		}
	}
	slices.Sort(slopes)
	return report.Median(slopes)
}
