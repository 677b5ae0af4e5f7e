//go:build linux

package main

import (
	"os"
	"strings"
	"testing"
	"time"
)

// The process's figures are read correctly from the kernel's answers about this process.
func TestProcess_OfThisMachine(t *testing.T) {
	self := process(os.Getpid())
	if _, err := self.cpu(); err != nil {
		t.Error(err)
	}
	if m, err := self.memory(); err != nil || m.now < 1<<20 || m.peak < m.now {
		t.Errorf("got %+v, %v", m, err)
	}
}

func TestCountsOf(t *testing.T) {
	metrics := map[string]float64{
		"pixelplayground_write_rounds_cpu_seconds_total": 0.25,
		"pixelplayground_socket_writes_total":            3400, "pixelplayground_commits_total": 56,
	}
	want := counts{writes: 3400, writing: 250 * time.Millisecond, commits: 56}
	if got, err := countsOf(metrics); err != nil || got != want {
		t.Errorf("got %+v, %v", got, err)
	}
	delete(metrics, "pixelplayground_commits_total")
	if _, err := countsOf(metrics); err == nil || !strings.Contains(err.Error(), "commits_total") {
		t.Errorf("one is missing: got %v", err)
	}
}

func TestAnnounced(t *testing.T) {
	got, err := announced(strings.NewReader("Pixel Playground is at http://127.0.0.1:4567\n"))
	if err != nil || got.String() != "127.0.0.1:4567" {
		t.Errorf("got %v, %v", got, err)
	}
	for _, wrong := range []string{"", "no end of line", "Pixel Playground is nowhere\n", "\n"} {
		if got, err := announced(strings.NewReader(wrong)); err == nil {
			t.Errorf("%q: got %v", wrong, got)
		}
	}
}
