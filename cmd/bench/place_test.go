//go:build linux

package main

import (
	"testing"
	"time"

	"pixelplayground/actors/canvas"
)

func TestSchedule_StrokesInTurn(t *testing.T) {
	start := time.Unix(1000, 0)
	s := newSchedule(start, 100, 5, 2*time.Second, make([]canvas.Position, 4))
	if s.total != 40 || s.pixels() != 200 {
		t.Errorf("%d strokes of %d pixels in all: 100 pixels/s for 2 s are 200", s.total, s.pixels())
	}
	for k, want := range map[int]struct {
		region int
		after  time.Duration
	}{0: {0, 0}, 1: {1, 50 * time.Millisecond}, 4: {0, 200 * time.Millisecond}, 39: {3, 1950 * time.Millisecond}} {
		if s.region(k) != want.region || s.due(k).Sub(start) != want.after {
			t.Errorf("stroke %d: region %d after %v, not %d after %v", k, s.region(k), s.due(k).Sub(start), want.region, want.after)
		}
	}
	if short := newSchedule(start, 1, 1, time.Second, make([]canvas.Position, 4)); short.total != 4 {
		t.Errorf("%d strokes: every region has one", short.total)
	}
}

// A pixel's sequence number in its region leads back to its stroke, and each pixel is counted once,
// however the frames cut the sequence.
func TestSchedule_EachPixelHasItsTime(t *testing.T) {
	start := time.Unix(1000, 0)
	base := []canvas.Position{{Seq: 7}, {Seq: 100}}
	s := newSchedule(start, 10, 3, 3*time.Second, base) // a stroke every 300 ms: 5 for each region
	tests := []struct {
		name     string
		region   int
		from, to uint64
		dues     []time.Duration
		pixels   []int
	}{
		{"nothing", 0, 7, 7, nil, nil},
		{"one stroke", 0, 7, 10, []time.Duration{0}, []int{3}},
		{"the other region's first", 1, 100, 103, []time.Duration{300 * time.Millisecond}, []int{3}},
		{"parts of two", 0, 8, 11, []time.Duration{0, 600 * time.Millisecond}, []int{2, 1}},
		{"from before the first", 1, 0, 101, []time.Duration{300 * time.Millisecond}, []int{1}},
		{"past the last", 0, 21, 90, []time.Duration{2400 * time.Millisecond}, []int{1}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			i := 0
			s.each(tt.region, tt.from, tt.to, func(due time.Time, pixels int) {
				if i >= len(tt.dues) || due.Sub(start) != tt.dues[i] || pixels != tt.pixels[i] {
					t.Errorf("number %d: %d pixels due after %v", i, pixels, due.Sub(start))
				}
				i++
			})
			if i != len(tt.dues) {
				t.Errorf("%d of %d strokes", i, len(tt.dues))
			}
		})
	}
}

func TestStroke_StaysInItsRegion(t *testing.T) {
	for region := range geometry.Regions() {
		for op := range uint64(50) {
			for _, dot := range stroke(region, op*1313, 7) {
				if at, _ := geometry.Locate(int(dot.X), int(dot.Y)); int(at) != region {
					t.Fatalf("op %d of region %d is in region %d", op, region, at)
				}
			}
		}
	}
}
