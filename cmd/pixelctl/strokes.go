package main

import (
	"image"

	"pixelplayground/actors/canvas"
)

// stroke is the pixels that are placed with one op: all in one region, from one or several rows.
type stroke []canvas.Dot

// cut makes strokes of at most size pixels from the pixels of a picture that wanted selects, and
// counts them. It goes region by region, and row by row within a region.
func (p *picture) cut(g canvas.Geometry, size int, wanted func(x, y int) bool) (strokes []stroke, pixels int) {
	for id := range canvas.RegionID(g.Regions()) {
		left, top, width, height := g.Bounds(id)
		part := p.area.Intersect(image.Rect(left, top, left+width, top+height))
		var s stroke
		for y := part.Min.Y; y < part.Max.Y; y++ {
			for x := part.Min.X; x < part.Max.X; x++ {
				if !wanted(x, y) {
					continue
				}
				pixels++
				s = append(s, canvas.Dot{X: uint16(x), Y: uint16(y), Color: p.at(x, y)})
				if len(s) == size {
					strokes, s = append(strokes, s), nil
				}
			}
		}
		if len(s) > 0 {
			strokes = append(strokes, s)
		}
	}
	return strokes, pixels
}
