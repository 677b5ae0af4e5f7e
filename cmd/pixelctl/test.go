package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"io"
	"os"
	"strings"

	"github.com/alecthomas/kong"

	"pixelplayground/cmd/commandline"
	"pixelplayground/cmd/pixelctl/loadtest/fleet"
	"pixelplayground/cmd/pixelctl/loadtest/report"
	"pixelplayground/cmd/pixelctl/loadtest/target"
)

// testCommand is the group of commands that test a running deployment.
type testCommand struct {
	Balance testBalance `cmd:"" help:"Is the load spread over the servers, and the number of users right?"`
	Stress  testStress  `cmd:"" help:"Does everyone get every pixel under load, and how soon?"`
	Contend testContend `cmd:"" help:"Do all agree when many draw on the same pixels?"`
	Chaos   testChaos   `cmd:"" help:"Is anything lost, and how long is the pause, when servers are killed?"`
	Soak    testSoak    `cmd:"" help:"Do the servers stay as small and as fast as they were, for hours?"`
}

// Help is the long help text.
func (testCommand) Help() string {
	return "The tests connect as users do and draw on the canvas: it looks painted afterwards. Each prints a line for every check," +
		" and exits with 1 if one failed. How each number is computed is in cmd/pixelctl/TESTS.md."
}

// testFlags are the flags of all tests.
type testFlags struct {
	Area         area   `placeholder:"X,Y,WIDTH,HEIGHT" help:"Part of the canvas to draw on. Default: all of it."`
	JSONProtocol bool   `name:"json-protocol" help:"Speak the JSON protocol, as old clients do. It has no sequence numbers, so less can be checked."`
	Out          string `placeholder:"FILE" help:"Write the report as JSON."`
	HTML         string `name:"html" placeholder:"FILE" help:"Write the report as a page for browsers."`
}

// loadTest is a test that was set up.
type loadTest interface {
	Run(ctx context.Context) (*report.Report, error)
	Status() report.Status // while it runs
}

// run sets a test up and runs it, shows it meanwhile, writes its report and prints the verdicts.
func (f *testFlags) run(ctx context.Context, s *server, parsed *kong.Context, std streams, setUp func(fleet.Config) (loadTest, error)) error {
	targets, err := target.Parse(s.Target)
	if err != nil {
		return &usageError{error: err, command: "test "}
	}
	test, err := setUp(fleet.Config{Targets: targets, JSON: f.JSONProtocol, Area: image.Rectangle(f.Area)})
	if err != nil {
		return &usageError{error: err, command: commandPath(parsed.Selected())}
	}
	live := report.NewLive(std.err, test.Status)
	live.Open()
	report, err := test.Run(ctx)
	live.Close()
	if err != nil {
		return fmt.Errorf("test: %w", err)
	}
	report.Version, report.Settings = commandline.Version(), settings(parsed)
	if err := f.write(report); err != nil {
		return err
	}
	return conclude(std.out, report)
}

// settings are the flags of a command with the values in force.
func settings(parsed *kong.Context) map[string]string {
	all := make(map[string]string)
	for _, flag := range parsed.Flags() {
		if flag.Name == "help" || flag.Name == "version" {
			continue
		}
		if value := fmt.Sprint(parsed.FlagValue(flag)); value != "" {
			all[flag.Name] = strings.Trim(value, "[]")
		}
	}
	return all
}

// write writes the report where it was asked for.
func (f *testFlags) write(r *report.Report) error {
	if f.Out != "" {
		text, err := json.MarshalIndent(r, "", "  ")
		if err == nil {
			err = os.WriteFile(f.Out, append(text, '\n'), 0o644)
		}
		if err != nil {
			return fmt.Errorf("write report: %w", err)
		}
	}
	if f.HTML != "" {
		var page bytes.Buffer
		err := report.WriteHTML(&page, r)
		if err == nil {
			err = os.WriteFile(f.HTML, page.Bytes(), 0o644)
		}
		if err != nil {
			return fmt.Errorf("write page: %w", err)
		}
	}
	return nil
}

// conclude prints what was found: who was tested, the latencies, then a line for each check.
func conclude(out io.Writer, r *report.Report) error {
	var text strings.Builder
	if r.Interrupted != "" {
		fmt.Fprintf(&text, "interrupted while %s: this is what was measured until then\n", r.Interrupted)
	}
	for i, n := range r.Pods {
		fmt.Fprintf(&text, "%s%d on %s", map[bool]string{true: "clients: ", false: ", "}[i == 0], n.Clients, cmp.Or(n.Name, "a server without a name"))
	}
	if len(r.Pods) > 0 {
		text.WriteByte('\n')
	}
	for _, l := range r.Latencies {
		if l.Count > 0 {
			fmt.Fprintf(&text, "%s, ms: p50 %.1f  p90 %.1f  p95 %.1f  p99 %.1f  p99.9 %.1f  max %.1f  (%d)\n",
				l.Name, l.P50, l.P90, l.P95, l.P99, l.P999, l.Max, l.Count)
		}
	}
	failed := 0
	for _, v := range r.Verdicts {
		word := "ok    "
		if !v.Passed {
			word = "FAILED"
			failed++
		}
		fmt.Fprintf(&text, "%s  %s: %s\n", word, v.Name, v.Text)
		for _, line := range v.Detail {
			fmt.Fprintf(&text, "          %s\n", line)
		}
	}
	if _, err := io.WriteString(out, text.String()); err != nil {
		return fmt.Errorf("print verdicts: %w", err)
	}
	if !r.Passed {
		return fmt.Errorf("test %s: %d of %d checks failed", r.Test, failed, len(r.Verdicts))
	}
	if r.Interrupted != "" {
		return fmt.Errorf("test %s: %w", r.Test, errInterrupted)
	}
	return nil
}

// errInterrupted reports that a test did not run to its end, though all of its checks passed.
var errInterrupted = errors.New("interrupted")
