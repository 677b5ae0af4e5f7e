package audit

import (
	"image"

	"pixelplayground/actors/canvas"
	"pixelplayground/cmd/pixelctl/loadtest/pattern"
)

const (
	// MaxPixels is how many pixels a test may plan. It leaves room for extra pixels, which clients
	// place when they are back.
	MaxPixels = pattern.Colors / 2
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
	pattern.Pattern
	spots uint64
}

// NewPlan plans for an area of a canvas.
func NewPlan(g canvas.Geometry, area image.Rectangle, salt uint64) (Plan, error) {
	area, err := pattern.Crop(g, area)
	if err != nil {
		return Plan{}, err
	}
	p := pattern.New(area, salt)
	return Plan{p, min(uint64(spots*g.Regions()), p.Size)}, nil
}

// dot is the pixel with a number, counted from 0.
func (p Plan) dot(n int) canvas.Dot {
	step := uint64(n) - uint64(n)/shared // how many before it have a place of their own
	if n%shared == shared-1 {
		step = p.Size - 1 - uint64(n)/shared%p.spots // the places that would be the last to become a pixel's own
	}
	return p.Dot(uint64(n), step)
}

// number returns which of the first placed pixels this is.
func (p Plan) number(x, y int, color canvas.Color, placed int) (n int, ours bool) {
	if n = int(p.Number(color)); n >= placed {
		return 0, false
	}
	d := p.dot(n)
	return n, int(d.X) == x && int(d.Y) == y
}
