package main

import (
	"image"
	"image/color"
	"testing"

	"pixelplayground/actors/canvas"
)

func TestOnBackground(t *testing.T) {
	for _, test := range []struct {
		color color.NRGBA
		want  canvas.Color
	}{
		{color.NRGBA{R: 0x12, G: 0x34, B: 0x56, A: 0xFF}, 0x123456},
		{color.NRGBA{R: 0xFF, G: 0xFF, B: 0xFF, A: 0xFF}, 0xFFFFFF},
		{color.NRGBA{A: 0xFF}, 0x000000},
		{color.NRGBA{R: 0x12}, untouched},
		{color.NRGBA{R: 0xFF, A: 0x80}, 0xFF7F7F},
		{color.NRGBA{A: 1}, 0xFEFEFE},
	} {
		if got := onBackground(test.color); got != test.want {
			t.Errorf("%+v: %06X, want %06X", test.color, uint32(got), uint32(test.want))
		}
	}
}

// Strokes cover every wanted pixel once, stay within a region and keep to their size.
func TestPicture_Cut(t *testing.T) {
	g := testLimits().Geometry
	p := newPicture(noise(t, 30, 20), upright, image.Pt(5, 3))
	wanted := func(x, y int) bool { return x != 7 }
	for _, size := range []int{1, 7, 1000} {
		strokes, pixels := p.cut(g, size, wanted)
		if pixels != 29*20 {
			t.Errorf("size %d: %d pixels, want %d", size, pixels, 29*20)
		}
		seen := make(map[image.Point]bool)
		for _, s := range strokes {
			if len(s) == 0 || len(s) > size {
				t.Errorf("size %d: a stroke of %d", size, len(s))
			}
			region, _ := g.Locate(int(s[0].X), int(s[0].Y))
			for _, d := range s {
				at := image.Pt(int(d.X), int(d.Y))
				if in, _ := g.Locate(at.X, at.Y); in != region || seen[at] || !at.In(p.area) || !wanted(at.X, at.Y) || d.Color != p.at(at.X, at.Y) {
					t.Fatalf("size %d: wrong dot %+v", size, d)
				}
				seen[at] = true
			}
		}
		if len(seen) != pixels {
			t.Errorf("size %d: %d pixels in strokes, want %d", size, len(seen), pixels)
		}
	}
}
