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
