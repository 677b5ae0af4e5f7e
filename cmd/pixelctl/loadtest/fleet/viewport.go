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
func (f *Fleet) All() *Viewport {
	g := f.welcome.Geometry
	return f.Part(image.Rect(0, 0, g.Width, g.Height))
}

// Part is the regions that have a pixel in a rectangle of the canvas.
func (f *Fleet) Part(r image.Rectangle) *Viewport {
	return f.follow(func(_ canvas.RegionID, b bounds) bool {
		return r.Overlaps(image.Rect(b.left, b.top, b.left+b.width, b.top+b.height))
	})
}

// Only is the given regions.
func (f *Fleet) Only(ids ...canvas.RegionID) *Viewport {
	return f.follow(func(id canvas.RegionID, _ bounds) bool { return slices.Contains(ids, id) })
}

func (f *Fleet) follow(wanted func(canvas.RegionID, bounds) bool) *Viewport {
	v := &Viewport{places: make([]int32, len(f.regions))}
	for i, b := range f.regions {
		v.places[i] = -1
		if wanted(canvas.RegionID(i), b) {
			v.places[i] = int32(len(v.regions))
			v.regions = append(v.regions, canvas.RegionID(i))
		}
	}
	return v
}

// Regions returns the numbers of the regions, sorted.
func (v *Viewport) Regions() []canvas.RegionID { return slices.Clone(v.regions) }

// place is the index of a region in regions; -1: it is not in the viewport, or the canvas has no
// such region.
func (v *Viewport) place(id canvas.RegionID) int {
	if uint64(id) >= uint64(len(v.places)) {
		return -1
	}
	return int(v.places[id])
}
