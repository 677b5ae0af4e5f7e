package report

import (
	"math"
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

const (
	// longestLatency is the longest latency that is recorded as it is, in microseconds: 10 minutes.
	longestLatency = 600_000_000
	// significantDigits is the precision of latencies.
	significantDigits = 3
	// shards is the number of histograms, so that receiving goroutines seldom wait for the same
	// one.
	shards = 8
)

// Recorder collects latencies from many goroutines.
type Recorder struct {
	shards [shards]struct {
		mu     sync.Mutex
		recent *hdrhistogram.Histogram // since the last Cut
	}

	mu    sync.Mutex
	total *hdrhistogram.Histogram // microseconds, up to the last Cut
}

// NewRecorder makes an empty recorder. It takes 2 MB.
func NewRecorder() *Recorder {
	r := &Recorder{total: newHistogram()}
	for i := range r.shards {
		r.shards[i].recent = newHistogram()
	}
	return r
}

func newHistogram() *hdrhistogram.Histogram {
	return hdrhistogram.New(1, longestLatency, significantDigits)
}

// Record records n equal latencies. Calls for the same shard wait for each other.
func (r *Recorder) Record(shard int, d time.Duration, n int) {
	s := &r.shards[shard%shards]
	s.mu.Lock()
	defer s.mu.Unlock()
	_ = s.recent.RecordValues(min(max(d.Microseconds(), 0), longestLatency), int64(n)) // never fails: the value is in range
}

// Cut returns what was recorded since the last Cut.
func (r *Recorder) Cut() Latency {
	recent := newHistogram()
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range r.shards {
		s := &r.shards[i]
		s.mu.Lock()
		recent.Merge(s.recent)
		s.recent.Reset()
		s.mu.Unlock()
	}
	r.total.Merge(recent)
	return summarize("", recent)
}

// Summary returns everything recorded, under a name.
func (r *Recorder) Summary(name string) Latency {
	r.Cut()
	r.mu.Lock()
	defer r.mu.Unlock()
	return summarize(name, r.total)
}

// summarize reads a histogram of microseconds.
func summarize(name string, h *hdrhistogram.Histogram) Latency {
	at := func(percentile float64) float64 { return milliseconds(h.ValueAtPercentile(percentile)) }
	l := Latency{Name: name, Count: h.TotalCount()}
	if l.Count == 0 {
		return l
	}
	l.Mean = math.Round(h.Mean()) / 1000
	l.P50, l.P90, l.P95, l.P99, l.P999 = at(50), at(90), at(95), at(99), at(99.9)
	l.Max = milliseconds(h.Max())
	l.Buckets = buckets(h)
	return l
}

// buckets counts latencies between rising bounds, four to a doubling, from 0.1 ms on. Buckets
// before the first and after the last latency are left out.
func buckets(h *hdrhistogram.Histogram) (list []Bucket) {
	bound, step := 100.0, math.Pow(2, 0.25)
	for _, bar := range h.Distribution() {
		if bar.Count == 0 {
			continue
		}
		for float64(bar.To) > bound {
			bound *= step
			if len(list) > 0 {
				list = append(list, Bucket{UpTo: Round(bound / 1000)})
			}
		}
		if len(list) == 0 {
			list = []Bucket{{UpTo: Round(bound / 1000)}}
		}
		list[len(list)-1].Count += bar.Count
	}
	return list
}

func milliseconds(micro int64) float64 { return float64(micro) / 1000 }

// Round keeps three digits after the point.
func Round(x float64) float64 { return math.Round(x*1000) / 1000 }
