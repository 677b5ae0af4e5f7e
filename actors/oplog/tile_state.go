package oplog

import (
	"slices"

	"pixelplayground/actors/canvas"
)

// TileState is the pixels of a region as they change, in the region and in the replica of each
// relay. A snapshot shares the tile until the next change, so a canvas on which nobody draws is in
// memory once, whoever looks at it.
type TileState struct {
	Position canvas.Position
	Tile     canvas.Tile      // nil: none
	base     *canvas.Snapshot // the last snapshot, perhaps of an earlier position; nil: none was needed
}

func TileStateOf(s *canvas.Snapshot) TileState { return TileState{s.Position, s.Tile, s} }

// Apply adds a batch that continues the tile.
func (t *TileState) Apply(b *canvas.Batch) {
	if t.base != nil && t.base.Position == t.Position { // the snapshot shares this tile, and must not change
		t.Tile = slices.Clone(t.Tile)
	}
	t.Tile.Apply(b)
	t.Position = b.Position()
}

// Snapshot returns the tile as it is now.
func (t *TileState) Snapshot(id canvas.RegionID) *canvas.Snapshot {
	if t.base == nil || t.base.Position != t.Position {
		t.base = &canvas.Snapshot{Region: id, Position: t.Position, Tile: t.Tile}
	}
	return t.base
}

// LastSnapshot returns the snapshot that was made last, perhaps of an earlier position; nil: none
// was needed.
func (t *TileState) LastSnapshot() *canvas.Snapshot { return t.base }
