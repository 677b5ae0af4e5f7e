package record_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/record"
	"pixelplayground/actors/record/recordtest"
)

// pruned is a record of two regions with some segments each.
type pruned struct {
	g      canvas.Geometry
	files  *recordtest.Memory
	log    *recordtest.Log
	cfg    record.Config
	writer *record.Writer
	draw   []*recordtest.Drawing
	now    time.Time
}

func newPruned(t *testing.T, pixels int) *pruned {
	t.Helper()
	p := &pruned{g: canvas.Geometry{Width: 40, Height: 20, Region: 20}, files: recordtest.NewMemory(), log: recordtest.NewLog()}
	p.cfg = record.Config{Geometry: p.g, Segment: 100, Now: func() time.Time { return p.now }}
	p.writer = record.NewWriter(p.files, p.log, p.cfg)
	for region := range 2 {
		p.draw = append(p.draw, recordtest.NewDrawing(uint64(7+region), p.g, canvas.RegionID(region)))
	}
	p.record(t, pixels)
	return p
}

// record draws in all regions, and records it.
func (p *pruned) record(t *testing.T, pixels int) {
	t.Helper()
	for region, d := range p.draw {
		all := d.Draw(pixels)
		p.log.Append(all...)
		p.now = time.UnixMilli(all[len(all)-1].Time)
		if _, err := p.writer.Advance(t.Context(), canvas.RegionID(region), d.Snapshot()); err != nil {
			t.Fatal(err)
		}
	}
}

func (p *pruned) names(t *testing.T, containing string) (names []string) {
	t.Helper()
	all, err := p.files.List(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range all {
		if strings.Contains(f.Name, containing) {
			names = append(names, f.Name)
		}
	}
	return names
}

func (p *pruned) size(t *testing.T) (size int64) {
	t.Helper()
	all, err := p.files.List(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range all {
		size += f.Size
	}
	return size
}

// check fails the test unless the record leads to what the regions are, and has all pixels or gaps.
func (p *pruned) check(t *testing.T) (recorded, missing uint64) {
	t.Helper()
	r := record.NewReader(p.files, nil, p.cfg)
	for region, d := range p.draw {
		tile, _, err := r.Tile(t.Context(), canvas.RegionID(region), p.now.Add(time.Hour))
		if err != nil || !slices.Equal(tile.Tile, d.Snapshot().Tile) || tile.Position != d.Snapshot().Position {
			t.Errorf("region %d is another: %v", region, err)
		}
		gaps, err := r.Gaps(t.Context(), canvas.RegionID(region))
		if err != nil {
			t.Fatal(err)
		}
		own := uint64(0)
		for _, g := range gaps {
			own += g.To - g.From
			if g.Why != "removed, to keep the record within its bounds" {
				t.Errorf("a gap: %+v", g)
			}
		}
		missing += own
		for _, err := range r.Pixels(t.Context(), canvas.RegionID(region), time.Time{}, time.Time{}) {
			if err != nil {
				t.Fatal(err)
			}
			recorded++
			own++
		}
		if own != d.Snapshot().Position.Seq {
			t.Errorf("region %d: %d pixels are there or in gaps, of %d", region, own, d.Snapshot().Position.Seq)
		}
	}
	return recorded, missing
}

// TestPrune_Size: the oldest segments go, of whatever region, until the rest is small enough; what they
// were is one gap a region, tiles of the past stay, and recording goes on.
func TestPrune_Size(t *testing.T) {
	p := newPruned(t, 500)
	before, tiles := p.size(t), len(p.names(t, "tile-"))
	past, _, err := record.NewReader(p.files, nil, p.cfg).Tile(t.Context(), 0, p.now)
	if err != nil {
		t.Fatal(err)
	}
	if gone, err := p.writer.Prune(t.Context(), record.Keep{Size: before, Age: time.Hour}, 100); err != nil || gone != (record.Pruned{}) {
		t.Fatalf("within bounds: %+v %v", gone, err)
	}
	removed := uint64(0)
	for round := range 3 {
		bound := p.size(t) * 3 / 4
		gone, err := p.writer.Prune(t.Context(), record.Keep{Size: bound}, 100)
		if err != nil || gone.Segments == 0 || gone.More || gone.Bytes <= 0 || !gone.Until.Before(p.now) {
			t.Fatalf("%+v %v", gone, err)
		}
		if removed += gone.Pixels; p.size(t) > bound+1000 { // gaps take some room
			t.Errorf("%d bytes, bound to %d", p.size(t), bound)
		}
		if recorded, missing := p.check(t); missing != removed || recorded == 0 {
			t.Errorf("%d pixels are in gaps, %d were removed", missing, removed)
		}
		if gaps := p.names(t, "gap-"); len(gaps) > 2 {
			t.Errorf("round %d: %v", round, gaps)
		}
		p.record(t, 120)
		p.check(t)
	}
	if left := len(p.names(t, "tile-")); left < tiles {
		t.Errorf("%d tiles of %d", left, tiles)
	}
	if then, _, err := record.NewReader(p.files, nil, p.cfg).Tile(t.Context(), 0, p.now); err != nil || then.Position.Seq < past.Position.Seq {
		t.Errorf("%v %v", then.Position, err)
	}
	gone, err := p.writer.Prune(t.Context(), record.Keep{Size: 1}, 100)
	if segments := p.names(t, "pixels-"); err != nil || gone.More || len(segments) != 2 {
		t.Errorf("each region keeps its last segment: %v, %v", segments, err)
	}
	p.check(t)
}

// TestPrune_Age: what is older goes, as much at once as is allowed.
func TestPrune_Age(t *testing.T) {
	p := newPruned(t, 500)
	p.now = p.now.Add(48 * time.Hour)
	for _, d := range p.draw {
		d.Wait((47 * time.Hour).Milliseconds())
	}
	p.record(t, 150)
	old := 0
	for {
		gone, err := p.writer.Prune(t.Context(), record.Keep{Age: 24 * time.Hour}, 3)
		if err != nil || gone.Segments > 3 {
			t.Fatalf("%+v %v", gone, err)
		}
		p.check(t)
		if old += gone.Segments; !gone.More {
			break
		}
	}
	if old < 8 {
		t.Errorf("%d segments were old", old)
	}
	for _, name := range p.names(t, "pixels-") {
		if first := name[strings.LastIndex(name, "-")+1:]; first < "17672" { // of the second day
			t.Errorf("%s is old", name)
		}
	}
}

// TestPrune_CutOff: wherever it is interrupted, nothing is neither there nor in a gap, and the next call
// ends it.
func TestPrune_CutOff(t *testing.T) {
	for after := 1; ; after++ {
		p, calls, cut := newPruned(t, 250), 0, false
		p.files.OnCall(func(_ context.Context, c recordtest.Call) error {
			if c.Method == recordtest.Put || c.Method == recordtest.Remove {
				if calls++; calls >= after {
					cut = true
					return record.ErrUnavailable
				}
			}
			return nil
		})
		keep := record.Keep{Size: p.size(t) / 2}
		_, err := p.writer.Prune(t.Context(), keep, 100)
		p.files.OnCall(nil)
		if cut != errors.Is(err, record.ErrUnavailable) {
			t.Fatalf("after %d: %v", after, err)
		}
		p.check(t)
		if !cut {
			return
		}
		if _, err := p.writer.Prune(t.Context(), keep, 100); err != nil {
			t.Fatal(err)
		}
		p.record(t, 120)
		p.check(t)
	}
}
