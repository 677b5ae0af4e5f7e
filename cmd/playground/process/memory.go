package process

import (
	"context"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// A garbage collection takes time in proportion to the memory in use (3 GB/s here, on one core),
// and is due when there is GOGC percent as much garbage. So if GOGC follows the rate at which
// garbage is made, collecting takes the same share of a core, however much is in use. Go's fixed
// 100 takes 4% at full load. When nobody draws, Go collects nothing at all: that is when memory is
// returned to the system, since returning it may stop a pod on one core for a moment. A GOGC in the
// environment overrides all this, and GOMEMLIMIT bounds it.
const (
	lookEvery   = time.Second
	slowly      = 16       // looks until a new rate is believed: a moment's rush is not worth the memory
	rateOf100   = 20 << 20 // bytes per second for which GOGC is 100: collecting takes 0.7% of a core
	mostGarbage = 96 << 20 // bytes, unless more is in use
	defaultGOGC = 100      // the least
	leastHeap   = 4 << 20  // bytes of garbage: the least that the runtime waits for at GOGC 100

	quietRate  = 1 << 20 // bytes that pings and metrics alone allocate between two looks
	worthwhile = 2 << 20 // bytes to return, besides a quarter of what is in use
)

// heap is the runtime metrics that decide, in bytes, and what was drawn.
type heap struct {
	allocated uint64 // since the start
	live      uint64 // found to be in use by the last collection
	objects   uint64 // in use, plus garbage
	free      uint64 // neither in use nor returned to the system
	drawn     int64  // pixels stored or shown since the start
}

func readHeap(drawn int64) heap {
	samples := []metrics.Sample{
		{Name: "/gc/heap/allocs:bytes"}, {Name: "/gc/heap/live:bytes"},
		{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/memory/classes/heap/free:bytes"},
	}
	metrics.Read(samples)
	return heap{samples[0].Value.Uint64(), samples[1].Value.Uint64(), samples[2].Value.Uint64(), samples[3].Value.Uint64(), drawn}
}

// gogc is the GOGC for a rate of garbage, in bytes per second.
func (h heap) gogc(rate uint64) int {
	most := max(defaultGOGC, mostGarbage*100/max(h.live, leastHeap))
	return int(max(defaultGOGC, min(rate*100/rateOf100, most)))
}

// wasteful reports whether nothing has happened since before, and much could be returned.
func (h heap) wasteful(before heap) bool {
	return h.drawn == before.drawn && h.allocated-before.allocated < quietRate && h.objects+h.free > h.live+h.live/4+worthwhile
}

// TidyMemory runs in a goroutine until ctx is done. drawn counts pixels.
func TidyMemory(ctx context.Context, drawn func() int64) {
	if os.Getenv("GOGC") != "" {
		return
	}
	set := defaultGOGC
	defer debug.SetGCPercent(defaultGOGC)
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	before, rate := readHeap(drawn()), uint64(0)
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		now := readHeap(drawn())
		rate = (rate*(slowly-1) + now.allocated - before.allocated) / slowly
		// Setting GOGC stops the program for a moment.
		if want := now.gogc(rate); max(want-set, set-want) > set/8 {
			set = want
			debug.SetGCPercent(set)
		}
		if now.wasteful(before) {
			debug.FreeOSMemory()
		}
		before = now
	}
}
