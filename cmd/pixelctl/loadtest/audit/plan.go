package audit

import (
	"fmt"
	"image"

	"pixelplayground/actors/canvas"
)

const (
	// colors bounds how many pixels one audit can tell apart: each has a colour of its own.
	colors = 1 << 24
	// MaxPixels is how many pixels a test may plan. It leaves room for extra pixels, which clients
	// place when they are back.
	MaxPixels = colors / 2
	// shared says that one in 8 pixels goes to a place that is drawn on again and again, so that
	// the test notices if a place shows the wrong last writer. The other pixels have a place of
	// their own, as long as there are any.
	shared = 8
	// spots is how many shared places there are for each region.
	spots = 4
)

// Plan says for each pixel of a test, by its number, where it goes and which colour it has. For a
// pixel on the canvas, it says which number that is.
type Plan struct {
	area   image.Rectangle
	salt   uint64 // differs from test to test, so that an earlier test's pixels are not taken for ours
	stride uint64 // coprime to the area's size
	spots  uint64
}

// NewPlan plans for an area of a canvas. Consecutive numbers are far apart, and so in
// different regions.
func NewPlan(g canvas.Geometry, area image.Rectangle, salt uint64) (Plan, error) {
	whole := image.Rect(0, 0, g.Width, g.Height)
	if area.Empty() {
		area = whole
	}
	if area = area.Intersect(whole); area.Empty() {
		return Plan{}, fmt.Errorf("area: is not on the canvas of %dx%d: choose a part of it", g.Width, g.Height)
	}
	p := Plan{area: area, salt: salt % colors, spots: min(uint64(spots*g.Regions()), p64(area))}
	// The golden section of the area, since its multiples spread evenly, however many there are.
	for p.stride = p64(area)*610/987 + 1; divisor(p.stride, p64(area)) != 1; {
		p.stride++
	}
	return p, nil
}

func p64(area image.Rectangle) uint64 { return uint64(area.Dx()) * uint64(area.Dy()) }

// divisor is the greatest common divisor.
func divisor(a, b uint64) uint64 {
	for b > 0 {
		a, b = b, a%b
	}
	return a
}

// dot is the pixel with a number, counted from 0.
func (p Plan) dot(n int) canvas.Dot {
	at := uint64(n) - uint64(n)/shared // how many before it have a place of their own
	if n%shared == shared-1 {
		at = p64(p.area) - 1 - uint64(n)/shared%p.spots // the places that would be the last to become a pixel's own
	}
	at = (at%p64(p.area)*p.stride + p.salt) % p64(p.area)
	return canvas.Dot{
		X: uint16(uint64(p.area.Min.X) + at%uint64(p.area.Dx())), Y: uint16(uint64(p.area.Min.Y) + at/uint64(p.area.Dx())),
		Color: canvas.Color((uint64(n) + p.salt) % colors),
	}
}

// number returns which of the first placed pixels this is.
func (p Plan) number(x, y int, color canvas.Color, placed int) (n int, ours bool) {
	n = int((uint64(color) + colors - p.salt) % colors)
	if n >= placed {
		return 0, false
	}
	d := p.dot(n)
	return n, int(d.X) == x && int(d.Y) == y
}
