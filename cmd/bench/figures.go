//go:build linux

package main

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// figures is the outcome of one round.
type figures struct {
	usage
	viewers   int
	placed    int
	expected  int64 // deliveries: pixels times viewers
	delivered int64
	refused   int
	received  int64 // bytes, by all clients
	p50       time.Duration
	p99       time.Duration
	most      time.Duration
	raw       time.Duration // CPU of the raw loop
	memory    memory        // of the server
}

// tick is what the raw loop must do to write as much as a server wrote.
type tick struct {
	bytes  int // to each socket
	period time.Duration
	ticks  int
}

// tick divides what the viewers received by the number of writes to each of them.
func (f figures) tick() tick {
	ticks := max(int(math.Round(f.writes/float64(f.viewers))), 1)
	return tick{
		bytes:  max(int(f.received)/f.viewers/ticks, 1),
		period: f.lasts / time.Duration(ticks),
		ticks:  ticks,
	}
}

// perMillion is CPU seconds per million deliveries.
func (f figures) perMillion(cpu time.Duration) float64 {
	return cpu.Seconds() / (float64(f.delivered) / 1e6)
}

// ratio is the CPU time of the server's write rounds divided by the raw loop's.
func (f figures) ratio() float64 { return f.writing.Seconds() / f.raw.Seconds() }

// The headers name the figures. ticks/s is how often each viewer was written to. CPU/M is the
// server's CPU seconds per million deliveries: writes/M of them went into writing to viewers, the rest
// into taking pixels, commits and everything else. raw/M is what the raw loop takes, and ratio is
// writes/M divided by raw/M.
const (
	serverHeader = "   delivered of expected       p50       p99       max  ticks/s commits/s    core    CPU/M writes/M"
	fanoutHeader = serverHeader + "    raw/M  ratio"
)

// String is a line under fanoutHeader.
func (f figures) String() string {
	seconds := f.lasts.Seconds()
	line := fmt.Sprintf("%12d %11s %9s %9s %9s %8.1f %9.0f %6.1f%% %8.4f %8.4f",
		f.delivered, f.missing(), short(f.p50), short(f.p99), short(f.most), f.writes/float64(f.viewers)/seconds,
		f.commits/seconds, 100*f.cpu.Seconds()/seconds, f.perMillion(f.cpu), f.perMillion(f.writing))
	if f.raw == 0 { // not measured
		return line
	}
	return line + fmt.Sprintf(" %8.4f %6.2f", f.perMillion(f.raw), f.ratio())
}

// missing says how much of what was expected did not arrive.
func (f figures) missing() string {
	switch {
	case f.refused > 0:
		return fmt.Sprintf("%d refused", f.refused)
	case f.delivered == f.expected:
		return "all"
	}
	return fmt.Sprintf("%+d", f.delivered-f.expected)
}

// durations is how long each of many things took.
type durations struct{ *hdrhistogram.Histogram } // nanoseconds, of which three digits are kept

func newDurations() durations { return durations{hdrhistogram.New(1, time.Minute.Nanoseconds(), 3)} }

// add counts n things that took as long. What took more than a minute is left out: nothing waits for that.
func (d durations) add(took time.Duration, n int) {
	_ = d.RecordValues(max(took.Nanoseconds(), 1), int64(n))
}

// at is the duration that so many percent did not exceed.
func (d durations) at(percent float64) time.Duration {
	return time.Duration(d.ValueAtQuantile(percent))
}

// short prints a duration in milliseconds.
func short(d time.Duration) string { return fmt.Sprintf("%.2fms", float64(d.Microseconds())/1000) }

// medianOf takes the median of every figure by itself.
func medianOf(all []figures) figures {
	m := all[len(all)/2]
	m.p50, m.p99, m.most = median(all, func(f figures) time.Duration { return f.p50 }),
		median(all, func(f figures) time.Duration { return f.p99 }), median(all, func(f figures) time.Duration { return f.most })
	m.cpu, m.writing, m.raw = median(all, func(f figures) time.Duration { return f.cpu }),
		median(all, func(f figures) time.Duration { return f.writing }), median(all, func(f figures) time.Duration { return f.raw })
	return m
}

// median of an odd number of values; of an even number, the upper of the two.
func median[T any, V int64 | float64 | time.Duration](all []T, value func(T) V) V {
	values := make([]V, len(all))
	for i, one := range all {
		values[i] = value(one)
	}
	slices.Sort(values)
	return values[len(values)/2]
}
