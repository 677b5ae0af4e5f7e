package fakeserver

import (
	"image"
	"strings"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/cmd/pixelctl/loadtest/report"
	"pixelplayground/codec"
)

// Limit is how long a test waits for something that must happen.
const Limit = 10 * time.Second

// Until waits until ready reports true.
func Until(t *testing.T, what string, ready func() bool) {
	t.Helper()
	for deadline := time.Now().Add(Limit); !ready(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// Verdict returns the check with that name in a report.
func Verdict(t *testing.T, r *report.Report, name string) report.Verdict {
	t.Helper()
	for _, v := range r.Verdicts {
		if v.Name == name {
			return v
		}
	}
	t.Fatalf("no verdict %q in %+v", name, r.Verdicts)
	return report.Verdict{}
}

// Failed returns the names of the checks that failed.
func Failed(r *report.Report) string {
	var names []string
	for _, v := range r.Verdicts {
		if !v.Passed {
			names = append(names, v.Name)
		}
	}
	return strings.Join(names, ", ")
}

// OneRegion is the area of one region. Tests draw only there, so that a dropped frame is followed
// by another of the same region.
func OneRegion() image.Rectangle { return image.Rect(0, 0, 16, 16) }

// Small returns the limits of a canvas of 2x2 regions.
func Small() codec.Welcome {
	return codec.Welcome{Node: "test", Geometry: canvas.Geometry{Width: 32, Height: 24, Region: 16}, Burst: 1000, Window: 8}
}
