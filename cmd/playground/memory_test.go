package main

import (
	"context"
	"runtime/debug"
	"testing"
)

func TestHeap_GOGC(t *testing.T) {
	const mb = 1 << 20
	for _, c := range []struct {
		live, rate uint64
		want       int
	}{
		{20 * mb, 0, 100},         // quiet: as Go does by itself
		{20 * mb, 10 * mb, 100},   // not even once a second
		{20 * mb, 60 * mb, 300},   // once a second
		{20 * mb, 900 * mb, 480},  // with mostGarbage of it
		{200 * mb, 900 * mb, 100}, // much is in use: as Go does
		{0, 30 * mb, 100},         // nothing is known before the first collection
		{1, 900 * mb, greatestGOGC},
	} {
		if got := (heap{live: c.live}).gogc(c.rate); got != c.want {
			t.Errorf("%d MB live, %d MB/s of garbage: GOGC %d, want %d", c.live/mb, c.rate/mb, got, c.want)
		}
	}
}

func TestHeap_Wasteful(t *testing.T) {
	const mb = 1 << 20
	for _, c := range []struct {
		name string
		then heap
		now  heap
		want bool
	}{
		{"quiet, much garbage", heap{allocated: 900 * mb}, heap{allocated: 900*mb + 1000, live: 20 * mb, objects: 40 * mb}, true},
		{"quiet, much kept free", heap{}, heap{live: 20 * mb, objects: 20 * mb, free: 20 * mb}, true},
		{"quiet, little to give back", heap{}, heap{live: 20 * mb, objects: 22 * mb, free: 6 * mb}, false},
		{"busy", heap{allocated: 900 * mb}, heap{allocated: 910 * mb, live: 20 * mb, objects: 60 * mb}, false},
	} {
		if got := c.now.wasteful(c.then); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

// Goal: whatever is measured, garbage is collected.
// Method: the runtime takes a GOGC that is too large for it for one below zero, which is never.
func TestHeap_GOGCIsNeverOff(t *testing.T) {
	was := debug.SetGCPercent(defaultGOGC)
	defer debug.SetGCPercent(was)
	for live := uint64(0); live < 1<<12; live = 2*live + 1 {
		for rate := uint64(1); rate < 1<<40; rate *= 3 {
			set := heap{live: live}.gogc(rate)
			debug.SetGCPercent(set)
			if got := debug.SetGCPercent(set); got != set || got < 0 {
				t.Fatalf("%d bytes live, %d a second: GOGC is %d, want %d", live, rate, got, set)
			}
		}
	}
}

// What the program sets for itself is set back when it ends.
func TestTidyMemory_LeavesGOGCAsItWas(t *testing.T) {
	t.Setenv("GOGC", "")
	end := inBackground(tidyMemory)
	debug.SetGCPercent(300) // as under load
	end()
	if was := debug.SetGCPercent(defaultGOGC); was != defaultGOGC {
		t.Errorf("GOGC is %d afterwards, want %d", was, defaultGOGC)
	}
	t.Setenv("GOGC", "70") // then it keeps its hands off
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	tidyMemory(ctx) // returns
}
