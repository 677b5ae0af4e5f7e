package record

import (
	"context"
	"errors"
	"slices"
)

// restore is the state at a position of the history: the end of rows. It goes on from the last file
// of a state that is in the history, or from the beginning.
func (a *advance) restore(ctx context.Context, at uint64) (*state, error) {
	s, err := a.latest(ctx, at)
	if err != nil {
		return nil, err
	}
	for i := range a.parts {
		p := &a.parts[i]
		if p.to.Seq <= s.at.Seq && p.to.Epoch <= s.at.Epoch {
			continue
		}
		var r *rows
		if !p.gap() {
			r, err = a.segment(ctx, p.file, everything)
			if err = a.setAside(ctx, p.file, err); err != nil {
				return nil, err
			}
		}
		if r != nil {
			s.replay(r, p.to.Seq)
			a.pace.Pause()
			continue
		}
		if err := a.cross(ctx, s, p); err != nil {
			return nil, err
		}
	}
	if a.rows.len() > 0 {
		s.replay(a.rows, at)
	}
	return s, nil
}

// latest reads the last file of a state that is in the history up to a position. Without one, the
// region was blank at the beginning.
func (a *advance) latest(ctx context.Context, at uint64) (*state, error) {
	size := len(a.now.Tile) / 3
	for _, f := range slices.Backward(a.found.of(latestKind)) {
		if f.end.Seq > at {
			continue
		}
		if in, err := a.includes(ctx, &f); err != nil {
			return nil, err
		} else if !in {
			continue
		}
		var s *state
		content, err := a.get(ctx, &f)
		if err == nil {
			s, err = decodeLatest(&f, content, size, a.pace)
		}
		if err == nil {
			s.time = max(s.time, a.timeAt(&f))
			return s, nil
		}
		if err = a.setAside(ctx, &f, err); err != nil {
			return nil, err
		}
	}
	return blank(size), nil
}

// includes reports whether a state is one of the history or of the rows after it.
func (a *advance) includes(ctx context.Context, f *file) (bool, error) {
	if f.end.Seq > a.rows.from && f.end.Seq <= a.rows.end() {
		return a.rows.epoch[f.end.Seq-a.rows.from-1] == f.end.Epoch, nil
	}
	return a.holds(ctx, f.end)
}

// timeAt is the time of the history at the end of a file: that of gaps is later than that of pixels.
func (a *advance) timeAt(f *file) (t int64) {
	for i := range a.parts {
		if p := &a.parts[i]; p.to.Seq <= f.end.Seq {
			t = max(t, p.last)
		}
	}
	return t
}

// cross takes a state over a gap, or a damaged segment, with the tile at its end. Without a tile,
// nothing is certain any more.
func (a *advance) cross(ctx context.Context, s *state, p *part) error {
	f := a.found.tileAt(p.to)
	t := (*state)(nil)
	if f != nil {
		content, err := a.get(ctx, f)
		if err == nil {
			t, err = decodeTile(f, content, a.cfg.Geometry)
		}
		if err = a.setAside(ctx, f, err); err != nil && !errors.Is(err, ErrNotExist) {
			return err
		}
	}
	s.cross(t)
	s.at, s.time = p.to, max(s.time, p.last)
	return nil
}
