package record_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/record"
	"pixelplayground/actors/record/recordtest"
)

// earlier is a record of three pixels that a version wrote which knew no networks. The folder has its
// files as they were.
func earlier(t *testing.T) *recordtest.Memory {
	t.Helper()
	to := recordtest.NewMemory()
	names, err := filepath.Glob("testdata/earlier/region-0000/*")
	if err != nil || len(names) != 2 {
		t.Fatalf("%v, %v", names, err)
	}
	for _, name := range names {
		content, err := os.ReadFile(name)
		if err == nil {
			err = to.Put(t.Context(), "region-0000/"+filepath.Base(name), content)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return to
}

// TestReader_EarlierVersion: what an earlier version recorded is read, and recording goes on from it.
func TestReader_EarlierVersion(t *testing.T) {
	cfg := record.Config{Geometry: canvas.Geometry{Width: 16, Height: 16, Region: 16}}
	files, log := earlier(t), recordtest.NewLog()
	const begun = 1_767_225_600_000
	first := &canvas.Batch{Epoch: 1, To: 3, Time: begun, Ops: []canvas.Op{
		{ID: canvas.OpID{Author: 7, Num: 1}, User: 7, Name: "Ada", Pixels: []canvas.Pixel{{Pos: 1, Color: 0xFF0000}, {Pos: 2, Color: 0x00FF00}}},
		{ID: canvas.OpID{Author: 8, Num: 1}, Pixels: []canvas.Pixel{{Pos: 1, Color: 0x0000FF}}},
	}}
	next := &canvas.Batch{Epoch: 1, From: 3, To: 5, Time: begun + 5, Ops: []canvas.Op{
		{ID: canvas.OpID{Author: 7, Num: 2}, User: 7, Name: "Ada", From: 0xA1B2C3D4E5F6, Pixels: []canvas.Pixel{{Pos: 1, Color: 0xFFFF00}}},
		{ID: canvas.OpID{Author: 9, Num: 1}, Cause: "rollback 4", Pixels: []canvas.Pixel{{Pos: 2, Color: canvas.Background}}},
	}}
	want := []record.Pixel{
		{Seq: 1, Epoch: 1, Time: begun, X: 1, Color: 0xFF0000, Before: canvas.Background, Known: true, User: 7, Name: "Ada"},
		{Seq: 2, Epoch: 1, Time: begun, X: 2, Color: 0x00FF00, Before: canvas.Background, Known: true, User: 7, Name: "Ada"},
		{Seq: 3, Epoch: 1, Time: begun, X: 1, Color: 0x0000FF, Before: 0xFF0000, Known: true, User: 8},
		{Seq: 4, Epoch: 1, Time: begun + 5, X: 1, Color: 0xFFFF00, Before: 0x0000FF, Known: true, User: 7, Name: "Ada", Network: 0xA1B2C3D4E5F6},
		{Seq: 5, Epoch: 1, Time: begun + 5, X: 2, Color: canvas.Background, Before: 0x00FF00, Known: true, User: 9, Cause: "rollback 4"},
	}
	check := func(when string, n int) {
		t.Helper()
		i := 0
		for p, err := range record.NewReader(files, nil, cfg).Pixels(t.Context(), 0, time.Time{}, time.Time{}) {
			if err != nil || i >= n || p != want[i] {
				t.Fatalf("%s: pixel %d of %d is %+v, %v", when, i, n, p, err)
			}
			i++
		}
		if i != n {
			t.Fatalf("%s: %d pixels, want %d", when, i, n)
		}
	}
	check("as it was", 3)
	log.Append(first, next)
	tile := canvas.NewTile(16, 16)
	tile.Apply(first)
	tile.Apply(next)
	if to, err := record.NewWriter(files, log, cfg).Advance(t.Context(), 0, &canvas.Snapshot{Position: next.Position(), Tile: tile}); err != nil || to != 5 {
		t.Fatal(to, err)
	}
	check("gone on", 5)
	r := record.NewReader(files, nil, cfg)
	latest, ok, err := r.Latest(t.Context(), 1, 0)
	if err != nil || !ok || latest.Seq != 4 || latest.Network != 0 {
		t.Errorf("latest: %+v, %t, %v", latest, ok, err)
	}
	if before, _, err := r.Before(t.Context(), 1, 0, 0, 1); err != nil || len(before) != 1 || before[0] != want[3] {
		t.Errorf("before: %+v, %v", before, err)
	}
}
