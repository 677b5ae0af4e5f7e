//go:build linux

// Command bench measures the whole server. It starts the real program as a process on one
// core and a crowd of viewers on another, places pixels through the real protocol on a fixed
// schedule, and reports what arrived, when, and what it cost. In the same run, on the same
// cores, it measures the least work that delivers the same bytes: a loop that writes to each
// socket once per tick. The ratio of the two is meaningful on any machine, busy or not.
//
// It is for people: `make bench` runs it, and BENCHMARKS.md keeps its results. No test depends on
// what it measures.
package main

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/alecthomas/kong"

	"pixelplayground/cmd/commandline"
)

// options is the command line.
type options struct {
	site `embed:""`

	Fanout  fanout       `cmd:"" help:"Pixels placed at a rate, shown to a crowd: deliveries, latency, and CPU against the raw loop."`
	Table   table        `cmd:"" help:"Fanout for crowds and rates of many sizes, once each."`
	Idle    idle         `cmd:"" help:"Memory of connections that follow the whole canvas and do nothing."`
	One     one          `cmd:"" help:"One pixel on a quiet canvas, shown to everyone: how long until the last has it."`
	Stalled stalled      `cmd:"" help:"What viewers that never read cost those who do."`
	Ack     acknowledged `cmd:"" help:"One client, one pixel on a quiet canvas: how long until it is acknowledged, against an echo."`
	Commits commits      `cmd:"" help:"Placed as fast as the server answers: pixels, strokes and commits per second."`
	Storm   storm        `cmd:"" help:"Clients that all come back at once and resume, as after the death of a pod."`

	Version kong.VersionFlag `help:"Show the version."`

	Raw raw `cmd:"" hidden:"" help:"The raw loop, as the other commands start it."`
}

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintf(os.Stderr, "bench: %v\n", err)
		os.Exit(1)
	}
}

// run measures what the command line asks for; figures go to out.
func run(args []string, out io.Writer) error {
	var given options
	command, err := commandline.Parse(&given, args, out, out, append(commandline.Options(),
		kong.Name("bench"), kong.Description("Measure the server as a whole, against the raw loop."))...)
	if err != nil {
		return commandline.Explain(err)
	}
	if command == nil {
		return nil
	}
	s := &given.site
	if command.Command() != "raw" {
		defer func() { _ = os.RemoveAll(s.scratch) }()
		if err := s.prepare(out); err != nil {
			return err
		}
	}
	return command.Run(s)
}

// site is where everything runs.
type site struct {
	Server     string   `placeholder:"FILE" help:"The server's program. Default: built from ./cmd/playground."`
	Arg        []string `placeholder:"ARG" sep:"none" help:"Further argument for the server, for example --redis=redis://localhost; may be repeated."`
	Data       string   `placeholder:"DIR" help:"Directory under which each server gets an empty data directory. Default: the system's for temporary files."`
	ServerCore int      `default:"0" help:"Core of the server, and of the raw loop."`
	ClientCore int      `default:"1" help:"Core of the crowd."`

	scratch string // directory for everything temporary
	out     io.Writer
}

// prepare builds the server unless one was given, and moves this process to its core.
func (s *site) prepare(out io.Writer) (err error) {
	s.out = out
	if s.scratch, err = os.MkdirTemp(s.Data, "playground-bench-"); err != nil {
		return fmt.Errorf("make scratch directory: %w", err)
	}
	if s.Server == "" {
		s.Server, err = build(s.scratch)
	}
	if err = cmp.Or(err, pinSelf(s.ClientCore)); err != nil {
		return err
	}
	s.sayf("server and raw loop on core %d, crowd on core %d; load average %s; %s",
		s.ServerCore, s.ClientCore, loadAverage(), time.Now().UTC().Format(time.DateTime))
	return nil
}

func (s *site) sayf(format string, args ...any) { fmt.Fprintf(s.out, format+"\n", args...) }
