//go:build linux

package main

import (
	"os"
	"strings"
	"testing"
	"time"
)

func TestParseCPU(t *testing.T) {
	const stat = "42 (a ) b) S 1 42 42 0 -1 4194560 1000 0 3 0 250 75 0 0 20 0 9 0 12345 1000000 500"
	if got, err := parseCPU(stat); err != nil || got != 3250*time.Millisecond {
		t.Errorf("got %v, %v: 250 and 75 ticks of 10 ms", got, err)
	}
	for _, wrong := range []string{"", "42 (a) S 1 2 3", "42 (a) S 1 42 42 0 -1 4194560 1000 0 3 0 x 75 0"} {
		if got, err := parseCPU(wrong); err == nil {
			t.Errorf("%q: got %v", wrong, got)
		}
	}
}

func TestParseMemory(t *testing.T) {
	got, err := parseMemory("Name:\tx\nVmHWM:\t    2048 kB\nVmRSS:\t    1024 kB\nThreads:\t9\n")
	if err != nil || got != (memory{now: 1 << 20, peak: 2 << 20}) {
		t.Errorf("got %+v, %v", got, err)
	}
	for _, wrong := range []string{"", "VmRSS:\t 5 kB\n", "VmRSS:\t x kB\nVmHWM:\t 5 kB\n"} {
		if got, err := parseMemory(wrong); err == nil {
			t.Errorf("%q: got %+v", wrong, got)
		}
	}
}

// The kernel's answers about this process are of the form that is read.
func TestProcess_OfThisMachine(t *testing.T) {
	self := process(os.Getpid())
	if _, err := self.cpu(); err != nil {
		t.Error(err)
	}
	if m, err := self.memory(); err != nil || m.peak < m.now {
		t.Errorf("got %+v, %v", m, err)
	}
}

func TestParseCounts(t *testing.T) {
	const text = `# TYPE pixelplayground_write_rounds_total counter
pixelplayground_write_rounds_total 12
# TYPE pixelplayground_write_rounds_cpu_seconds_total counter
pixelplayground_write_rounds_cpu_seconds_total 0.25
# TYPE pixelplayground_socket_writes_total counter
pixelplayground_socket_writes_total 3400
# TYPE pixelplayground_commits_total counter
pixelplayground_commits_total 56
`
	want := counts{rounds: 12, writes: 3400, writing: 250 * time.Millisecond, commits: 56}
	if got, err := parseCounts(strings.NewReader(text)); err != nil || got != want {
		t.Errorf("got %+v, %v", got, err)
	}
	_, err := parseCounts(strings.NewReader(strings.ReplaceAll(text, "commits", "omits")))
	if err == nil || !strings.Contains(err.Error(), "commits_total") {
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
