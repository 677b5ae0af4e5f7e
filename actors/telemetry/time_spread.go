package telemetry

import (
	"math/bits"
	"sync/atomic"
	"time"

	"pixelplayground/actors/message"
)

// There are four buckets to a power of two: a percentile is at most an eighth off. The last bucket
// is for everything from 17 s on, if the values are nanoseconds.
const (
	bucketsPerPower = 4
	highestPower    = 34
	spreadBuckets   = bucketsPerPower * (highestPower - 1)
)

// spread is the distribution of the values of the last one or two Spans. Any goroutine may add, but
// only one may call advance. The zero value is empty.
type spread struct {
	now, before [spreadBuckets]atomic.Uint32
	turned      time.Time // when now began
}

func (s *spread) add(value int64) { s.now[bucketOf(value)].Add(1) }

// advance forgets what is older than two Spans.
func (s *spread) advance(now time.Time) {
	age := now.Sub(s.turned)
	if age < message.Span {
		return
	}
	s.turned = now
	for i := range s.now {
		n := s.now[i].Swap(0)
		if age >= 2*message.Span {
			n = 0
		}
		s.before[i].Store(n)
	}
}

func bucketOf(value int64) int {
	v := uint64(max(value, 0))
	if v < bucketsPerPower {
		return int(v)
	}
	power := bits.Len64(v) - 1 // at least 2
	return min(bucketsPerPower*(power-1)+int(v>>(power-2)&3), spreadBuckets-1)
}

// middleOf returns the value that a bucket stands for.
func middleOf(bucket int) int64 {
	if bucket < bucketsPerPower {
		return int64(bucket)
	}
	power := bucket/bucketsPerPower + 1
	low, width := int64(bucketsPerPower+bucket%bucketsPerPower)<<(power-2), int64(1)<<(power-2)
	return low + (width-1)/2
}

// quantile returns the value that this part of all values does not exceed; 0: there are none.
func (s *spread) quantile(part float64) int64 {
	var counts [spreadBuckets]int64
	all := int64(0)
	for i := range counts {
		counts[i] = int64(s.now[i].Load()) + int64(s.before[i].Load())
		all += counts[i]
	}
	rank := int64(part*float64(all-1)) + 1
	for i, n := range counts {
		if rank -= n; rank <= 0 && all > 0 {
			return middleOf(i)
		}
	}
	return 0
}

func (s *spread) durations() message.Spread {
	return message.Spread{P50: time.Duration(s.quantile(0.5)), P99: time.Duration(s.quantile(0.99))}
}

// spanSeconds is Span in whole seconds.
const spanSeconds = int64(message.Span / time.Second)

// meter counts by the second. Only one goroutine may use it.
type meter struct {
	seconds [spanSeconds + 1]struct{ at, n int64 }
}

func (m *meter) add(n int, now time.Time) {
	at := now.Unix()
	s := &m.seconds[at%int64(len(m.seconds))]
	if s.at != at {
		s.at, s.n = at, 0
	}
	s.n += int64(n)
}

// span returns the count of the last Span of whole seconds.
func (m *meter) span(now time.Time) (n int) {
	for _, s := range m.seconds {
		if age := now.Unix() - s.at; age >= 1 && age <= spanSeconds {
			n += int(s.n)
		}
	}
	return n
}

// Gauge is what a region remembers of its last Span. Only one goroutine may use it. The zero value
// is empty.
type Gauge struct {
	pixels  meter
	commits *spread // nil: none yet
}

// Committed notes a commit of so many pixels.
func (g *Gauge) Committed(pixels int, took time.Duration, now time.Time) {
	if g.commits == nil {
		g.commits = new(spread)
	}
	g.commits.advance(now)
	g.commits.add(int64(took))
	g.pixels.add(pixels, now)
}

// Lately returns how many pixels were committed in the last Span, and how long commits took.
func (g *Gauge) Lately(now time.Time) (pixels int, commits message.Spread) {
	if g.commits != nil {
		g.commits.advance(now)
		commits = g.commits.durations()
	}
	return g.pixels.span(now), commits
}
