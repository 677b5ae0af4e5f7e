//go:build linux

package main

import (
	"net/netip"
	"testing"
	"time"
)

func TestChurn_Due(t *testing.T) {
	start := time.Unix(1000, 0)
	ch := newChurn(netip.AddrPort{}, 5, start, []*member{{timed: true}})
	if m := ch.passing[0]; m.timed || !m.passing {
		t.Error("who passes is timed and counted")
	}
	for _, step := range []struct {
		after time.Duration
		due   int
	}{{0, 0}, {199 * time.Millisecond, 0}, {200 * time.Millisecond, 1}, {399 * time.Millisecond, 0}, {time.Second, 4}, {time.Second, 0}, {1200 * time.Millisecond, 1}} {
		if got := ch.due(start.Add(step.after)); got != step.due {
			t.Errorf("after %v: %d leave, not %d: one every 200 ms", step.after, got, step.due)
		}
	}
}
