// Package pattern says where the pixels of a test go and which colours they have, so that each is
// recognised wherever it turns up. It is pure.
package pattern

import (
	"fmt"
	"image"

	"pixelplayground/actors/canvas"
)

// Colors is how many colours there are.
const Colors = 1 << 24

// Crop is the part of an area that is on a canvas; an empty area means all of it.
func Crop(g canvas.Geometry, area image.Rectangle) (image.Rectangle, error) {
	whole := g.Whole()
	if area.Empty() {
		return whole, nil
	}
	if on := area.Intersect(whole); !on.Empty() {
		return on, nil
	}
	return area, fmt.Errorf("area %v: is not on the canvas of %dx%d: choose a part of it", area, g.Width, g.Height)
}

// Pattern is a way through all of an area, and through all colours.
type Pattern struct {
	Area   image.Rectangle
	Size   uint64 // pixels of the area
	salt   uint64 // so that two tests at the same time don't take each other's pixels for their own
	stride uint64 // coprime to Size
}

// New makes a pattern for an area that is not empty. Tests that may meet need different salts.
func New(area image.Rectangle, salt uint64) Pattern {
	p := Pattern{Area: area, Size: uint64(area.Dx()) * uint64(area.Dy()), salt: salt % Colors}
	const golden = 0.6180339887498949 // multiples of it spread evenly over a circle, however many there are
	for p.stride = max(uint64(golden*float64(p.Size)), 1); common(p.stride, p.Size) != 1; {
		p.stride++
	}
	return p
}

// common is the greatest common divisor.
func common(a, b uint64) uint64 {
	for b > 0 {
		a, b = b, a%b
	}
	return a
}

// Dot is the pixel with a number, at a step of the way. The way goes through the whole area before it
// repeats. Neighbouring steps lie far apart, and so in different regions.
func (p Pattern) Dot(number, step uint64) canvas.Dot {
	at, width := (step%p.Size*p.stride+p.salt)%p.Size, uint64(p.Area.Dx())
	return canvas.Dot{
		X: uint16(uint64(p.Area.Min.X) + at%width), Y: uint16(uint64(p.Area.Min.Y) + at/width),
		Color: canvas.Color((number + p.salt) % Colors),
	}
}

// Number is the lowest number whose pixel has a colour.
func (p Pattern) Number(c canvas.Color) uint64 {
	return (uint64(c) - p.salt) % Colors // unsigned: wraps round, and Colors divides 2^64
}
