package actors

import (
	"slices"

	"pixelplayground/actors/canvas"
)

// tileState is the pixels of a region as they change, in the region and in the replica of each
// relay. A snapshot shares the tile until the next change, so a canvas on which nobody draws is in
// memory once, whoever looks at it.
type tileState struct {
	position canvas.Position
	tile     canvas.Tile      // nil: none
	base     *canvas.Snapshot // the last snapshot, perhaps of an earlier position; nil: none was needed
}

func tileStateOf(s *canvas.Snapshot) tileState { return tileState{s.Position, s.Tile, s} }

// apply adds a batch that continues the tile.
func (t *tileState) apply(b *canvas.Batch) {
	if t.base != nil && t.base.Position == t.position { // the snapshot shares this tile, and must not change
		t.tile = slices.Clone(t.tile)
	}
	t.tile.Apply(b)
	t.position = b.Position()
}

// snapshot returns the tile as it is now.
func (t *tileState) snapshot(id canvas.RegionID) *canvas.Snapshot {
	if t.base == nil || t.base.Position != t.position {
		t.base = &canvas.Snapshot{Region: id, Position: t.position, Tile: t.tile}
	}
	return t.base
}
