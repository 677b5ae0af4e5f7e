package record_test

import (
	"testing"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/record"
	"pixelplayground/actors/record/recordtest"
)

// Whoever sets up a Writer is told of each gap, once.
func TestWriter_TellsOfGaps(t *testing.T) {
	var told []record.Gap
	cfg := record.Config{
		Geometry: canvas.Geometry{Width: 48, Height: 32, Region: 16},
		Noted:    func(g record.Gap) { told = append(told, g) },
	}
	log, d := recordtest.NewLog(), recordtest.NewDrawing(7, cfg.Geometry, 2)
	w := record.NewWriter(recordtest.NewMemory(), log, cfg)
	advance := func() {
		t.Helper()
		for range 2 {
			if _, err := w.Advance(t.Context(), 2, d.Snapshot()); err != nil {
				t.Fatal(err)
			}
		}
	}
	log.Append(d.Draw(100)...)
	advance()
	from := d.Snapshot().Position.Seq
	log.Append(d.Draw(100)...)
	to := d.Snapshot().Position.Seq
	log.Trim(2, to)
	log.Append(d.Draw(100)...)
	advance()
	if len(told) != 1 || told[0].Region != 2 || told[0].From != from || told[0].To != to || told[0].Why == "" {
		t.Errorf("told %+v, want a gap of region 2 from %d to %d", told, from, to)
	}
}
