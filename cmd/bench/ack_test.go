//go:build linux

package main

import (
	"testing"
	"time"
)

func TestWaits_Quantile(t *testing.T) {
	var w waits
	for n := range 100 {
		w = append(w, time.Duration(n*37%100)) // 0 to 99, in no order
	}
	for share, want := range map[float64]time.Duration{0: 0, 0.5: 50, 0.99: 99, 1: 99} {
		if got := w.quantile(share); got != want {
			t.Errorf("%v: got %d, not %d", share, got, want)
		}
	}
	if got := (waits{7}).quantile(0.5); got != 7 {
		t.Errorf("got %d", got)
	}
	if line := w.line("server"); len(line) != len(acksHeader) {
		t.Errorf("a line of %d characters under one of %d:\n%s\n%s", len(line), len(acksHeader), acksHeader, line)
	}
}
