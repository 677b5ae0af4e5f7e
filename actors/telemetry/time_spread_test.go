package telemetry

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"pixelplayground/actors/message"
)

func TestSpread_BucketsMeet(t *testing.T) {
	last := -1
	for bucket := range spreadBuckets {
		middle := middleOf(bucket)
		if bucketOf(middle) != bucket {
			t.Fatalf("bucket %d stands for %d, which is in %d", bucket, middle, bucketOf(middle))
		}
	}
	for v := range int64(1 << 16) {
		b := bucketOf(v)
		if b < last || b > last+1 {
			t.Fatalf("%d is in bucket %d, %d in %d", v-1, last, v, b)
		}
		last = b
		if off := float64(middleOf(b)-v) / float64(max(v, 1)); off > 0.125 || off < -0.125 {
			t.Errorf("%d counts as %d", v, middleOf(b))
		}
	}
	if b := bucketOf(1 << 60); b != spreadBuckets-1 {
		t.Errorf("an age is in bucket %d", b)
	}
	if b := bucketOf(-5); b != 0 {
		t.Errorf("a clock that goes back is in bucket %d", b)
	}
}

func TestSpread_Quantiles(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	var s spread
	if s.quantile(0.99) != 0 {
		t.Error("something of nothing")
	}
	values := make([]int64, 5000)
	for i := range values {
		values[i] = int64(1) << random.IntN(30) * (100 + random.Int64N(100)) / 100
		s.add(values[i])
	}
	slices.Sort(values)
	for _, part := range []float64{0, 0.5, 0.9, 0.99, 1} {
		want := float64(values[int(part*float64(len(values)-1))])
		if got := float64(s.quantile(part)); got < want*0.87-1 || got > want*1.13+1 {
			t.Errorf("quantile %v: %v, want about %v", part, got, want)
		}
	}
}

func TestSpread_ForgetsWhatIsOld(t *testing.T) {
	var s spread
	now := time.Unix(1000, 0)
	s.advance(now)
	s.add(7)
	for _, step := range []struct {
		after time.Duration
		want  int64
	}{{message.Span - 1, 7}, {1, 7}, {message.Span - 1, 7}, {1, 0}} {
		now = now.Add(step.after)
		if s.advance(now); s.quantile(1) != step.want {
			t.Errorf("at %v: %d, want %d", now.Sub(time.Unix(1000, 0)), s.quantile(1), step.want)
		}
	}
	s.add(7)
	if s.advance(now.Add(2 * message.Span)); s.quantile(1) != 0 {
		t.Error("remembered through a long pause")
	}
}

func TestMeter_CountsWholeSeconds(t *testing.T) {
	var m meter
	start := time.Unix(100, 0)
	for second := range 20 {
		m.add(second, start.Add(time.Duration(second)*time.Second))
		m.add(1, start.Add(time.Duration(second)*time.Second+900*time.Millisecond))
	}
	if got := m.span(start.Add(20 * time.Second)); got != 15+16+17+18+19+5 {
		t.Errorf("%d", got)
	}
	if got := m.span(start.Add(22*time.Second + 500*time.Millisecond)); got != 17+18+19+3 {
		t.Errorf("two seconds on: %d", got)
	}
	if got := m.span(start.Add(time.Minute)); got != 0 {
		t.Errorf("a minute on: %d", got)
	}
}
