package main

import (
	"context"
	"time"

	"github.com/alecthomas/kong"

	"pixelplayground/cmd/pixelctl/loadtest"
)

// testStress is the command "test stress".
type testStress struct {
	testFlags

	Clients   int           `placeholder:"N" default:"100" help:"Users that are connected at the same time."`
	Rate      float64       `placeholder:"PIXELS" default:"100" help:"Pixels per second that they place in all. Each has its moment, whether or not those before were answered; 0: they only watch."`
	Stroke    int           `placeholder:"PIXELS" default:"1" help:"Pixels placed at once, as a stroke of a pen is."`
	Duration  time.Duration `placeholder:"TIME" default:"30s" help:"How long pixels are placed."`
	Churn     float64       `placeholder:"N" default:"0" help:"Users per second that leave; as many come."`
	Steady    float64       `placeholder:"SHARE" default:"0.5" help:"Share of the users that stay although there is churn. They place the pixels."`
	Viewports float64       `placeholder:"SHARE" default:"0" help:"Share of the users that see about a quarter of the canvas instead of all."`
	P99       time.Duration `name:"p99" placeholder:"TIME" help:"Fail if 1% of the pixels take longer than this until another user sees them."`
}

// Help is the long form.
func (testStress) Help() string {
	return "Latencies count from the moment when a pixel was due, so a server that stalls can't hide it. What each user must receive" +
		" follows from the sequence numbers between coming and leaving; anything missing or received twice is listed."
}

// Run runs the test.
func (t *testStress) Run(ctx context.Context, s *server, parsed *kong.Context, std streams) error {
	fleet, err := t.fleet(s)
	if err != nil {
		return err
	}
	test, err := loadtest.NewStress(loadtest.StressConfig{
		Fleet: fleet, Clients: t.Clients, Rate: t.Rate, Stroke: t.Stroke, Duration: t.Duration,
		Churn: t.Churn, Steady: t.Steady, Viewports: t.Viewports, P99: t.P99,
	})
	return t.run(ctx, parsed, std, test, err)
}
