package audit

import (
	"fmt"
	"image"

	"pixelplayground/actors/canvas"
)

const (
	// colors bounds how many pixels one audit can tell apart: each has a colour of its own.
	colors = 1 << 24
	// MaxPixels is how many pixels a test may plan: some come early, when a client is back.
	MaxPixels = colors / 2
	// shared is which part of the pixels go to places that are drawn on again and again, so
	// that the last writer of a place can be the wrong one: one of 8. The others have a place
	// of their own as long as there are any.
	shared = 8
	// spots is how many shared places there are for each region.
	spots = 4
)

// Plan says of each pixel of a test, by its number, where it goes and which colour it
// has; and which number a pixel is that is found on the canvas.
type Plan struct {
	area   image.Rectangle
	salt   uint64 // differs from test to test: an earlier one's pixels are not taken for ours
	stride uint64 // has no common divisor with the area's size
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
	// The golden section of the area, as multiples of it are spread evenly however many there are.
	for p.stride = p64(area)*610/987 + 1; divisor(p.stride, p64(area)) != 1; {
		p.stride++
	}
	return p, nil
}

func p64(area image.Rectangle) uint64 { return uint64(area.Dx()) * uint64(area.Dy()) }

// divisor is the greatest common one.
func divisor(a, b uint64) uint64 {
	for b > 0 {
		a, b = b, a%b
	}
	return a
}

// dot is the pixel of a number, from 0 on.
func (p Plan) dot(n int) canvas.Dot {
	at := uint64(n) - uint64(n)/shared // how many with a place of their own are before it
	if n%shared == shared-1 {
		at = p64(p.area) - 1 - uint64(n)/shared%p.spots // the last to be a pixel's own
	}
	at = (at%p64(p.area)*p.stride + p.salt) % p64(p.area)
	return canvas.Dot{
		X: uint16(uint64(p.area.Min.X) + at%uint64(p.area.Dx())), Y: uint16(uint64(p.area.Min.Y) + at/uint64(p.area.Dx())),
		Color: canvas.Color((uint64(n) + p.salt) % colors),
	}
}

// number tells which pixel of the first placed ones this is.
func (p Plan) number(x, y int, color canvas.Color, placed int) (n int, ours bool) {
	n = int((uint64(color) + colors - p.salt) % colors)
	if n >= placed {
		return 0, false
	}
	d := p.dot(n)
	return n, int(d.X) == x && int(d.Y) == y
}
