package fleet

import (
	"image"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/cmd/pixelctl/loadtest/ledger"
	"pixelplayground/cmd/pixelctl/loadtest/pattern"
	"pixelplayground/cmd/pixelctl/loadtest/report"
)

func TestRecorder_CountsEverything(t *testing.T) {
	r := report.NewRecorder()
	for ms := 1; ms <= 1000; ms++ {
		r.Record(ms, time.Duration(ms)*time.Millisecond, 1)
		if ms == 500 {
			if half := r.Cut(); half.Count != 500 || math.Abs(half.P50-250) > 1 {
				t.Errorf("half: %+v", half)
			}
		}
	}
	if half := r.Cut(); half.Count != 500 || math.Abs(half.P50-750) > 1 {
		t.Errorf("other half: %+v", half)
	}
	l := r.Summary("test")
	for name, pair := range map[string][2]float64{
		"mean": {l.Mean, 500.5}, "p50": {l.P50, 500}, "p90": {l.P90, 900}, "p95": {l.P95, 950}, "p99": {l.P99, 990}, "p99.9": {l.P999, 999}, "max": {l.Max, 1000},
	} {
		if math.Abs(pair[0]-pair[1]) > 1 {
			t.Errorf("%s is %g, want %g", name, pair[0], pair[1])
		}
	}
	total := int64(0)
	for i, b := range l.Buckets {
		total += b.Count
		if i > 0 && b.UpTo <= l.Buckets[i-1].UpTo {
			t.Errorf("bucket up to %g follows %g", b.UpTo, l.Buckets[i-1].UpTo)
		}
	}
	if l.Count != 1000 || total != 1000 || l.Name != "test" {
		t.Errorf("%d latencies, %d in buckets", l.Count, total)
	}
	if empty := report.NewRecorder().Summary("none"); empty.Count != 0 || empty.Max != 0 || empty.Buckets != nil {
		t.Errorf("%+v", empty)
	}
}

func TestRecorder_KeepsExtremes(t *testing.T) {
	r := report.NewRecorder()
	r.Record(0, -time.Second, 1)
	r.Record(0, 24*time.Hour, 1)
	if l := r.Summary(""); l.Count != 2 || l.Max < 599_000 {
		t.Errorf("%+v", l)
	}
}

// TestProbes_ArePlacedOnceEach: as many probes as the area has pixels all have different places in
// it. Consecutive probes are found again by place and colour, and nothing else is.
func TestProbes_ArePlacedOnceEach(t *testing.T) {
	for _, area := range []image.Rectangle{image.Rect(0, 0, 40, 24), image.Rect(3, 5, 4, 6), image.Rect(100, 7, 107, 18), image.Rect(0, 0, 16384, 1)} {
		p := newProbes(pattern.New(area, rand.Uint64()))
		n := area.Dx() * area.Dy()
		first, dots := p.take(n, 5, time.Second)
		if first != 1 || p.last() != uint64(n) {
			t.Fatalf("numbers from %d to %d", first, p.last())
		}
		places := make(map[[2]uint16]bool)
		for i, d := range dots {
			places[[2]uint16{d.X, d.Y}] = true
			if !image.Pt(int(d.X), int(d.Y)).In(area) {
				t.Fatalf("%v is not in %v", d, area)
			}
			probe, id := p.find(d)
			if probe == nil || id != first+uint64(i) || probe.writer() != 5 || probe.dueAt() != time.Second {
				t.Fatalf("%v is found as %d", d, id)
			}
			for _, other := range []canvas.Dot{{X: d.X + 1, Y: d.Y, Color: d.Color}, {X: d.X, Y: d.Y, Color: (d.Color + 1) % pattern.Colors}, {X: d.X, Y: d.Y, Color: (d.Color + MaxProbes) % pattern.Colors}} {
				if found, id := p.find(other); found != nil && p.dot(id) != other {
					t.Fatalf("%v is taken for %d", other, id)
				}
			}
		}
		if len(places) != n {
			t.Errorf("%v: %d places of %d", area, len(places), n)
		}
	}
}

func TestProbes_Unseen(t *testing.T) {
	p := newProbes(pattern.New(image.Rect(0, 0, 10, 10), 0))
	_, dots := p.take(6, 0, 0)
	for _, i := range []int{1, 2, 4} {
		probe, _ := p.find(dots[i])
		if first := probe.see(uint64(100 + i)); first != uint64(100+i) {
			t.Errorf("first seen as %d", first)
		}
		if first := probe.see(7); first != uint64(100+i) {
			t.Errorf("seen again, first as %d", first)
		}
		if !probe.ack() || probe.ack() {
			t.Error("acknowledged not once")
		}
	}
	if got, want := p.unseen(0), (ledger.Spans{{From: 0, To: 1}, {From: 3, To: 4}, {From: 5, To: 6}}); !reflect.DeepEqual(got, want) {
		t.Errorf("unseen %v, want %v", got, want)
	}
}

// TestSampler_NotTooManyPoints: a long test is sampled more seldom.
func TestSampler_NotTooManyPoints(t *testing.T) {
	for lasts, want := range map[time.Duration]time.Duration{time.Minute: time.Second, 4 * time.Hour: 7200 * time.Millisecond} {
		if got := NewSampler(nil, time.Second, lasts).every; got != want {
			t.Errorf("a test of %v is sampled every %v, want %v", lasts, got, want)
		}
	}
}
