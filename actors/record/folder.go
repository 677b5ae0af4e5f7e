package record

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"pixelplayground/actors/canvas"
)

// folder is the files of one region, and the history that they make up.
type folder struct {
	region canvas.RegionID
	files  []file
	parts  []part // in order; each begins where the one before ends
}

// part is a stretch of a region's history: pixels from one file, or a gap.
type part struct {
	*file
	after uint64          // the pixels of file after this one
	to    canvas.Position // up to and including this one
}

// missing is a gap for which there is no file: what was there has been removed.
const missing kind = ""

// gap reports whether the pixels of the part are not known.
func (p *part) gap() bool { return p.kind != segmentKind }

// listFolder reads what is there of a region.
func listFolder(ctx context.Context, files Files, region canvas.RegionID) (*folder, error) {
	all, err := files.List(ctx, folderOf(region))
	if err != nil {
		return nil, fmt.Errorf("list region %d of the record: %w", region, err)
	}
	return newFolder(region, all), nil
}

func newFolder(region canvas.RegionID, all []File) *folder {
	d := &folder{region: region}
	for _, each := range all {
		if f, ok := parseName(each.Name); ok && f.region == region {
			f.size = each.Size
			d.files = append(d.files, f)
		}
	}
	slices.SortFunc(d.files, func(a, b file) int {
		return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.from, b.from), cmp.Compare(a.end.Seq, b.end.Seq), cmp.Compare(a.end.Epoch, b.end.Epoch), cmp.Compare(a.last, b.last))
	})
	d.link()
	return d
}

// of lists the files of a kind.
func (d *folder) of(k kind) []file {
	from, _ := slices.BinarySearchFunc(d.files, k, func(f file, k kind) int { return cmp.Compare(f.kind, k) })
	to := from
	for to < len(d.files) && d.files[to].kind == k {
		to++
	}
	return d.files[from:to]
}

// link finds the history in the files. Several may have the same pixels: a small segment is written
// again with what came after it, and an owner that has been replaced without knowing may write late.
// What it writes is the same, unless the store has lost pixels since: then the true ones have a
// higher epoch. So of the segments that go on from a position, the one with the highest epoch counts,
// and then the longest; and epochs never fall.
func (d *folder) link() {
	segments, gaps := d.of(segmentKind), d.of(gapKind)
	at := canvas.Position{}
	for {
		for i := range gaps { // a gap without pixels says that the store went on from something else
			if g := &gaps[i]; g.from == at.Seq && g.end.Seq == at.Seq && g.end.Epoch >= at.Epoch {
				d.parts = append(d.parts, part{g, at.Seq, g.end})
				at.Epoch = g.end.Epoch
			}
		}
		next, ok := part{best(segments, at), at.Seq, canvas.Position{}}, true
		if next.file != nil {
			next.to = next.end
		} else if next, ok = d.pass(at); !ok {
			return
		}
		d.parts = append(d.parts, next)
		at = next.to
	}
}

// best is the file that goes on from a position.
func best(files []file, at canvas.Position) (found *file) {
	for i := range files {
		f := &files[i]
		if f.from > at.Seq {
			break
		}
		if f.end.Seq > at.Seq && f.end.Epoch >= at.Epoch && (found == nil || after(f.end, found.end)) {
			found = f
		}
	}
	return found
}

// after reports whether a region reaches position a only after position b.
func after(a, b canvas.Position) bool {
	return a.Epoch > b.Epoch || a.Epoch == b.Epoch && a.Seq > b.Seq
}

// begin is where the first file after a position begins.
func begin(files []file, at canvas.Position) (seq uint64, ok bool) {
	for i := range files {
		if files[i].from > at.Seq && files[i].end.Epoch >= at.Epoch {
			return files[i].from, true
		}
	}
	return 0, false
}

// pass is the gap that goes on from a position, up to the next segment.
func (d *folder) pass(at canvas.Position) (part, bool) {
	gap, to := best(d.of(gapKind), at), canvas.Position{}
	if gap != nil {
		to = gap.end
	}
	if next, ok := begin(d.of(segmentKind), at); ok && (gap == nil || next < to.Seq) {
		to = canvas.Position{Seq: next, Epoch: at.Epoch}
	}
	if gap == nil && to.Seq > 0 {
		if next, ok := begin(d.of(gapKind), at); ok && next < to.Seq {
			to.Seq = next
		}
		gap = &file{kind: missing, region: d.region, from: at.Seq, end: to}
	}
	return part{gap, at.Seq, to}, gap != nil
}

// end is where the recorded history ends.
func (d *folder) end() canvas.Position {
	if len(d.parts) == 0 {
		return canvas.Position{}
	}
	return d.parts[len(d.parts)-1].to
}

// last is the time of the last thing recorded.
func (d *folder) last() (t int64) {
	for i := range d.parts {
		t = max(t, d.parts[i].file.last)
	}
	return t
}

// tileAt is the tile of a position, the last one if there are several; nil: there is none.
func (d *folder) tileAt(at canvas.Position) (found *file) {
	tiles := d.of(tileKind)
	for i := range tiles {
		if tiles[i].end == at {
			found = &tiles[i]
		}
	}
	return found
}
