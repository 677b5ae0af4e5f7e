package record_test

import (
	"slices"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
)

// Goal: steps of any length count each pixel once, whether it is recorded or still in the log. Method:
// a drawing of some hours, partly recorded, compared with the model.
func TestReader_Activity(t *testing.T) {
	w := newWorld(t, 5, 500)
	for range 12 {
		w.draw(300)
		w.d.Wait(17 * time.Minute.Milliseconds())
		if len(w.dots) < 3000 {
			w.mustAdvance()
		}
	}
	first, last := w.dots[0].time, w.dots[len(w.dots)-1].time
	for _, step := range []time.Duration{time.Second, 7 * time.Second, time.Minute, time.Hour, 3 * time.Hour, 24 * time.Hour} {
		for _, from := range []int64{first - first%time.Hour.Milliseconds(), first, first + 1, first + 1234567, last, last + 1} {
			steps := int((last-from)/step.Milliseconds()) + 2
			want := make([]uint64, steps)
			for _, d := range w.dots {
				if d.time >= from {
					want[(d.time-from)/step.Milliseconds()]++
				}
			}
			got, err := w.reader.Activity(t.Context(), []canvas.RegionID{0, region}, time.UnixMilli(from), step, steps)
			if err != nil || !slices.Equal(got, want) {
				t.Fatalf("steps of %v from %d: %v\ngot  %v\nwant %v", step, from-first, err, got, want)
			}
		}
	}
	if got, err := w.reader.Activity(t.Context(), []canvas.RegionID{0}, time.UnixMilli(first), time.Hour, 3); err != nil || slices.Max(got) != 0 {
		t.Errorf("a region that nobody has drawn in: %v, %v", got, err)
	}
	if got, err := w.reader.Activity(t.Context(), nil, time.UnixMilli(first), time.Hour, 3); err != nil || slices.Max(got) != 0 {
		t.Errorf("no region: %v, %v", got, err)
	}
}
