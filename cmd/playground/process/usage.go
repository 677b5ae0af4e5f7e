// Package process is what the server takes from the system it runs on, and tells it: file descriptors, processors,
// memory, and what of them it uses.
package process

import (
	"bytes"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"strconv"
	"time"

	"pixelplayground/actors/message"
)

// clockTick is the unit of processor time in /proc: 1/100 s on every Linux that Go runs on.
const clockTick = 10 * time.Millisecond

// Measure reads what this process uses. What the system does not report is 0, except memory, which
// is then what Go holds.
func Measure() message.Process {
	samples := []metrics.Sample{
		{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/memory/classes/total:bytes"}, {Name: "/sched/goroutines:goroutines"},
	}
	metrics.Read(samples)
	pauses := debug.GCStats{PauseQuantiles: make([]time.Duration, 101)} // of the last 256
	debug.ReadGCStats(&pauses)
	p := message.Process{
		Heap: int(samples[0].Value.Uint64()), Memory: int(samples[1].Value.Uint64()), Goroutines: int(samples[2].Value.Uint64()),
		GCPause: pauses.PauseQuantiles[99],
	}
	if resident, ok := residentPages(); ok {
		p.Memory = resident * os.Getpagesize()
	}
	p.CPU = processorTime()
	return p
}

// processorTime is user plus system time: fields 14 and 15 of proc(5)'s stat. They are counted from
// the end of the process name, which may hold anything.
func processorTime() time.Duration {
	stat, err := os.ReadFile("/proc/self/stat")
	if err != nil {
		return 0
	}
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.Atoi(string(fields[11]))
	system, _ := strconv.Atoi(string(fields[12]))
	return time.Duration(user+system) * clockTick
}

func residentPages() (pages int, ok bool) {
	statm, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0, false
	}
	fields := bytes.Fields(statm)
	if len(fields) < 2 {
		return 0, false
	}
	pages, err = strconv.Atoi(string(fields[1]))
	return pages, err == nil
}
