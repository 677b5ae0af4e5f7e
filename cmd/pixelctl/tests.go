package main

import (
	"context"
	"errors"

	"github.com/alecthomas/kong"

	"pixelplayground/cmd/pixelctl/loadtest"
	"pixelplayground/cmd/pixelctl/loadtest/chaos"
	"pixelplayground/cmd/pixelctl/loadtest/contend"
	"pixelplayground/cmd/pixelctl/loadtest/fleet"
)

// testBalance is the command "test balance".
type testBalance struct {
	testFlags
	loadtest.BalanceConfig
}

// Help is the long help text.
func (testBalance) Help() string {
	return "The users are counted by the server they are on while they are connected. Nobody else should come or go meanwhile," +
		" or the number of users can't be compared."
}

// Run runs the test.
func (t *testBalance) Run(ctx context.Context, s *server, parsed *kong.Context, std streams) error {
	return t.run(ctx, s, parsed, std, func(f fleet.Config) (loadTest, error) {
		t.Fleet = f
		return loadtest.NewBalance(t.BalanceConfig)
	})
}

// testStress is the command "test stress".
type testStress struct {
	testFlags
	loadtest.StressConfig
}

// Help is the long help text.
func (testStress) Help() string {
	return "Latencies count from the moment when a pixel was due, so a server that stalls can't hide it. What each user must receive" +
		" follows from the sequence numbers between coming and leaving; anything missing or received twice is listed."
}

// Run runs the test.
func (t *testStress) Run(ctx context.Context, s *server, parsed *kong.Context, std streams) error {
	return t.run(ctx, s, parsed, std, func(f fleet.Config) (loadTest, error) {
		t.Fleet = f
		return loadtest.NewStress(t.StressConfig)
	})
}

// testContend is the command "test contend".
type testContend struct {
	testFlags
	contend.Config
}

// Help is the long help text.
func (testContend) Help() string {
	return "Afterwards all users, and every target over HTTP, must have the same colours, and there must be an order of everything" +
		" that was drawn and read that explains what each of them saw and when."
}

// Run runs the test.
func (t *testContend) Run(ctx context.Context, s *server, parsed *kong.Context, std streams) error {
	return t.run(ctx, s, parsed, std, func(f fleet.Config) (loadTest, error) {
		t.Fleet = f
		return contend.New(t.Config)
	})
}

// testChaos is the command "test chaos".
type testChaos struct {
	testFlags
	chaos.Config
}

// Help is the long help text.
func (testChaos) Help() string {
	return "Users draw while servers are killed. For each kill it shows who lost the connection, when they were back and could draw, and how" +
		" long regions stood still. At the end every pixel that was acknowledged must be on the canvas exactly once, and every place" +
		" must show who wrote it last in the order of sequence numbers. Give --target all servers, or their load balancer."
}

// Run runs the test.
func (t *testChaos) Run(ctx context.Context, s *server, parsed *kong.Context, std streams) error {
	return t.run(ctx, s, parsed, std, func(f fleet.Config) (loadTest, error) {
		t.Fleet = f
		return chaos.New(t.Config)
	})
}

// testSoak is the command "test soak".
type testSoak struct {
	testFlags
	loadtest.SoakConfig
}

// Help is the long help text.
func (testSoak) Help() string {
	return "Users draw for hours while the servers' memory, goroutines and file descriptors are watched. None of them may rise by more than a tenth" +
		" during the second half: that is the median of the slopes between all pairs of samples, times the length of that half. Ctrl-C" +
		" ends the test and judges what there is."
}

// Run runs the test.
func (t *testSoak) Run(ctx context.Context, s *server, parsed *kong.Context, std streams) error {
	err := t.run(ctx, s, parsed, std, func(f fleet.Config) (loadTest, error) {
		t.Fleet = f
		return loadtest.NewSoak(t.SoakConfig)
	})
	if errors.Is(err, errInterrupted) {
		return nil // a soak is usually ended by hand, to see how it went so far
	}
	return err
}
