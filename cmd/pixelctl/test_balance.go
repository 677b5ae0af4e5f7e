package main

import (
	"context"
	"time"

	"github.com/alecthomas/kong"

	"pixelplayground/cmd/pixelctl/loadtest"
)

// testBalance is the command "test balance".
type testBalance struct {
	testFlags

	Clients   int           `placeholder:"N" default:"1000" help:"Users that connect."`
	Pixels    int           `placeholder:"N" default:"2000" help:"Pixels that are placed while all are connected: everyone must get each of them."`
	Rate      float64       `placeholder:"PIXELS" default:"200" help:"How many of them are placed per second, in all."`
	Nodes     int           `placeholder:"N" default:"0" help:"Servers that the users should be spread over. 0: those that the cluster tells, or that users were on."`
	Tolerance float64       `placeholder:"SHARE" default:"0.05" help:"By how much a server may differ from the mean even if chance does not explain it."`
	Settle    time.Duration `placeholder:"TIME" default:"1s" help:"How soon after the last has come or gone everyone must be shown the true number of users."`
}

// Help is the long form.
func (testBalance) Help() string {
	return "The users are counted by the server they are on while they are connected. Nobody else should come or go meanwhile," +
		" or the number of users can't be compared."
}

// Run runs the test.
func (t *testBalance) Run(ctx context.Context, s *server, parsed *kong.Context, std streams) error {
	fleet, err := t.fleet(s)
	if err != nil {
		return err
	}
	test, err := loadtest.NewBalance(loadtest.BalanceConfig{
		Fleet: fleet, Clients: t.Clients, Pixels: t.Pixels, Rate: t.Rate, Nodes: t.Nodes, Tolerance: t.Tolerance, Settle: t.Settle,
	})
	return t.run(ctx, parsed, std, test, err)
}
