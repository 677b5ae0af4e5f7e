package record

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/record/pacing"
)

// advance is one call of Writer.Advance.
type advance struct {
	*Writer
	region canvas.RegionID
	now    *canvas.Snapshot
	width  int
	pace   *pacing.Pace

	found   *folder   // what was there at the beginning
	store   *evidence // what the store has
	parts   []part    // the history, as far as store and record have it in common, and what was written since
	written []file
	aside   []string // names of damaged files

	s       *state // at the end of rows
	rows    *rows  // of the segment that is being filled: those of the last one that was not full, and new ones
	changed bool   // rows are not yet written
	fresh   int    // the rows of them that are new

	shared uint64              // the last sequence number that record and store had in common
	epochs map[string][]uint64 // of the rows of segments
}

func (a *advance) run(ctx context.Context) (to uint64, err error) {
	if a.found, err = listFolder(ctx, a.files, a.region); err != nil {
		return 0, err
	}
	end := a.found.end()
	a.pace = pacing.New(ctx, a.cfg.Now, a.cfg.Rest, a.now.Position.Seq-min(a.now.Position.Seq, end.Seq), uint64(a.cfg.Segment))
	if a.store, err = a.examine(ctx, end); err != nil {
		return 0, err
	}
	if a.store.late {
		return 0, ErrLate
	}
	if err := a.begin(ctx, end); err != nil {
		return 0, err
	}
	if err := a.follow(ctx); err != nil {
		return 0, err
	}
	return a.s.at.Seq, a.finish(ctx)
}

// begin finds the last position that record and store have in common, and what there is to go on
// from: the state there, and the rows of the last segment if it is not full.
func (a *advance) begin(ctx context.Context, end canvas.Position) error {
	at, n, err := common(a.found, a.store,
		func() error { return a.store.read(ctx, a.log, a.region) },
		func(f *file) ([]uint64, error) { return a.epochsOf(ctx, f) })
	if err != nil {
		return err
	}
	a.parts = slices.Clone(a.found.parts[:n])
	a.rows = &rows{region: a.region, from: at}
	if n > 0 && !a.parts[n-1].gap() {
		last := a.parts[n-1]
		if cut := last.to.Seq > at; cut || last.to.Seq-last.after < uint64(a.cfg.Segment) {
			a.parts = a.parts[:n-1]
			if at, err = a.reopen(ctx, last, at, cut); err != nil {
				return err
			}
		}
	}
	if a.shared = at; at < end.Seq {
		a.cfg.Log.Error("the store has lost pixels that were recorded, or a file of the record is damaged", "region", a.region, "recorded", end.Seq, "common", at)
	}
	a.s, err = a.restore(ctx, at)
	return err
}

// reopen takes up the rows of the last segment, to write it again with others. It returns where they
// end, which is before the segment if it is damaged.
func (a *advance) reopen(ctx context.Context, last part, at uint64, cut bool) (uint64, error) {
	r, err := a.segment(ctx, last.file, everything)
	if err = a.setAside(ctx, last.file, err); err != nil {
		return 0, err
	}
	if r == nil {
		a.rows.from = last.after
		return last.after, nil
	}
	a.rows = r.slice(int(last.after-r.from), int(at-r.from))
	a.changed = cut
	return at, nil
}

// follow records what the log has, up to now.
func (a *advance) follow(ctx context.Context) error {
	a.reserve()
	for a.s.at.Seq < a.now.Position.Seq {
		batches, err := a.log.History(ctx, a.region, a.s.at.Seq, pageBatches)
		if err != nil {
			return err
		}
		a.pace.Pause()
		if len(batches) == 0 { // the position was reached in another way than by drawing
			return a.skip(ctx, a.now.Position, 0, a.why(whyRepaired))
		}
		for _, b := range batches {
			if a.s.at.Seq >= a.now.Position.Seq {
				break
			}
			if err := a.take(ctx, b); err != nil {
				return err
			}
		}
	}
	return nil
}

// take records a batch of the log, which begins at the end of what is recorded, or before or after.
func (a *advance) take(ctx context.Context, b *canvas.Batch) error {
	if !whole(b, len(a.s.color)) {
		return a.skip(ctx, a.upTo(b.To, b.Epoch), b.Time, whyRepaired)
	}
	if b.From > a.s.at.Seq {
		if err := a.skip(ctx, a.upTo(b.From, a.s.at.Epoch), b.Time, a.why(whyTrimmed)); err != nil {
			return err
		}
	}
	seq, t := b.From, max(b.Time, a.s.time)
	for i := range b.Ops {
		op := &b.Ops[i]
		by := authorOf(op)
		for _, p := range op.Pixels {
			if seq++; seq <= a.s.at.Seq || seq > a.now.Position.Seq {
				continue
			}
			before := a.s.place(canvas.Position{Seq: seq, Epoch: b.Epoch}, t, p.Pos, p.Color, a.s.author(by))
			a.rows.add(b.Epoch, t, p.Pos, p.Color, before, by)
			a.changed = true
			if a.fresh++; a.fresh%pacing.PieceRows == 0 {
				a.pace.Pause()
			}
			if a.rows.len() >= a.cfg.Segment {
				if err := a.flush(ctx); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// upTo is a position in the log, but not beyond now.
func (a *advance) upTo(seq, epoch uint64) canvas.Position {
	if seq >= a.now.Position.Seq {
		return a.now.Position
	}
	return canvas.Position{Seq: seq, Epoch: epoch}
}

// why is why there is a gap: the first one is from before the record.
func (a *advance) why(why string) string {
	if len(a.parts) == 0 && a.s.at.Seq == 0 {
		return whyBegun
	}
	return why
}

// whole reports whether a batch has a pixel for each of its sequence numbers, all of them in a region
// of that size. Any other is damaged.
func whole(b *canvas.Batch, size int) bool {
	for i := range b.Ops {
		for _, p := range b.Ops[i].Pixels {
			if int(p.Pos) >= size || p.Color >= unknown {
				return false
			}
		}
	}
	return b.Pixels() == int(b.To-b.From)
}

// flush writes the rows as a segment. If it is full, the next one begins after a tile.
func (a *advance) flush(ctx context.Context) error {
	if a.changed && a.rows.len() > 0 {
		content, err := a.rows.encode(a.packer, a.cfg.Geometry, a.pace)
		if err != nil {
			return err
		}
		f := a.rows.file(segmentKind)
		if err := a.write(ctx, f, content); err != nil {
			return err
		}
		a.counts.Segments.Add(1)
		a.counts.Pixels.Add(uint64(a.fresh))
		a.parts, a.fresh = append(a.parts, part{&f, f.from, f.end}), 0
		a.epochs[f.name()] = a.rows.epoch
	} else if a.rows.len() > 0 { // as it was
		a.parts = append(a.parts, a.found.parts[len(a.parts)])
	}
	full := a.rows.len() >= a.cfg.Segment
	a.changed, a.rows = false, &rows{region: a.region, from: a.s.at.Seq}
	if full {
		a.reserve()
		return a.paint(ctx)
	}
	return nil
}

// reserve makes room for the rows that are to come in the segment.
func (a *advance) reserve() {
	left := a.now.Position.Seq - min(a.now.Position.Seq, a.s.at.Seq)
	a.rows.reserve(int(min(left, uint64(max(a.cfg.Segment-a.rows.len(), 0)))))
}

// paint writes a tile of the state.
func (a *advance) paint(ctx context.Context) error {
	content, err := a.s.picture(a.width, a.pace)
	if err != nil {
		return err
	}
	return a.write(ctx, file{kind: tileKind, region: a.region, end: a.s.at, last: a.s.time}, content)
}

func (a *advance) write(ctx context.Context, f file, content []byte) error {
	if err := a.pace.Waiting(func() error { return a.put(ctx, f.name(), content) }); err != nil {
		return err
	}
	a.written = append(a.written, f)
	return nil
}

// skip notes a gap, up to a position that was reached at a time (0: not known). What was not drawn
// over since is taken from now.
func (a *advance) skip(ctx context.Context, to canvas.Position, t int64, why string) error {
	if err := a.flush(ctx); err != nil {
		return err
	}
	later, err := a.drawn(ctx, to.Seq)
	if err != nil {
		return err
	}
	for pos := range a.s.color {
		if later[pos] {
			a.s.doubt[pos] = true
		} else {
			a.s.become(pos, a.now.Tile.At(uint16(pos)))
		}
	}
	if t == 0 {
		t = a.cfg.Now().UnixMilli()
	}
	f := file{kind: gapKind, region: a.region, from: a.s.at.Seq, end: to, last: max(a.s.time, t)}
	a.s.at, a.s.time, a.rows = to, f.last, &rows{region: a.region, from: to.Seq}
	if err := a.paint(ctx); err != nil {
		return err
	}
	content, err := json.Marshal(newGap(&f, why, a.cfg.Now()))
	if err != nil {
		return err
	}
	if err := a.write(ctx, f, append(content, '\n')); err != nil {
		return err
	}
	a.parts = append(a.parts, part{&f, f.from, f.end})
	a.counts.Gaps.Add(1)
	a.counts.GapPixels.Add(f.end.Seq - f.from)
	if a.cfg.Noted != nil {
		a.cfg.Noted(Gap{Region: a.region, From: f.from, To: f.end.Seq, Why: why, Noted: a.cfg.Now()})
	}
	a.cfg.Log.Warn("pixels could not be recorded", "region", a.region, "from", f.from, "to", f.end.Seq, "why", why)
	return nil
}

// drawn tells which pixels the log has drawn after a sequence number, up to now.
func (a *advance) drawn(ctx context.Context, seq uint64) ([]bool, error) {
	drawn := make([]bool, len(a.s.color))
	for seq < a.now.Position.Seq {
		batches, err := a.log.History(ctx, a.region, seq, pageBatches)
		if err != nil {
			return nil, err
		}
		if len(batches) == 0 {
			break
		}
		for _, b := range batches {
			n := b.From
			for i := range b.Ops {
				for _, p := range b.Ops[i].Pixels {
					if n++; n > seq && n <= a.now.Position.Seq && int(p.Pos) < len(drawn) {
						drawn[p.Pos] = true
					}
				}
			}
			seq = b.To
		}
	}
	return drawn, nil
}

// finish writes what is left: the last rows, the tile of a full segment if a crash has prevented it,
// and who placed what; and removes what no longer counts.
func (a *advance) finish(ctx context.Context) error {
	if err := a.flush(ctx); err != nil {
		return err
	}
	if a.s.at == a.now.Position && !bytes.Equal(a.s.tile(), a.now.Tile) {
		a.counts.Mismatch.Add(1)
		a.cfg.Log.Error("what is recorded does not lead to what the region has: the record goes on from what it has", "region", a.region, "seq", a.s.at.Seq)
		if err := a.skip(ctx, a.s.at, 0, whyMismatch); err != nil {
			return err
		}
		a.aside = append(a.aside, (&file{kind: latestKind, region: a.region, end: a.s.at}).name()) // it has the other colours
	}
	if n := len(a.parts); n > 0 && (a.parts[n-1].gap() || a.parts[n-1].to.Seq-a.parts[n-1].after >= uint64(a.cfg.Segment)) {
		if tile := (file{kind: tileKind, region: a.region, end: a.s.at, last: a.s.time}); !a.has(tile) {
			if err := a.paint(ctx); err != nil {
				return err
			}
		}
	}
	// After a gap another owner may have been further than this one: then some colours are not known
	// yet, and the next call will write who placed what.
	if latest := (file{kind: latestKind, region: a.region, end: a.s.at}); a.s.at.Seq > 0 && !slices.Contains(a.s.doubt, true) && !a.has(latest) {
		content, err := a.s.encode(a.packer, a.region, a.cfg.Geometry, a.pace)
		if err != nil {
			return err
		}
		if err := a.write(ctx, latest, content); err != nil {
			return err
		}
	}
	return a.tidy(ctx)
}

// get reads a file.
func (a *advance) get(ctx context.Context, f *file) (content []byte, err error) {
	err = a.pace.Waiting(func() (err error) {
		content, err = a.Writer.get(ctx, f)
		return err
	})
	return content, err
}

// segment reads columns of a segment.
func (a *advance) segment(ctx context.Context, f *file, want columns) (*rows, error) {
	content, err := a.get(ctx, f)
	if err != nil {
		return nil, err
	}
	return decode(f, content, a.cfg.Geometry, want, a.pace)
}

// has reports whether a file is there, and was not found damaged.
func (a *advance) has(f file) bool {
	same := func(other file) bool { return other.name() == f.name() }
	return slices.ContainsFunc(a.written, same) || slices.ContainsFunc(a.found.files, same) && !slices.Contains(a.aside, f.name())
}
