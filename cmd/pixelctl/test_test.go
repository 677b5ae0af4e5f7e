package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pixelplayground/actors/canvas"
	"pixelplayground/cmd/pixelctl/loadtest/report"
	"pixelplayground/codec"
	"pixelplayground/transport/client/clienttest"
)

func TestTest_PrintsVerdictsAndWritesReports(t *testing.T) {
	server := clienttest.NewCanvas(t, clienttest.Small(), clienttest.Faults{})
	target := strings.TrimSuffix(strings.Replace(server.URL(), "ws:", "http:", 1), "/ws") // as people write it
	for _, test := range []struct {
		args   []string
		checks []string
	}{
		{[]string{"stress", "--clients", "4", "--rate", "50", "--duration", "1s", "--churn", "2"}, []string{"delivery", "placing", "connections"}},
		{[]string{"balance", "--clients", "6", "--pixels", "20"}, []string{"balance", "delivery", "users after leaving"}},
		{[]string{"contend", "--clients", "3", "--pixels", "1", "--rounds", "3"}, []string{"agreement", "one order", "linearizable"}},
	} {
		t.Run(test.args[0], func(t *testing.T) {
			out, page := filepath.Join(t.TempDir(), "report.json"), filepath.Join(t.TempDir(), "report.html")
			c := start(t, nil, append([]string{"test"}, append(test.args, "--target", target, "--out", out, "--html", page)...)...)
			if code := c.wait(t); code != exitDone {
				t.Fatalf("exit code %d:\n%s%s", code, &c.out, &c.err)
			}
			for _, name := range test.checks {
				if !strings.Contains(c.out.String(), "ok      "+name+": ") {
					t.Errorf("no check %q in:\n%s", name, &c.out)
				}
			}
			text, err := os.ReadFile(out)
			if err != nil {
				t.Fatal(err)
			}
			var report report.Report
			if err := json.Unmarshal(text, &report); err != nil {
				t.Fatal(err)
			}
			if report.Test != test.args[0] || !report.Passed || report.Settings["clients"] != test.args[2] || report.Seconds <= 0 || len(report.Verdicts) < 3 {
				t.Errorf("%+v", report)
			}
			if text, err := os.ReadFile(page); err != nil || !bytes.Contains(text, []byte("delivery")) && !bytes.Contains(text, []byte("agreement")) {
				t.Errorf("page of %d bytes, error %v", len(text), err)
			}
		})
	}
}

func TestTest_FailsWithTheChecks(t *testing.T) {
	server := clienttest.NewCanvas(t, clienttest.Small(), clienttest.Faults{Pixels: func(conn, n int, b *canvas.Batch) []codec.ServerMessage {
		frame := codec.Pixels{Batch: *b}
		if conn == 2 && n == 5 {
			return []codec.ServerMessage{frame, frame}
		}
		return []codec.ServerMessage{frame}
	}})
	c := start(t, nil, "test", "stress", "--clients", "3", "--rate", "50", "--duration", "1s", "--target", server.URL())
	c.expect(t, exitFailed, "test stress: 1 of 8 checks failed")
	if text := c.out.String(); !strings.Contains(text, "FAILED  once: 1 pixel came twice\n          duplicate: client ") {
		t.Error(text)
	}
}

func TestTest_RefusesWhatItCannotUse(t *testing.T) {
	for _, test := range []struct {
		args []string
		code int
		err  string
	}{
		{[]string{"stress", "--rate=-1"}, exitUsage, "--rate -1: must be at least 0, for example 100 (see: pixelctl test stress --help)"},
		{[]string{"stress", "--clients", "1"}, exitUsage, "--clients 1: must be at least 2: one that places and one that sees it"},
		{[]string{"stress", "--stroke", "4097"}, exitUsage, "--stroke 4097: must be at most 4096"},
		{[]string{"stress", "--duration", "1ms"}, exitUsage, "--duration 1ms: must be at least 1s"},
		{[]string{"stress", "--churn", "-1"}, exitUsage, "--churn -1: must be at least 0"},
		{[]string{"stress", "--steady", "2"}, exitUsage, "--steady 2: must be at most 1: it is a share"},
		{[]string{"stress", "--viewports", "2"}, exitUsage, "--viewports 2: must be at most 1: it is a share"},
		{[]string{"balance", "--clients", "1"}, exitUsage, "--clients 1: must be at least 2"},
		{[]string{"balance", "--pixels", "1048577"}, exitUsage, "more can't be told apart"},
		{[]string{"balance", "--rate", "0"}, exitUsage, "--rate 0: must be more than 0"},
		{[]string{"balance", "--nodes", "-1"}, exitUsage, "--nodes -1: must be at least 0"},
		{[]string{"balance", "--tolerance", "2"}, exitUsage, "--tolerance 2: must be at most 1"},
		{[]string{"balance", "--settle", "1h"}, exitUsage, "--settle 1h: must be at most 1m"},
		{[]string{"contend", "--pixels", "0"}, exitUsage, "--pixels 0: must be at least 1"},
		{[]string{"contend", "--staleness", "-1s"}, exitUsage, "--staleness -1s: must be at least 0s"},
		{[]string{"chaos", "--kill", "true", "--clients", "0"}, exitUsage, "--clients 0: must be at least 1"},
		{[]string{"chaos", "--kill", "true", "--rate", "0"}, exitUsage, "--rate 0: must be more than 0: without pixels there is nothing to lose"},
		{[]string{"chaos", "--kill", "true", "--every", "0s"}, exitUsage, "--every 0s: must be more than 0s"},
		{[]string{"chaos", "--kill", "true", "--settle", "0s"}, exitUsage, "--settle 0s: must be more than 0s"},
		{[]string{"soak", "--sample", "0s"}, exitUsage, "--sample 0s: must be more than 0s"},
		{[]string{"soak", "--clients", "0"}, exitUsage, "--clients 0: must be at least 1"},
		{[]string{"soak", "--rate", "0"}, exitUsage, "--rate 0: must be more than 0"},
		{[]string{"stress", "--target", "ftp://a"}, exitUsage, "must begin with ws, wss, http or https"},
		{[]string{"balance", "--clients", "100000000"}, exitUsage, "ulimit"},
		{[]string{"contend", "--clients", "1"}, exitUsage, "--clients 1: must be at least 2: with more no order"},
		{[]string{"stress", "--bogus"}, exitUsage, "unknown flag --bogus (see: pixelctl test stress --help)"},
		{[]string{"stress", "--target", "ws://127.0.0.1:1/ws"}, exitFailed, "is the server running, and --target right?"},
		{[]string{"bogus"}, exitUsage, "pixelctl test --help"},
	} {
		start(t, nil, append([]string{"test"}, test.args...)...).expect(t, test.code, test.err)
	}
}

func TestTest_RefusesAnAreaElsewhere(t *testing.T) {
	server := clienttest.NewCanvas(t, clienttest.Small(), clienttest.Faults{})
	start(t, nil, "test", "stress", "--area", "100,0,10,10", "--target", server.URL()).expect(t, exitFailed, "is not on the canvas of 40x24")
}
