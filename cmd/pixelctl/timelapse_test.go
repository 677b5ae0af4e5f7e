package main

import (
	"image"
	"image/gif"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pixelplayground/actors/canvas"
)

// TestTimelapse: a film of a part of the canvas, from a time on, begins as the canvas was then, and ends as
// it was in the end.
func TestTimelapse(t *testing.T) {
	g := canvas.Geometry{Width: 20, Height: 20, Region: 16}
	dir := recorded(t, g, []drawnPixel{{0, 17, 3, 0xFF0000, 1}, {1000, 16, 3, 0x00FF00, 2}, {2000, 0, 0, 0, 2}, {61_000, 17, 3, 0x0000FF, 1}})
	out := filepath.Join(t.TempDir(), "film.gif")
	c := start(t, nil, "timelapse", out, "--record", dir, "--area", "15,2,5,4", "--scale", "3", "--fps", "10", "--speed", "60", "--from", "2026-05-04T12:00:00.500Z")
	c.expect(t, exitDone, "a film of 15x12 in 12 frames, 2 pixels, 2026-05-04 12:00:00 to 2026-05-04 12:01:01, 60 times as fast")
	file, err := os.Open(out)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	film, err := gif.DecodeAll(file)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []map[image.Point]uint32{{{6, 3}: 0xFF0000, {3, 3}: 0xFFFFFF}, {{5, 5}: 0x00FF00}, {{8, 5}: 0x0000FF}} {
		for at, color := range want {
			if r, g, b, _ := film.Image[i].At(at.X, at.Y).RGBA(); r>>8<<16|g>>8<<8|b>>8 != color {
				t.Errorf("image %d at %v: %02x%02x%02x, want %06x", i, at, r>>8, g>>8, b>>8, color)
			}
		}
	}
	raw := start(t, nil, "timelapse", "-", "--record", dir, "--fps", "1")
	raw.expect(t, exitDone, "in 31 frames")
	if size := len(raw.out.String()); size != (31+2)*20*20*3 {
		t.Errorf("%d bytes of frames", size)
	}
	for want, args := range map[string][]string{
		"must end in .gif":                {"film.avi"},
		"--fps 51: must be 1 to 50":       {"film.gif", "--fps", "51"},
		"--scale 0: must be 1 to 64":      {"film.gif", "--scale", "0"},
		"--speed -1: must be more than 0": {"film.gif", "--speed=-1"},
		"it can have 0,0,20,20":           {"film.gif", "--area", "10,10,11,10"},
		"there is a record from 2026-05-04 12:00:00 to 2026-05-04 12:01:01": {"film.gif", "--from", "2027-01-01"},
		`"soon" must be a time`: {"film.gif", "--from", "soon"},
	} {
		c := start(t, nil, append([]string{"timelapse", "--record", dir}, args...)...)
		if code := c.wait(t); code == exitDone || !strings.Contains(c.err.String(), want) {
			t.Errorf("%v: exit %d: %s", args, code, c.err.String())
		}
	}
}

// BenchmarkTimelapse is a day of ten pixels a second as a film of 1080p, from the record's files.
func BenchmarkTimelapse(b *testing.B) {
	g, all := aDay()
	dir := recorded(b, g, all)
	for _, format := range []string{".gif", ".png"} {
		b.Run(format[1:], func(b *testing.B) {
			out := filepath.Join(b.TempDir(), "film"+format)
			for b.Loop() {
				var std command
				if code := run(b.Context(), []string{"timelapse", out, "--record", dir}, streams{out: &std.out, err: &std.err}); code != exitDone {
					b.Fatal(code, std.err.String())
				}
				info, err := os.Stat(out)
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(info.Size())/1e6, "MB")
			}
		})
	}
}
