package record

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"pixelplayground/actors/canvas"
)

// Keep bounds a record. What is beyond goes, oldest first.
type Keep struct {
	Age  time.Duration // 0: however old
	Size int64         // bytes of all files; 0: however much
}

// Pruned is what has gone.
type Pruned struct {
	Segments int
	Pixels   uint64
	Bytes    int64
	Until    time.Time // of the newest pixel among them
	More     bool      // there is more to remove
}

// old is a segment that may go, or a lost one.
type old struct {
	*file
	d *folder
	i int // of d.parts; -1: a lost one
}

// Prune removes segments until the record is within bounds, at most so many. What was in them becomes
// a gap, which says so. Tiles stay, and so do the last segment of each region, which is written again
// with what comes next, and segments without a tile at their end to go on from.
//
// It may be called while others write, and may end at any moment: a gap is written before what was in it
// goes, and a segment counts as long as it is there.
func (w *Writer) Prune(ctx context.Context, keep Keep, most int) (gone Pruned, err error) {
	all, total, err := w.removable(ctx)
	if err != nil {
		return gone, err
	}
	end := int64(-1) // what was placed before is too old
	if keep.Age > 0 {
		end = w.cfg.Now().Add(-keep.Age).UnixMilli()
	}
	n := 0
	for n < len(all) && (all[n].last < end || keep.Size > 0 && total > keep.Size) {
		total -= all[n].size
		n++
	}
	gone.More = n > most
	all = all[:min(n, most)]
	slices.SortStableFunc(all, func(a, b old) int { return cmp.Or(cmp.Compare(a.region, b.region), cmp.Compare(a.i, b.i)) })
	for len(all) > 0 {
		run := 1
		for all[0].i >= 0 && run < len(all) && all[run].d == all[0].d && all[run].i == all[run-1].i+1 {
			run++
		}
		if err := w.remove(ctx, all[:run], &gone); err != nil {
			return gone, err
		}
		all = all[run:]
	}
	return gone, nil
}

// removable lists what may go, oldest first, and counts the bytes of all files.
func (w *Writer) removable(ctx context.Context) (all []old, total int64, err error) {
	for region := range canvas.RegionID(w.cfg.Geometry.Regions()) {
		d, err := listFolder(ctx, w.files, region)
		if err != nil {
			return nil, 0, err
		}
		for i := range d.files {
			total += d.files[i].size
		}
		for i := range max(0, len(d.parts)-1) {
			if p := &d.parts[i]; !p.gap() && d.tileAt(p.to) != nil {
				all = append(all, old{p.file, d, i})
			}
		}
		lost := d.of(lostKind)
		for i := range lost {
			all = append(all, old{&lost[i], d, -1})
		}
	}
	slices.SortFunc(all, func(a, b old) int {
		return cmp.Or(cmp.Compare(a.last, b.last), cmp.Compare(a.region, b.region), cmp.Compare(a.end.Seq, b.end.Seq))
	})
	return all, total, nil
}

// remove removes segments that follow each other, or a lost one.
func (w *Writer) remove(ctx context.Context, run []old, gone *Pruned) error {
	var before *part // a gap that the new one takes in
	if run[0].i >= 0 {
		var err error
		if before, err = w.noteRemoved(ctx, run[0].d, run[0].i, run[len(run)-1].i); err != nil {
			return err
		}
	}
	for _, o := range run {
		if err := w.files.Remove(ctx, o.name()); err != nil {
			return fmt.Errorf("remove %s of the record: %w", o.name(), err)
		}
		gone.Segments++
		gone.Pixels += uint64(o.rows())
		gone.Bytes += o.size
		if t := time.UnixMilli(o.last); t.After(gone.Until) {
			gone.Until = t
		}
	}
	if before == nil {
		return nil
	}
	if err := w.files.Remove(ctx, before.name()); err != nil {
		return fmt.Errorf("remove %s of the record: %w", before.name(), err)
	}
	return nil
}

// noteRemoved writes the gap that the parts from i to j of a history become, together with the gap
// before them if that is of the same kind.
func (w *Writer) noteRemoved(ctx context.Context, d *folder, i, j int) (before *part, err error) {
	from, to := &d.parts[i], &d.parts[j]
	f := file{kind: gapKind, region: d.region, from: from.after, end: to.to, last: to.file.last}
	if i > 0 && d.parts[i-1].kind == gapKind {
		g, err := readGap(ctx, w.files, &d.parts[i-1])
		if err != nil {
			return nil, err
		}
		if p := &d.parts[i-1]; g.Why == whyRemoved && p.file.from == p.after {
			before, f.from = p, p.after
		}
	}
	content, err := json.Marshal(newGap(&f, whyRemoved, w.cfg.Now()))
	if err != nil {
		return nil, fmt.Errorf("note a gap: %w", err)
	}
	if before != nil && before.name() == f.name() { // written by a call that was interrupted
		before = nil
	}
	return before, w.put(ctx, f.name(), content)
}
