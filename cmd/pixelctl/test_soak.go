package main

import (
	"context"
	"errors"
	"time"

	"github.com/alecthomas/kong"

	"pixelplayground/cmd/pixelctl/loadtest"
)

// testSoak is the command "test soak".
type testSoak struct {
	testFlags

	Metrics  []string      `placeholder:"URL" help:"Where the servers tell their metrics. Default: /metrics at each target."`
	Sample   time.Duration `placeholder:"TIME" default:"10s" help:"From one look at the metrics to the next."`
	Clients  int           `placeholder:"N" default:"100" help:"Users that draw."`
	Rate     float64       `placeholder:"PIXELS" default:"100" help:"Pixels per second that they place in all."`
	Duration time.Duration `placeholder:"TIME" default:"4h" help:"How long pixels are placed."`
}

// Help is the long form.
func (testSoak) Help() string {
	return "Users draw for hours while the servers' memory, goroutines and file descriptors are watched. None of them may rise by more than a tenth" +
		" during the second half: that is the median of the slopes between all pairs of samples, times the length of that half. Ctrl-C" +
		" ends the test and judges what there is."
}

// Run runs the test.
func (t *testSoak) Run(ctx context.Context, s *server, parsed *kong.Context, std streams) error {
	fleet, err := t.fleet(s)
	if err != nil {
		return err
	}
	test, err := loadtest.NewSoak(loadtest.SoakConfig{
		Fleet: fleet, Metrics: t.Metrics, Sample: t.Sample, Clients: t.Clients, Rate: t.Rate,
		Duration: t.Duration,
	})
	if err = t.run(ctx, parsed, std, test, err); errors.Is(err, errInterrupted) {
		return nil // whoever ends a soak wants to know how it went so far
	}
	return err
}
