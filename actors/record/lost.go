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
	if !errors.Is(err, ErrDamaged) || slices.Contains(a.aside, f.name()) {
		if errors.Is(err, ErrDamaged) {
			return nil
		}
		return err
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
		if err := a.files.Remove(ctx, f.name()); err != nil {
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
	content, err := lost.encode(a.packer, a.cfg.Geometry)
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
