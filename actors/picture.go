package actors

import (
	"slices"

	"pixelplayground/actors/canvas"
)

// picture is the pixels of a region as they change: the region's, and each relay's replica.
// A snapshot shares the tile until the next change, so a canvas on which nobody draws is in
// memory once, whoever looks at it.
type picture struct {
	position canvas.Position
	tile     canvas.Tile      // nil: none
	base     *canvas.Snapshot // of base.Position, which may have passed; nil: none was needed
}

func pictureOf(s *canvas.Snapshot) picture { return picture{s.Position, s.Tile, s} }

// apply adds a batch that continues the picture.
func (p *picture) apply(b *canvas.Batch) {
	if p.base != nil && p.base.Position == p.position { // it has this tile, and does not change
		p.tile = slices.Clone(p.tile)
	}
	p.tile.Apply(b)
	p.position = b.Position()
}

// snapshot is the picture as it is now.
func (p *picture) snapshot(id canvas.RegionID) *canvas.Snapshot {
	if p.base == nil || p.base.Position != p.position {
		p.base = &canvas.Snapshot{Region: id, Position: p.position, Tile: p.tile}
	}
	return p.base
}
