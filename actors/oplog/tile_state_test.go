package oplog

import (
	"testing"

	"pixelplayground/actors/canvas"
)

// A snapshot does not change when the tile does, in the actor that made it or in the one that took
// it over. Until then all of them share the same memory.
func TestTileState_SnapshotsShareUntilTheNextChange(t *testing.T) {
	mine := TileState{Tile: canvas.NewTile(16, 16)}
	first := mine.Snapshot(3)
	theirs := TileStateOf(first)
	if again := mine.Snapshot(3); again != first || &again.Tile[0] != &mine.Tile[0] || &theirs.Tile[0] != &mine.Tile[0] {
		t.Error("a tile that does not change is in memory more than once")
	}
	batch := batchOf(1, 0, 1)
	batch.Ops[0].Pixels[0] = canvas.Pixel{Pos: 5, Color: 0x123456}
	theirs.Apply(batch)
	mine.Apply(batch)
	if c := first.Tile.At(5); c != 0xFFFFFF || first.Position != (canvas.Position{}) {
		t.Errorf("the snapshot of %v has colour %06x now", first.Position, c)
	}
	if mine.Tile.At(5) != 0x123456 || theirs.Tile.At(5) != 0x123456 || mine.Position != batch.Position() {
		t.Error("the batch does not show")
	}
	if now := mine.Snapshot(3); now.Position != batch.Position() || now.Tile.At(5) != 0x123456 || now.Region != 3 {
		t.Errorf("a snapshot of now is of %v", now.Position)
	}
}

// Applying a batch, as a busy canvas does all the time, allocates nothing.
func TestTileState_ApplyAllocatesNothing(t *testing.T) {
	p := TileState{Tile: canvas.NewTile(256, 256)}
	p.Snapshot(0)
	p.Apply(batchOf(1, 0, 1))
	batch := batchOf(1, 1, 1)
	if n := testing.AllocsPerRun(100, func() { p.Apply(batch) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
