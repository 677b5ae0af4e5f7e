//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pixelplayground/cmd/pixelctl/loadtest/report"

	"github.com/chromedp/chromedp"
)

// chaos runs `pixelctl test chaos` on a server that the test's command kills. Each time, between is
// called before the server comes back. chaos returns the report, pixelctl's output, and how it
// ended.
func chaos(t *testing.T, kills int, between func(data string), more ...string) (r report.Report, said string, ended error) {
	s := start(t, "--rate", "0")
	dir := t.TempDir()
	pid, out := filepath.Join(dir, "pid"), filepath.Join(dir, "report.json")
	note := func() {
		if err := os.WriteFile(pid, fmt.Append(nil, s.cmd.Process.Pid), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	note()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	test := exec.CommandContext(ctx, filepath.Join(binaries, "pixelctl"), append([]string{
		"test", "chaos", "--target", s.ws(), "--kill", "kill -9 $(cat " + pid + ") # {n}", "--out", out,
	}, more...)...)
	var output bytes.Buffer
	test.Stdout, test.Stderr = &output, &output
	if err := test.Start(); err != nil {
		t.Fatal(err)
	}
	for n := range kills {
		select {
		case <-s.done:
		case <-ctx.Done():
			t.Fatalf("kill %d did not come; pixelctl said:\n%s", n+1, output.String())
		}
		s.cmd = nil
		between(s.args[1]) // the data directory
		s.restart()
		note()
	}
	ended = test.Wait()
	text, err := os.ReadFile(out)
	if err != nil {
		t.Fatalf("%v; pixelctl said:\n%s", err, output.String())
	}
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	return r, output.String(), ended
}

// Goal: the chaos test passes a server that loses nothing, and measures what its users notice.
// Method: 30 clients draw 300 pixels/s while the server is killed twice with kill -9 and
// started again.
func TestLoadTest_ChaosPassesAServerThatComesBack(t *testing.T) {
	beside(t)
	r, said, err := chaos(t, 2, func(string) {}, "--clients", "30", "--rate", "300", "--duration", "9s", "--every", "3s", "--max-pause", "20s")
	t.Logf("pixelctl said:\n%s", said)
	if err != nil || !r.Passed {
		t.Fatalf("it ended with %v", err)
	}
	if r.Latencies[0].Count < 2000 || r.Latencies[1].Count < 2000 {
		t.Errorf("%d acknowledged and %d seen of 2,700 pixels", r.Latencies[0].Count, r.Latencies[1].Count)
	}
	if rows := r.Tables[0].Rows; len(rows) != 3 || rows[1][2] != "30" || rows[1][3] != "30" || rows[2][3] != "30" {
		t.Errorf("kills: %v", rows)
	}
	kinds := make(map[string]int)
	for _, e := range r.Events {
		kinds[e.Kind]++
	}
	if kinds["kill"] != 2 || kinds["back"] != 2 {
		t.Errorf("events: %+v", r.Events)
	}
}

// Goal: the chaos test finds that acknowledged pixels are gone.
// Method: while the server is down, its data is deleted.
func TestLoadTest_ChaosFindsWhatIsLost(t *testing.T) {
	beside(t)
	r, said, err := chaos(t, 1, func(data string) {
		if err := os.RemoveAll(data); err != nil {
			t.Fatal(err)
		}
	}, "--clients", "10", "--rate", "200", "--duration", "4s", "--every", "2s", "--max-pause", "20s")
	t.Logf("pixelctl said:\n%s", said)
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 1 || r.Passed {
		t.Errorf("it ended with %v", err)
	}
	if v := r.Verdicts[0]; v.Name != "delivery" || v.Passed || strings.Contains(v.Text, ": 0 lost") {
		t.Errorf("%s: %s", v.Name, v.Text)
	}
}

// Goal: a browser that has nothing but the file can draw a report.
func TestLoadTest_ReportOpensInABrowser(t *testing.T) {
	beside(t)
	found := report.Report{
		Test: "chaos", Started: time.Now(), Seconds: 3, Verdicts: []report.Verdict{{Name: "delivery", Text: "one is lost"}},
		Latencies: []report.Latency{{Name: "place to ack", Count: 3, Buckets: []report.Bucket{{UpTo: 1, Count: 2}, {UpTo: 2, Count: 1}}}},
		Series: []report.Series{
			{Name: "</script><b>placed", Unit: "pixels/s", At: []float64{0, 1, 2}, Y: []float64{5, 9, 7}},
			{Name: "p50", Unit: "ms", At: []float64{1, 2}, Y: []float64{3, 4}},
			{Name: "p99", Unit: "ms", At: []float64{0, 2}, Y: []float64{8, 9}},
		},
		Events: []report.Event{{At: 1.2, Kind: "kill", Text: "kill -9"}},
	}
	var page bytes.Buffer
	if err := report.WriteHTML(&page, &found); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "report.html")
	if err := os.WriteFile(file, page.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	p := openFile(t, file)
	if got := eval[int](p, `document.querySelectorAll("figure .uplot").length`); got != 3 {
		t.Errorf("%d plots are drawn, want a histogram and two over time", got)
	}
	if !eval[bool](p, `[...document.querySelectorAll("figure canvas")].every((c) =>
		c.getContext("2d").getImageData(0, 0, c.width, c.height).data.some((v) => v !== 0))`) {
		t.Error("a plot is blank")
	}
	if got := eval[string](p, `[...document.querySelectorAll(".u-legend .u-label")].map((l) => l.textContent).join("|")`); !strings.Contains(got, "</script><b>placed") {
		t.Errorf("the legends say %q", got)
	}
	if got := eval[int](p, `performance.getEntriesByType("resource").length`); got != 0 {
		t.Errorf("%d things were loaded", got)
	}
	if got := eval[string](p, `document.querySelector("h1").textContent`); got != "✕Failed" {
		t.Errorf("the headline is %q", got)
	}
}

// openFile shows a file in a browser.
func openFile(t *testing.T, file string) *page {
	t.Helper()
	p := &page{t, browser(t)}
	location := url.URL{Scheme: "file", Path: file}
	p.run(chromedp.Navigate(location.String()))
	return p
}
