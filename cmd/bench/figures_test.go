//go:build linux

package main

import (
	"strings"
	"testing"
	"time"
)

func example() figures {
	return figures{
		usage: usage{
			counts: counts{writes: 100_900, writing: 600 * time.Millisecond, commits: 500},
			cpu:    1500 * time.Millisecond, lasts: 5 * time.Second,
		},
		viewers: 1000, expected: 3_000_000, delivered: 3_000_000, received: 20_200_000, raw: 500 * time.Millisecond,
	}
}

func TestFigures_Tick(t *testing.T) {
	got := example().tick()
	if want := (tick{bytes: 200, period: 5 * time.Second / 101, ticks: 101}); got != want {
		t.Errorf("got %+v, want %+v: a thousand viewers were written to 101 times, 20,200 bytes each", got, want)
	}
	if got := (figures{usage: usage{counts: counts{writes: 3}, lasts: time.Second}, viewers: 1000}).tick(); got.ticks != 1 || got.bytes != 1 {
		t.Errorf("got %+v: the raw loop must have something to do", got)
	}
}

func TestFigures_Ratio(t *testing.T) {
	f := example()
	if f.perMillion(f.cpu) != 0.5 || f.ratio() != 1.2 {
		t.Errorf("CPU per million %v, not 0.5; ratio %v, not 1.2", f.perMillion(f.cpu), f.ratio())
	}
	if line := f.String(); len(line) != len(fanoutHeader) || !strings.Contains(line, " 20.2 ") {
		t.Errorf("a line of %d characters under one of %d:\n%s\n%s", len(line), len(fanoutHeader), fanoutHeader, line)
	}
	f.raw = 0
	if line := f.String(); len(line) != len(serverHeader) || strings.Contains(line, "Inf") {
		t.Errorf("got %q", line)
	}
}

func TestFigures_Missing(t *testing.T) {
	for want, f := range map[string]figures{
		"all":       {expected: 5, delivered: 5},
		"-2":        {expected: 5, delivered: 3},
		"+1":        {expected: 5, delivered: 6},
		"7 refused": {expected: 5, delivered: 5, refused: 7},
	} {
		if got := f.missing(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestMedianOf(t *testing.T) {
	var all []figures
	for _, n := range []time.Duration{9, 1, 5} {
		all = append(all, figures{p50: n, p99: 10 * n, raw: -n, usage: usage{cpu: n}})
	}
	if m := medianOf(all); m.p50 != 5 || m.p99 != 50 || m.raw != -5 || m.cpu != 5 {
		t.Errorf("got %+v", m)
	}
}
