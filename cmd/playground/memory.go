package main

import (
	"context"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// Garbage is collected about once a second however much there is of it, so that it takes
// under 1% of a core at full load; and when nothing happens any more, so that connections
// which do nothing cost what they hold. A GOGC in the environment comes before this, and
// GOMEMLIMIT bounds it.
const (
	lookEvery   = time.Second
	mostGarbage = 96 << 20 // bytes; at full load one second's
	slowly      = 8        // looks in which the rate of garbage is believed: a moment's rush is not worth the memory
	quietRate   = 1 << 20  // bytes allocated between two looks by pings and metrics alone
	worthwhile  = 4 << 20  // bytes to give back, besides a quarter of what is in use
	defaultGOGC = 100
	// greatestGOGC bounds it: the runtime keeps 32 bits, and takes what is below zero for
	// never. The least heap, 4 MB at 100, grows with it.
	greatestGOGC = mostGarbage / (4 << 20) * 100
	coarse       = 20 // GOGC is set only when it is off by so much: setting it stops the program for a moment
)

// heap is what of the runtime's metrics decides, in bytes.
type heap struct {
	allocated uint64 // since the start
	live      uint64 // found in use by the last collection
	objects   uint64 // in use, and garbage
	free      uint64 // not in use and not given back
}

func readHeap() heap {
	samples := []metrics.Sample{
		{Name: "/gc/heap/allocs:bytes"}, {Name: "/gc/heap/live:bytes"},
		{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/memory/classes/heap/free:bytes"},
	}
	metrics.Read(samples)
	return heap{samples[0].Value.Uint64(), samples[1].Value.Uint64(), samples[2].Value.Uint64(), samples[3].Value.Uint64()}
}

// wasteful tells whether nothing has happened since before, and much could be given back.
func (h heap) wasteful(before heap) bool {
	return h.allocated-before.allocated < quietRate && h.objects+h.free > h.live+h.live/4+worthwhile
}

// gogc is the GOGC with which garbage is collected when there are rate bytes of it: never
// earlier than Go's own default, and in time for mostGarbage. Before the first collection
// nothing is known.
func (h heap) gogc(rate uint64) int {
	if h.live == 0 {
		return defaultGOGC
	}
	return int(max(defaultGOGC, min(min(rate, mostGarbage)*100/h.live, greatestGOGC)))
}

// tidyMemory is a goroutine, until ctx is done.
func tidyMemory(ctx context.Context) {
	if os.Getenv("GOGC") != "" {
		return
	}
	set := defaultGOGC
	defer debug.SetGCPercent(defaultGOGC)
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	before, rate := readHeap(), uint64(0)
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		now := readHeap()
		rate = (rate*(slowly-1) + now.allocated - before.allocated) / slowly
		if want := now.gogc(rate); want > set+coarse || want < set-coarse {
			set = want
			debug.SetGCPercent(set)
		}
		if now.wasteful(before) {
			debug.FreeOSMemory()
			now = readHeap()
		}
		before = now
	}
}
