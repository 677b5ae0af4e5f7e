package main

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"image"
	"io"
	"os"
	"strings"

	"github.com/alecthomas/kong"

	"pixelplayground/cmd/commandline"
	"pixelplayground/cmd/pixelctl/loadtest"
	"pixelplayground/cmd/pixelctl/loadtest/allowance"
	"pixelplayground/cmd/pixelctl/loadtest/chaos"
	"pixelplayground/cmd/pixelctl/loadtest/contend"
	"pixelplayground/cmd/pixelctl/loadtest/fleet"
	"pixelplayground/cmd/pixelctl/loadtest/report"
	"pixelplayground/cmd/pixelctl/loadtest/target"
)

// testCommand is the group of commands that test a running deployment.
type testCommand struct {
	Balance   test[loadtest.BalanceConfig] `cmd:"" help:"Is the load spread over the servers, and the number of users right?"`
	Stress    test[loadtest.StressConfig]  `cmd:"" help:"Does everyone get every pixel under load, and how soon?"`
	Contend   test[contend.Config]         `cmd:"" help:"Do all agree when many draw on the same pixels?"`
	Allowance test[allowance.Config]       `cmd:"" help:"Has everybody one allowance, however often they connect?"`
	Chaos     test[chaos.Config]           `cmd:"" help:"Is anything lost, and how long is the pause, when servers are killed?"`
	Soak      test[loadtest.SoakConfig]    `cmd:"" help:"Do the servers stay as small and as fast as they were, for hours?"`
}

// Help is the long help text.
func (testCommand) Help() string {
	return "The tests connect as users do and draw on the canvas: it looks painted afterwards. Each prints a line for every check," +
		" and exits with 1 if one failed. How each number is computed is in cmd/pixelctl/TESTS.md."
}

// test is one of them. Its own flags are in a Config.
type test[Config interface {
	Help() string
	Test(fleet.Config) (report.Test, error) // what is wrong with the Config is an error
}] struct {
	Config Config `embed:""`

	Area         area   `placeholder:"X,Y,WIDTH,HEIGHT" help:"Part of the canvas to draw on. Default: all of it."`
	JSONProtocol bool   `name:"json-protocol" help:"Speak the JSON protocol, as old clients do. It has no sequence numbers, so less can be checked."`
	Out          string `placeholder:"FILE" help:"Write the report as JSON."`
	HTML         string `name:"html" placeholder:"FILE" help:"Write the report as a page for browsers."`
}

// Help is the long help text.
func (t *test[Config]) Help() string { return t.Config.Help() }

// Run sets the test up and runs it, shows it meanwhile, writes its report and prints the verdicts.
func (t *test[Config]) Run(ctx context.Context, s *server, parsed *kong.Context, std streams) error {
	targets, err := target.Parse(s.Target)
	if err != nil {
		return &usageError{error: err, command: "test "}
	}
	test, err := t.Config.Test(fleet.Config{Targets: targets, JSON: t.JSONProtocol, Area: image.Rectangle(t.Area), AdminToken: s.AdminToken})
	if err != nil {
		return &usageError{error: err, command: commandPath(parsed.Selected())}
	}
	live := report.NewLive(std.err, test.Status)
	live.Open()
	found, err := test.Run(ctx)
	live.Close()
	if err != nil {
		return fmt.Errorf("test: %w", err)
	}
	found.Version, found.Settings = commandline.Version(), settings(parsed)
	if err := cmp.Or(write(t.Out, found, report.WriteJSON), write(t.HTML, found, report.WriteHTML)); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return conclude(std.out, found)
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

// write writes a report to a file, in one go; nowhere if there is no name.
func write(name string, r *report.Report, as func(io.Writer, *report.Report) error) error {
	if name == "" {
		return nil
	}
	var text bytes.Buffer
	if err := as(&text, r); err != nil {
		return err
	}
	return os.WriteFile(name, text.Bytes(), 0o644)
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
	if r.Interrupted != "" && r.Test != "soak" { // that is usually ended by hand, to see how it went so far
		return fmt.Errorf("test %s: interrupted", r.Test)
	}
	return nil
}
