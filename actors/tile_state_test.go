package actors

import (
	"testing"

	"pixelplayground/actors/canvas"
)

// A snapshot does not change when the tile does, in the actor that made it or in the one that took
// it over. Until then all of them share the same memory.
func TestTileState_SnapshotsShareUntilTheNextChange(t *testing.T) {
	mine := tileState{tile: canvas.NewTile(16, 16)}
	first := mine.snapshot(3)
	theirs := tileStateOf(first)
	if again := mine.snapshot(3); again != first || &again.Tile[0] != &mine.tile[0] || &theirs.tile[0] != &mine.tile[0] {
		t.Error("a tile that does not change is in memory more than once")
	}
	batch := batchOf(1, 0, 1)
	batch.Ops[0].Pixels[0] = canvas.Pixel{Pos: 5, Color: 0x123456}
	theirs.apply(batch)
	mine.apply(batch)
	if c := first.Tile.At(5); c != 0xFFFFFF || first.Position != (canvas.Position{}) {
		t.Errorf("the snapshot of %v has colour %06x now", first.Position, c)
	}
	if mine.tile.At(5) != 0x123456 || theirs.tile.At(5) != 0x123456 || mine.position != batch.Position() {
		t.Error("the batch does not show")
	}
	if now := mine.snapshot(3); now.Position != batch.Position() || now.Tile.At(5) != 0x123456 || now.Region != 3 {
		t.Errorf("a snapshot of now is of %v", now.Position)
	}
}

// Applying a batch, as a busy canvas does all the time, allocates nothing.
func TestTileState_ApplyAllocatesNothing(t *testing.T) {
	p := tileState{tile: canvas.NewTile(256, 256)}
	p.snapshot(0)
	p.apply(batchOf(1, 0, 1))
	batch := batchOf(1, 1, 1)
	if n := testing.AllocsPerRun(100, func() { p.apply(batch) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
