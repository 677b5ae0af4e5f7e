package main

import (
	"context"
	"time"

	"pixelplayground/cmd/pixelctl/loadtest/chaos"

	"github.com/alecthomas/kong"
)

// testChaos is the command "test chaos".
type testChaos struct {
	testFlags

	Kill     string        `placeholder:"COMMAND" help:"Shell command that takes a server away, for example \"kubectl delete pod playground-{n}\". {n} is the number of the kill, from 0 on; \"$$(({n} % 3))\" makes it go round."`
	PID      []int         `name:"pid" placeholder:"PID,..." help:"Instead of a command: server processes on this computer, each killed once with kill -9."`
	Every    time.Duration `placeholder:"TIME" default:"15s" help:"From kill to kill. The first comes after this time, the last as long before the end."`
	Clients  int           `placeholder:"N" default:"100" help:"Users that draw."`
	Rate     float64       `placeholder:"PIXELS" default:"500" help:"Pixels per second that they place in all."`
	Duration time.Duration `placeholder:"TIME" default:"1m" help:"How long pixels are placed."`
	Settle   time.Duration `placeholder:"TIME" default:"30s" help:"How long everyone may take to be back, and every pixel to be answered, when the drawing is over."`
	MaxPause time.Duration `placeholder:"TIME" default:"2s" help:"Fail if a region that is drawn on shows nothing new for longer; 0: any time will do."`
}

// Help is the long form.
func (testChaos) Help() string {
	return "Users draw while servers are killed. For each kill it shows who lost the connection, when they were back and could draw, and how" +
		" long regions stood still. At the end every pixel that was acknowledged must be on the canvas exactly once, and every place" +
		" must show who wrote it last in the order of sequence numbers. Give --target all servers, or their load balancer."
}

// Run runs the test.
func (t *testChaos) Run(ctx context.Context, s *server, parsed *kong.Context, std streams) error {
	fleet, err := t.fleet(s)
	if err != nil {
		return err
	}
	test, err := chaos.New(chaos.Config{
		Fleet: fleet, Clients: t.Clients, Rate: t.Rate, Duration: t.Duration,
		Kill: t.Kill, PIDs: t.PID, Every: t.Every, Settle: t.Settle, MaxPause: t.MaxPause,
	})
	return t.run(ctx, parsed, std, test, err)
}
