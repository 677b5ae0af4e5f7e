package main

import (
	"context"
	"time"

	"pixelplayground/cmd/pixelctl/loadtest/contend"

	"github.com/alecthomas/kong"
)

// testContend is the command "test contend".
type testContend struct {
	testFlags

	Clients   int           `placeholder:"N" default:"16" help:"Users that draw on the same pixels, up to 64."`
	Pixels    int           `placeholder:"N" default:"4" help:"How many pixels they draw on."`
	Rounds    int           `placeholder:"N" default:"50" help:"How often each draws in turn, all at once, and mixed with reading."`
	Staleness time.Duration `placeholder:"TIME" default:"500ms" help:"How old what someone reads may be: servers see pixels at different moments. 0: as if there was one server that does one thing at a time."`
}

// Help is the long form.
func (testContend) Help() string {
	return "Afterwards all users, and every target over HTTP, must have the same colours, and there must be an order of everything" +
		" that was drawn and read that explains what each of them saw and when."
}

// Run runs the test.
func (t *testContend) Run(ctx context.Context, s *server, parsed *kong.Context, std streams) error {
	fleet, err := t.fleet(s)
	if err != nil {
		return err
	}
	test, err := contend.New(contend.Config{
		Fleet: fleet, Clients: t.Clients, Pixels: t.Pixels, Rounds: t.Rounds, Staleness: t.Staleness,
	})
	return t.run(ctx, parsed, std, test, err)
}
