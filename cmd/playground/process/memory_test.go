package process

import (
	"context"
	"math"
	"runtime/debug"
	"sync"
	"testing"
)

const mb = 1 << 20

func TestHeap_GOGC(t *testing.T) {
	for _, c := range []struct {
		live, rate uint64
		want       int
	}{
		{20 * mb, 0, 100}, // quiet: Go's own default
		{20 * mb, 20 * mb, 100},
		{20 * mb, 60 * mb, 300},
		{20 * mb, 900 * mb, 480},  // mostGarbage
		{60 * mb, 60 * mb, 160},   // mostGarbage
		{30 * mb, 40 * mb, 200},   // the same, however much is in use
		{200 * mb, 900 * mb, 100}, // as much garbage as memory in use
		{1 * mb, 900 * mb, 2400},  // mostGarbage, from leastHeap on
		{0, 900 * mb, 2400},       // nothing has been collected yet
	} {
		if got := (heap{live: c.live}).gogc(c.rate); got != c.want {
			t.Errorf("%d MB live, %d MB/s of garbage: GOGC %d, want %d", c.live/mb, c.rate/mb, got, c.want)
		}
	}
}

// The runtime keeps only 32 bits of GOGC, and takes a negative value for "never".
func TestHeap_GOGCIsNeverOff(t *testing.T) {
	for _, live := range []uint64{0, 1, mb, 1 << 40} {
		for _, rate := range []uint64{0, 1, mb, 1 << 40} {
			if got := (heap{live: live}).gogc(rate); got < defaultGOGC || got > math.MaxInt32 {
				t.Errorf("%d live, %d a second: GOGC %d", live, rate, got)
			}
		}
	}
}

func TestHeap_Wasteful(t *testing.T) {
	for _, c := range []struct {
		name   string
		before heap
		now    heap
		want   bool
	}{
		{"quiet, much garbage", heap{allocated: 900 * mb}, heap{allocated: 900*mb + 1000, live: 20 * mb, objects: 40 * mb}, true},
		{"quiet, much kept free", heap{}, heap{live: 20 * mb, objects: 20 * mb, free: 20 * mb}, true},
		{"quiet, little to give back", heap{}, heap{live: 20 * mb, objects: 22 * mb, free: 4 * mb}, false},
		{"people draw", heap{drawn: 7}, heap{live: 20 * mb, objects: 40 * mb, drawn: 8}, false},
		{"people come", heap{allocated: 900 * mb}, heap{allocated: 910 * mb, live: 20 * mb, objects: 60 * mb}, false},
	} {
		if got := c.now.wasteful(c.before); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

// The program restores its own setting when it ends.
func TestTidyMemory_LeavesGOGCAsItWas(t *testing.T) {
	t.Setenv("GOGC", "")
	nothing := func() int64 { return 0 }
	ctx, cancel := context.WithCancel(t.Context())
	var tidying sync.WaitGroup
	tidying.Go(func() { TidyMemory(ctx, nothing) })
	debug.SetGCPercent(300) // as under load
	cancel()
	tidying.Wait()
	if was := debug.SetGCPercent(defaultGOGC); was != defaultGOGC {
		t.Errorf("GOGC is %d afterwards, want %d", was, defaultGOGC)
	}
	t.Setenv("GOGC", "70")           // then tidyMemory leaves GOGC alone
	TidyMemory(t.Context(), nothing) // returns
}
