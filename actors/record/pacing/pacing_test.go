package pacing_test

import (
	"context"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/record"
	"pixelplayground/actors/record/pacing"
	"pixelplayground/actors/record/recordtest"
)

// Goal: a region is recorded in small pieces, with a rest after each, unless so much waits that there is
// no time for it. Method: a clock that goes on by a millisecond whenever it is looked at, and rests that
// are only noted.
func TestAdvance_Rests(t *testing.T) {
	const segment = 4096
	for _, c := range []struct {
		name   string
		pixels int
		least  int           // rests
		of     time.Duration // each
	}{
		{"little waits", segment / 2, 20, 9 * time.Millisecond},
		{"more than a segment waits", segment + segment/2, 40, time.Millisecond},
		{"two segments wait", 2*segment + 1, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			now := time.UnixMilli(1_000_000)
			var rests []time.Duration
			cfg := record.Config{
				Geometry: canvas.Geometry{Width: 512, Height: 512, Region: 256}, Segment: segment,
				Now:  func() time.Time { now = now.Add(time.Millisecond); return now },
				Rest: func(_ context.Context, d time.Duration) { rests = append(rests, d) },
			}
			log, d := recordtest.NewLog(), recordtest.NewDrawing(7, cfg.Geometry, 0)
			files := recordtest.NewMemory()
			log.Append(d.Draw(c.pixels)...)
			if to, err := record.NewWriter(files, log, cfg).Advance(t.Context(), 0, d.Snapshot()); err != nil || to != d.Snapshot().Position.Seq {
				t.Fatal(to, err)
			}
			if len(rests) < c.least || c.least == 0 && len(rests) > 0 {
				t.Errorf("%d rests, want %d at least", len(rests), c.least)
			}
			for _, d := range rests {
				if d != c.of {
					t.Fatalf("a rest of %v after a millisecond's work, want %v", d, c.of)
				}
			}
		})
	}
}

// Whoever waits for a writer that is to end does not wait for its rests.
func TestRest_EndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	pacing.Rest(ctx, time.Hour)
}
