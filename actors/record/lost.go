package record

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"pixelplayground/actors/canvas"
)

// A failover of the store may lose pixels that are recorded. The region then goes on from an earlier
// position, under a higher epoch.

// common is the last position that a history and the store have in common, and how many parts of the
// history reach up to it; the last of them may reach further. all adds the whole log to the evidence;
// epochsOf reads the epochs of a segment's rows, and none if it is damaged.
func common(d *folder, store *evidence, all func() error, epochsOf func(*file) ([]uint64, error)) (seq uint64, parts int, err error) {
	n := len(d.parts)
	if n == 0 || store.agrees(d.end()) {
		return d.end().Seq, n, nil
	}
	if err := all(); err != nil {
		return 0, 0, err
	}
	for ; n > 0; n-- {
		p := &d.parts[n-1]
		if store.agrees(p.to) {
			return p.to.Seq, n, nil
		}
		if p.gap() {
			continue
		}
		epochs, err := epochsOf(p.file)
		if err != nil {
			return 0, 0, err
		}
		for seq := p.to.Seq; seq > p.after && epochs != nil; seq-- {
			if store.agrees(canvas.Position{Seq: seq, Epoch: epochs[seq-p.from-1]}) {
				return seq, n, nil
			}
		}
	}
	return 0, 0, nil
}

// epochsOf reads the epochs of a segment's rows; none if it is damaged.
func (a *advance) epochsOf(ctx context.Context, f *file) ([]uint64, error) {
	if epochs, ok := a.epochs[f.name()]; ok {
		return epochs, nil
	}
	r, err := a.segment(ctx, f, whatAndWhen)
	if err = a.setAside(ctx, f, err); err != nil || r == nil {
		return nil, err
	}
	a.epochs[f.name()] = r.epoch
	return r.epoch, nil
}

// setAside keeps a copy of a file that turned out to be damaged, under another name, since it will be
// written anew or removed. Other errors are returned.
func (a *advance) setAside(ctx context.Context, f *file, err error) error {
	if !errors.Is(err, ErrDamaged) {
		return err
	}
	if slices.Contains(a.aside, f.name()) {
		return nil
	}
	content, getErr := a.get(ctx, f)
	if getErr != nil && !errors.Is(getErr, ErrDamaged) {
		return getErr
	}
	folder, base, _ := strings.Cut(f.name(), "/")
	copied := fmt.Sprintf("%s/damaged-%s", folder, base)
	if err := a.put(ctx, copied, content); err != nil {
		return err
	}
	a.aside = append(a.aside, f.name())
	a.counts.Damaged.Add(1)
	a.cfg.Log.Error("a file of the record is damaged; what can be is made anew", "region", a.region, "err", err, "copy", copied)
	return nil
}

// tidy removes the files that the history does not need. Pixels that are only in them were lost by
// the store: they are kept in a file beside the history.
func (a *advance) tidy(ctx context.Context) error {
	for i := range a.found.files {
		f := &a.found.files[i]
		if !a.stale(f) {
			continue
		}
		if f.kind == segmentKind {
			if err := a.rescue(ctx, f); err != nil {
				return err
			}
		}
		if err := a.pace.Waiting(func() error { return a.files.Remove(ctx, f.name()) }); err != nil {
			return fmt.Errorf("remove %s: %w", f.name(), err)
		}
	}
	return nil
}

func (a *advance) stale(f *file) bool {
	name := f.name()
	if slices.ContainsFunc(a.written, func(w file) bool { return w.name() == name }) {
		return false
	}
	switch f.kind {
	case lostKind:
		return false
	case tileKind:
		// Other tiles stay: they show what was there when the segments have gone.
		lost := f.end.Seq > a.shared && a.shared < a.found.end().Seq
		return lost || f.end.Seq > a.s.at.Seq || slices.ContainsFunc(a.parts, func(p part) bool { return p.to.Seq == f.end.Seq && p.to.Epoch != f.end.Epoch })
	case latestKind:
		return f.end != a.s.at && a.has(file{kind: latestKind, region: a.region, end: a.s.at})
	default:
		return !slices.ContainsFunc(a.parts, func(p part) bool { return p.name() == name })
	}
}

// rescue writes the pixels of a segment that are not in the history into a lost file.
func (a *advance) rescue(ctx context.Context, f *file) error {
	if in, err := a.holds(ctx, f.end); err != nil || in {
		return err
	}
	r, err := a.segment(ctx, f, everything)
	if err = a.setAside(ctx, f, err); err != nil || r == nil {
		return err
	}
	first := r.n
	for ; first > 0; first-- {
		in, err := a.holds(ctx, canvas.Position{Seq: r.from + uint64(first), Epoch: r.epoch[first-1]})
		if err != nil {
			return err
		}
		if in {
			break
		}
	}
	lost := r.slice(first, r.n)
	content, err := lost.encode(a.packer, a.cfg.Geometry, a.pace)
	if err != nil {
		return err
	}
	to := lost.file(lostKind)
	if err := a.write(ctx, to, content); err != nil {
		return err
	}
	a.counts.Lost.Add(uint64(lost.n))
	a.cfg.Log.Error("recorded pixels were lost by the store", "region", a.region, "pixels", lost.n, "kept in", to.name())
	return nil
}

// holds reports whether a position is one of the history.
func (a *advance) holds(ctx context.Context, at canvas.Position) (bool, error) {
	for i := range a.parts {
		p := &a.parts[i]
		if p.to == at {
			return true, nil
		}
		if p.gap() || at.Seq <= p.after || at.Seq > p.to.Seq {
			continue
		}
		epochs, err := a.epochsOf(ctx, p.file)
		return epochs != nil && epochs[at.Seq-p.from-1] == at.Epoch, err
	}
	return at.Seq == 0, nil
}

// pageBatches is how many batches of the log are read at once.
const pageBatches = 1000

// evidence is what is known of the pixels that the store has: under which epochs they were placed.
type evidence struct {
	spans []span // in order, perhaps with holes
	now   canvas.Position
	known bool // now is
	late  bool // now is not a position of what the store has
}

// span is consecutive pixels that were placed under one epoch.
type span struct{ from, to, epoch uint64 }

func (e *evidence) add(batches []*canvas.Batch) {
	for _, b := range batches {
		if n := len(e.spans); n > 0 && e.spans[n-1].to == b.From && e.spans[n-1].epoch == b.Epoch {
			e.spans[n-1].to = b.To
			continue
		}
		e.spans = append(e.spans, span{b.From, b.To, b.Epoch})
	}
}

// agrees reports whether the store may have a position: it does if the log says so, or if the log
// begins later and nothing speaks against it.
func (e *evidence) agrees(at canvas.Position) bool {
	if at == (canvas.Position{}) || !e.known && len(e.spans) == 0 {
		return true
	}
	if e.known && at.Seq == e.now.Seq {
		return at.Epoch == e.now.Epoch
	}
	i, _ := slices.BinarySearchFunc(e.spans, at.Seq, func(s span, seq uint64) int {
		if s.to < seq {
			return -1
		}
		return 1
	})
	switch {
	case i < len(e.spans) && e.spans[i].from < at.Seq:
		return e.spans[i].epoch == at.Epoch
	case i < len(e.spans):
		return e.spans[i].epoch >= at.Epoch
	default:
		return at.Seq < e.now.Seq && at.Epoch <= e.now.Epoch && (i == 0 || at.Epoch >= e.spans[i-1].epoch)
	}
}

// examine asks the log what it has around the end of the history, and at now.
func (a *advance) examine(ctx context.Context, end canvas.Position) (*evidence, error) {
	e := &evidence{now: a.now.Position, known: true}
	around, err := a.log.History(ctx, a.region, max(end.Seq, 1)-1, 2)
	if err != nil {
		return nil, err
	}
	e.add(around)
	if e.now.Seq == 0 {
		return e, nil
	}
	at, err := a.log.History(ctx, a.region, e.now.Seq-1, 1)
	if err != nil {
		return nil, err
	}
	if len(at) == 0 {
		// If there is a log it ends at the region's position. Without one, only the owner knows it.
		at, err = a.log.History(ctx, a.region, 0, 1)
		e.late = len(at) > 0
		return e, err
	}
	e.late = at[0].From < e.now.Seq && at[0].Epoch != e.now.Epoch
	return e, nil
}

// read adds the whole log.
func (e *evidence) read(ctx context.Context, log Log, region canvas.RegionID) error {
	e.spans = nil
	for after := uint64(0); ; {
		batches, err := log.History(ctx, region, after, pageBatches)
		if err != nil || len(batches) == 0 {
			return err
		}
		e.add(batches)
		after = batches[len(batches)-1].To
	}
}
