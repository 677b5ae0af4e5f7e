package fleet

import (
	"image"
	"slices"

	"pixelplayground/actors/canvas"
)

// Viewport is the regions that clients follow. Clients share it; it is immutable.
type Viewport struct {
	regions []canvas.RegionID // rising
	places  []int32           // by region, where it is in regions; -1: nowhere
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

// Only is the regions named.
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

// Regions are the numbers of the regions, rising.
func (v *Viewport) Regions() []canvas.RegionID { return slices.Clone(v.regions) }

// place is where a region is in regions; -1: nowhere, also for one that the canvas has not.
func (v *Viewport) place(id canvas.RegionID) int {
	if uint64(id) >= uint64(len(v.places)) {
		return -1
	}
	return int(v.places[id])
}
