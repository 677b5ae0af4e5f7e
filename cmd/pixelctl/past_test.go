package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/record"
	"pixelplayground/actors/record/files"
	"pixelplayground/actors/record/recordtest"
	"pixelplayground/cmd/commandline/s3"
)

// began is when what tests draw begins, in Unix milliseconds.
var began = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC).UnixMilli()

// drawnPixel is what a test draws.
type drawnPixel struct {
	time  int64 // ms after began
	x, y  int
	color canvas.Color
	user  canvas.Author
}

// recorded makes a record of what was drawn, in order of time, in a directory.
func recorded(t testing.TB, g canvas.Geometry, all []drawnPixel) (dir string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "record")
	place, err := files.Open(dir, s3.Config(""))
	if err != nil {
		t.Fatal(err)
	}
	log := recordtest.NewLog()
	now := make([]*canvas.Snapshot, g.Regions())
	for id := range now {
		_, _, width, height := g.Bounds(canvas.RegionID(id))
		now[id] = &canvas.Snapshot{Region: canvas.RegionID(id), Position: canvas.Position{Epoch: 1}, Tile: canvas.NewTile(width, height)}
	}
	for _, p := range all {
		region, pos := g.Locate(p.x, p.y)
		s := now[region]
		b := &canvas.Batch{Region: region, Epoch: 1, From: s.Position.Seq, To: s.Position.Seq + 1, Time: began + p.time, Ops: []canvas.Op{{
			ID: canvas.OpID{Author: p.user, Num: 1}, Name: fmt.Sprint("user ", p.user), Pixels: []canvas.Pixel{{Pos: pos, Color: p.color}},
		}}}
		s.Tile.Apply(b)
		s.Position = b.Position()
		log.Append(b)
	}
	w := record.NewWriter(files.Own(place, g, func(context.Context) (string, error) { return "test", nil }), log, record.Config{Geometry: g})
	for _, s := range now {
		if _, err := w.Advance(t.Context(), s.Region, s); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// aDay is what a few people draw in 24 hours on a canvas of 1080p: ten pixels a second, mostly near each
// other.
func aDay() (canvas.Geometry, []drawnPixel) {
	const seed, pixels = 3, 864_000
	random := rand.New(rand.NewPCG(seed, seed))
	g := canvas.Geometry{Width: 1920, Height: 1080, Region: 256}
	var brush [8]struct {
		x, y  int
		color canvas.Color
	}
	all := make([]drawnPixel, 0, pixels)
	for i := range pixels {
		b := &brush[random.IntN(len(brush))]
		if random.IntN(200) == 0 {
			b.x, b.y, b.color = random.IntN(g.Width), random.IntN(g.Height), canvas.Color(random.IntN(32)*0x070B0D)
		}
		b.x, b.y = max(0, min(g.Width-1, b.x+random.IntN(5)-2)), max(0, min(g.Height-1, b.y+random.IntN(5)-2))
		all = append(all, drawnPixel{int64(i) * 100, b.x, b.y, b.color, canvas.Author(1 + random.IntN(50))})
	}
	return g, all
}
