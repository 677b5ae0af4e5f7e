package record

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"pixelplayground/actors/canvas"
)

// view is what a Reader knows of a region: what is recorded, and after that the store's log. It is
// never changed; a new one may share memory with it.
type view struct {
	*folder
	parts  []part // those of the folder, as far as the store has them too
	tail   *rows  // of the log, after the parts
	at     canvas.Position
	last   int64          // time of the last pixel
	colors []canvas.Color // at the end of the tail, or unknown; nil: not read yet
	read   time.Time      // when the folder was listed
	sure   bool           // the store has all that is recorded
}

// size is roughly what a view takes up.
func (v *view) size() int { return len(v.files)*160 + cap(v.tail.pos)*rowBytes + 4*len(v.colors) }

// listFor is how long a list of files is taken for true if there is no log that tells when it is not.
const listFor = 2 * time.Second

// relistAfter is when files are listed again although the log goes on from what is known of them:
// much more should be recorded by now, and need not be kept in memory as a part of the log.
const relistAfter = 10 * time.Second

// look returns the present view of a region. anew says that the files must be listed again.
func (r *Reader) look(ctx context.Context, region canvas.RegionID, anew bool) (*view, error) {
	select {
	case r.looking[int(region)%len(r.looking)] <- struct{}{}:
		defer func() { <-r.looking[int(region)%len(r.looking)] }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	key, old := folderOf(region), (*view)(nil)
	if kept, ok := r.cache.Get(key); ok && !anew {
		v := kept.(*view)
		if r.log == nil && r.cfg.Now().Sub(v.read) < listFor {
			return v, nil
		}
		if r.log != nil {
			next, err := r.follow(ctx, v)
			if err != nil {
				return nil, err
			}
			long := next != nil && next.tail.n >= r.cfg.Segment && r.cfg.Now().Sub(v.read) >= relistAfter
			if next != nil && !long {
				return r.keep(key, next), nil
			}
			old = next
		}
	}
	d, err := listFolder(ctx, r.files, region)
	if err != nil && old != nil {
		old.read = r.cfg.Now()
		return r.keep(key, old), nil
	}
	if err != nil {
		return nil, err
	}
	v, err := r.begin(ctx, d)
	if err != nil {
		return nil, err
	}
	return r.keep(key, v), nil
}

func (r *Reader) keep(key string, v *view) *view {
	if v != nil {
		r.cache.Put(key, v, v.size())
	}
	return v
}

// begin makes a view of a folder that was just listed.
func (r *Reader) begin(ctx context.Context, d *folder) (*view, error) {
	v := &view{folder: d, parts: d.parts, at: d.end(), last: d.last(), read: r.cfg.Now(), sure: true}
	v.tail = &rows{region: d.region, from: v.at.Seq}
	if r.log == nil {
		return v, nil
	}
	if err := r.cut(ctx, v); err != nil {
		return nil, err
	}
	next, err := r.follow(ctx, v)
	if next == nil && err == nil { // the log begins later: what is between has not been noted as a gap yet
		next, err = r.extend(ctx, v, v.at.Seq)
	}
	return next, err
}

// cut leaves out what is recorded and was lost by the store since.
func (r *Reader) cut(ctx context.Context, v *view) error {
	around, err := r.log.History(ctx, v.region, max(v.at.Seq, 1)-1, 2)
	if err != nil {
		return err
	}
	e := &evidence{}
	if e.add(around); len(around) == 0 {
		if err := e.read(ctx, r.log, v.region); err != nil {
			return err
		}
	}
	seq, n, err := common(v.folder, e,
		func() error { return e.read(ctx, r.log, v.region) },
		func(f *file) ([]uint64, error) {
			all, err := r.rows(ctx, f, everything)
			if errors.Is(err, ErrDamaged) {
				return nil, nil
			}
			if err != nil {
				return nil, err
			}
			return all.epoch, nil
		})
	if err != nil || seq == v.at.Seq {
		return err
	}
	v.sure, v.parts, v.tail.from = false, slices.Clone(v.parts[:n]), seq
	v.at = canvas.Position{Seq: seq}
	if n > 0 {
		p := &v.parts[n-1]
		if p.to.Seq > seq {
			all, err := r.rows(ctx, p.file, everything)
			if err != nil {
				return err
			}
			p.to = canvas.Position{Seq: seq, Epoch: all.epoch[seq-p.from-1]}
		}
		v.at = p.to
	}
	return nil
}

// follow is the view with what the log has gained since. It returns nil if the log does not go on
// from it: then the folder must be listed again.
func (r *Reader) follow(ctx context.Context, v *view) (*view, error) {
	first, err := r.log.History(ctx, v.region, max(v.at.Seq, 1)-1, 1)
	if err != nil {
		return nil, err
	}
	switch {
	case len(first) == 0 && v.at.Seq == 0:
		return v, nil
	case len(first) == 0:
		return nil, nil
	case first[0].From < v.at.Seq && first[0].Epoch != v.at.Epoch, first[0].From > v.at.Seq:
		return nil, nil
	}
	return r.extend(ctx, v, v.at.Seq)
}

// extend reads the log after a sequence number.
func (r *Reader) extend(ctx context.Context, v *view, after uint64) (*view, error) {
	var all []*canvas.Batch
	for {
		batches, err := r.log.History(ctx, v.region, after, pageBatches)
		if err != nil {
			return nil, err
		}
		if len(batches) == 0 {
			break
		}
		all, after = append(all, batches...), batches[len(batches)-1].To
	}
	if len(all) == 0 {
		return v, nil
	}
	next, tail := *v, *v.tail
	if next.tail = &tail; next.colors == nil {
		var err error
		if next.colors, err = r.colorsAt(ctx, v); err != nil {
			return nil, err
		}
	}
	for _, b := range all { // nothing fails from here on: v and next share what they have in common
		next.take(b)
	}
	return &next, nil
}

// colorsAt is the colours at the end of the parts.
func (r *Reader) colorsAt(ctx context.Context, v *view) ([]canvas.Color, error) {
	_, _, width, height := r.cfg.Geometry.Bounds(v.region)
	s := blank(width * height)
	if v.at.Seq == 0 {
		return s.color, nil
	}
	// A file of the latest pixels has the colours, too, but it may be missing after a crash.
	err := r.replay(ctx, v, s)
	for i := range s.color {
		if s.doubt[i] {
			s.color[i] = unknown
		}
	}
	return s.color, err
}

// replay takes a blank state to the end of the parts: the last tile, and what was drawn since.
func (r *Reader) replay(ctx context.Context, v *view, s *state) error {
	base, err := r.base(ctx, v, forever)
	if err != nil {
		return err
	}
	if base != nil {
		s.at = base.at
		for pos := range s.color {
			s.color[pos], s.doubt[pos] = base.tile.At(uint16(pos)), base.doubt != nil && base.doubt[pos]
		}
	}
	for i := range v.parts {
		p := &v.parts[i]
		if p.gap() || p.to.Seq <= s.at.Seq {
			continue
		}
		all, err := r.rows(ctx, p.file, everything)
		if err != nil {
			return err
		}
		s.replay(all, p.to.Seq)
	}
	return nil
}

// take adds a batch to the tail. If something is missing before it, the tail begins with it: what is
// missing will be noted as a gap.
func (v *view) take(b *canvas.Batch) {
	whole := whole(b, len(v.colors))
	if b.From > v.tail.end() || !whole {
		v.tail, v.colors = &rows{region: v.region, from: b.From}, make([]canvas.Color, len(v.colors))
		for i := range v.colors {
			v.colors[i] = unknown
		}
	}
	if !whole {
		v.tail.from, v.at = b.To, b.Position()
		return
	}
	seq, t := b.From, max(b.Time, v.last)
	for i := range b.Ops {
		by := authorOf(&b.Ops[i])
		for _, p := range b.Ops[i].Pixels {
			if seq++; seq <= v.tail.end() {
				continue
			}
			v.tail.add(b.Epoch, t, p.Pos, p.Color, v.colors[p.Pos], by)
			v.colors[p.Pos] = p.Color
			v.last = t
		}
	}
	v.at = b.Position()
}

// unnoted is the gap between what is recorded and the tail, which the archivist has yet to note.
func (v *view) unnoted() (from, to uint64, ok bool) {
	if n := len(v.parts); n > 0 {
		from = v.parts[n-1].to.Seq
	}
	return from, v.tail.from, v.tail.from > from
}

// lookAll makes the views of all regions that there are none of, with one list of all files: in a
// bucket, each list takes a while.
func (r *Reader) lookAll(ctx context.Context) error {
	var unseen []canvas.RegionID
	for region := range canvas.RegionID(r.cfg.Geometry.Regions()) {
		if _, ok := r.cache.Get(folderOf(region)); !ok {
			unseen = append(unseen, region)
		}
	}
	if len(unseen) < 2 {
		return nil
	}
	all, err := r.files.List(ctx, "region-")
	if err != nil {
		return fmt.Errorf("list the record: %w", err)
	}
	byFolder := make(map[string][]File)
	for _, f := range all {
		folder, _, _ := strings.Cut(f.Name, "/")
		byFolder[folder+"/"] = append(byFolder[folder+"/"], f)
	}
	for _, region := range unseen {
		v, err := r.begin(ctx, newFolder(region, byFolder[folderOf(region)]))
		if errors.Is(err, ErrNotExist) {
			continue // changed meanwhile: it is looked at when it is needed
		}
		if err != nil {
			return err
		}
		r.keep(folderOf(region), v)
	}
	return nil
}
