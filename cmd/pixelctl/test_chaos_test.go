package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pixelplayground/cmd/pixelctl/loadtest/report"
	"pixelplayground/transport/client/clienttest"
)

func TestTestChaos_RefusesWhatItCannotDo(t *testing.T) {
	for _, test := range []struct {
		args string
		want string
	}{
		{"test chaos", "give --kill"},
		{"test chaos --kill true --pid 5", "but not both"},
		{"test chaos --pid -5", "pids [-5]: must be numbers of processes above 1"},
		{"test chaos --pid 4711,-1", "pids [4711 -1]: must be"},
		{"test chaos --pid 0", "pids [0]: must be"},
		{"test chaos --kill true --every 1m", "takes twice as long at least (see: pixelctl test chaos --help)"},
		{"test chaos --kill true --json-protocol", "leave it out"},
		{"test chaos --kill true --rules", "give --recorded too"},
		{"test chaos --kill true --rules --recorded", "the admin token is missing: set PIXELCTL_ADMIN_TOKEN"},
		{"test soak --duration 1m", "is too short to tell growth"},
	} {
		start(t, nil, strings.Fields(test.args)...).expect(t, exitUsage, test.want)
	}
}

// Goal: the command passes its flags to the test, prints a line for every check, and writes both
// reports.
func TestTestChaos_Reports(t *testing.T) {
	server := clienttest.NewCanvas(t, testLimits(), clienttest.Faults{})
	dir := t.TempDir()
	out, page, killed := filepath.Join(dir, "report.json"), filepath.Join(dir, "report.html"), filepath.Join(dir, "killed")
	c := start(t, nil, "test", "chaos", "--target", server.URL(), "--kill", "touch "+killed+"-{n}", "--every", "200ms", "--duration", "600ms",
		"--clients", "3", "--rate", "100", "--area", "2,3,10,5", "--max-pause", "0", "--out", out, "--html", page)
	c.expect(t, exitDone, "")
	for _, want := range []string{"ok      delivery: ", "ok      colours: ", "ok      order: ", "ok      reconnect: ", "ok      pause: ", "ok      kills: 2 kills"} {
		if !strings.Contains(c.out.String(), want) {
			t.Errorf("no %q in\n%s", want, &c.out)
		}
	}
	for _, n := range []string{"-0", "-1"} {
		if _, err := os.Stat(killed + n); err != nil {
			t.Error(err)
		}
	}
	text, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	var r report.Report
	if err := json.Unmarshal(text, &r); err != nil || r.Test != "chaos" || !r.Passed || r.Settings["rate"] != "100" {
		t.Errorf("%v: %s", err, text)
	}
	if text, err := os.ReadFile(page); err != nil || !strings.Contains(string(text), "</html>") {
		t.Errorf("the page: %v", err)
	}
}
