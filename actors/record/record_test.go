package record_test

import (
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/record"
	"pixelplayground/actors/record/recordtest"
)

func TestRecord_ReadsWhatWasDrawn(t *testing.T) {
	cfg := record.Config{Geometry: canvas.Geometry{Width: 100, Height: 60, Region: 64}}
	files, log, d := recordtest.NewMemory(), recordtest.NewLog(), recordtest.NewDrawing(1, cfg.Geometry, 1)
	log.Append(d.Draw(2000)...)
	to, err := record.NewWriter(files, log, cfg).Advance(t.Context(), 1, d.Snapshot())
	if err != nil || to != d.Snapshot().Position.Seq {
		t.Fatalf("recorded up to %d, %v", to, err)
	}
	tile := canvas.NewTile(36, 60)
	n := 0
	for p, err := range record.NewReader(files, log, cfg).Pixels(t.Context(), 1, time.Time{}, time.Time{}) {
		if err != nil {
			t.Fatal(err)
		}
		_, pos := cfg.Geometry.Locate(int(p.X), int(p.Y))
		if p.Before != tile.At(pos) || !p.Known {
			t.Fatalf("pixel %d: before it was %v, not %v", p.Seq, tile.At(pos), p.Before)
		}
		tile.Set(pos, p.Color)
		n++
	}
	if string(tile) != string(d.Snapshot().Tile) || n != int(to) {
		t.Errorf("%d pixels of %d do not lead to what was drawn", n, to)
	}
}
