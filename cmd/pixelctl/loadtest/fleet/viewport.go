package fleet

import (
	"image"
	"slices"

	"pixelplayground/actors/canvas"
)

// Viewport is the regions that clients follow. Clients share it; it is immutable.
type Viewport struct {
	regions []canvas.RegionID // sorted
	places  []int32           // by region: its index in regions; -1: not in the viewport
}

// All is the whole canvas.
func (f *Fleet) All() *Viewport { return f.Part(f.welcome.Geometry.Whole()) }

// Part is the regions that have a pixel in a rectangle of the canvas.
func (f *Fleet) Part(r image.Rectangle) *Viewport { return f.Only(f.welcome.Geometry.Within(r)...) }

// Only is the given regions.
func (f *Fleet) Only(ids ...canvas.RegionID) *Viewport {
	slices.Sort(ids)
	v := &Viewport{regions: slices.Compact(ids), places: slices.Repeat([]int32{-1}, len(f.high))}
	for i, id := range v.regions {
		v.places[id] = int32(i)
	}
	return v
}

// place is the index of a region in regions; -1: it is not in the viewport, or the canvas has no
// such region.
func (v *Viewport) place(id canvas.RegionID) int {
	if uint64(id) >= uint64(len(v.places)) {
		return -1
	}
	return int(v.places[id])
}
