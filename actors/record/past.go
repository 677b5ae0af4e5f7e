package record

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"pixelplayground/actors/canvas"
)

// Tile returns the pixels of a region as they were at a time. immutable says that nothing drawn
// later can change the answer. Where it is not known what stood somewhere after a gap, there is what
// stood there before it. Before anything is known of a region it is blank.
func (r *Reader) Tile(ctx context.Context, region canvas.RegionID, at time.Time) (tile *canvas.Snapshot, immutable bool, err error) {
	_, to := bounds(time.Time{}, at.Add(time.Millisecond))
	err = r.ask(ctx, region, func(v *view) error {
		tile, err = r.tileAt(ctx, v, to)
		immutable = v.immutable(to, r.cfg.Now())
		return err
	})
	if err != nil {
		return nil, false, err
	}
	return tile, immutable, nil
}

// Settled is Tile's immutable, without the tile.
func (r *Reader) Settled(ctx context.Context, region canvas.RegionID, at time.Time) (immutable bool, err error) {
	_, to := bounds(time.Time{}, at.Add(time.Millisecond))
	err = r.ask(ctx, region, func(v *view) error {
		immutable = v.immutable(to, r.cfg.Now())
		return nil
	})
	return immutable, err
}

// tileAt is what a region was before a time: the last tile before it, and the pixels since.
func (r *Reader) tileAt(ctx context.Context, v *view, to int64) (*canvas.Snapshot, error) {
	_, _, width, height := r.cfg.Geometry.Bounds(v.region)
	s := &canvas.Snapshot{Region: v.region, Tile: canvas.NewTile(width, height)}
	base, err := r.base(ctx, v, to)
	if err != nil {
		return nil, err
	}
	if base != nil {
		s.Position, s.Tile = base.at, slices.Clone(base.tile)
	}
	for i := range v.parts {
		p := &v.parts[i]
		if p.to.Seq <= s.Position.Seq || p.gap() || p.first >= to {
			continue
		}
		all, err := r.rows(ctx, p.file, everything)
		if err != nil {
			return nil, err
		}
		all.between(max(p.after, s.Position.Seq), p.to.Seq, never, to).paint(s)
	}
	v.tail.between(s.Position.Seq, v.tail.end(), never, to).paint(s)
	return s, nil
}

func (s stretch) paint(on *canvas.Snapshot) {
	for i := s.from; i < s.to; i++ {
		on.Tile.Set(s.pos[i], s.color[i])
	}
	if s.from < s.to {
		on.Position = canvas.Position{Seq: s.rows.from + uint64(s.to), Epoch: s.epoch[s.to-1]}
	}
}

// base is the last tile of the history before a time; nil: there is none, and the region was blank at
// the beginning. A damaged one is passed over if what was drawn since the one before it is known.
func (r *Reader) base(ctx context.Context, v *view, to int64) (*picture, error) {
	tiles := slices.Clone(v.of(tileKind))
	slices.SortFunc(tiles, func(a, b file) int { return cmp.Or(cmp.Compare(b.end.Seq, a.end.Seq), cmp.Compare(b.last, a.last)) })
	var fault error
	var wanted, at uint64 // the end of the damaged one, and of the one found
	var found *picture
	for i := range tiles {
		f := &tiles[i]
		if f.last >= to || !v.passes(f.end) {
			continue
		}
		p, err := r.picture(ctx, f)
		if err == nil {
			found, at = p, f.end.Seq
			break
		}
		if !errors.Is(err, ErrDamaged) {
			return nil, err
		}
		if r.cfg.Log.Error("a file of the record is damaged", "err", err); fault == nil {
			fault, wanted = err, f.end.Seq
		}
	}
	if fault != nil && slices.ContainsFunc(v.parts, func(p part) bool { return p.gap() && p.to.Seq > at && p.to.Seq <= wanted }) {
		return nil, fault
	}
	return found, nil
}

// passes reports whether a position may be one of the history: where a part ends, or in a gap.
func (v *view) passes(at canvas.Position) bool {
	i, _ := slices.BinarySearchFunc(v.parts, at.Seq, func(p part, seq uint64) int { return cmp.Compare(p.to.Seq, seq) })
	for ; i < len(v.parts) && v.parts[i].after <= at.Seq; i++ {
		if p := &v.parts[i]; p.to == at || p.gap() && p.after < at.Seq && at.Seq < p.to.Seq {
			return true
		}
	}
	return false
}

// Range is from when to when there is a record.
type Range struct {
	First, Last time.Time // of the first and the last pixel; zero: there is none
	Gaps        []Gap     // by region and position
}

// Gaps lists what is not known of a region, in order.
func (r *Reader) Gaps(ctx context.Context, region canvas.RegionID) (gaps []Gap, err error) {
	err = r.ask(ctx, region, func(v *view) error {
		gaps, err = r.gaps(ctx, v)
		return err
	})
	return gaps, err
}

func (r *Reader) gaps(ctx context.Context, v *view) (gaps []Gap, err error) {
	return r.gapsBetween(ctx, v, never, forever)
}

// gapsBetween lists the gaps in what was drawn from a time on and before another.
func (r *Reader) gapsBetween(ctx context.Context, v *view, from, to int64) (gaps []Gap, err error) {
	last := never // when what is before the part ended
	for i := range v.parts {
		p, begun := &v.parts[i], last
		last = max(last, p.last)
		if !p.gap() || p.kind != missing && (p.last < from || begun >= to) {
			continue
		}
		key := "gap " + p.name()
		kept, ok := r.cache.Get(key)
		if !ok {
			g, err := readGap(ctx, r.files, p)
			if err != nil {
				return nil, err
			}
			r.cache.Put(key, g, 100)
			kept = g
		}
		g := kept.(Gap)
		g.From, g.To = p.after, p.to.Seq
		gaps = append(gaps, g)
	}
	if from, to, ok := v.unnoted(); ok {
		why := whyTrimmed
		if from == 0 {
			why = whyBegun
		}
		gaps = append(gaps, Gap{Region: v.region, From: from, To: to, Why: why, Noted: r.cfg.Now()})
	}
	return gaps, nil
}

// RangeOf is Range for one region.
func (r *Reader) RangeOf(ctx context.Context, region canvas.RegionID) (all Range, err error) {
	err = r.ask(ctx, region, func(v *view) error {
		all = between(v.times())
		all.Gaps, err = r.gaps(ctx, v)
		return err
	})
	return all, err
}

// between is a range without gaps.
func between(first, last int64) (r Range) {
	if first <= last {
		r.First, r.Last = time.UnixMilli(first), time.UnixMilli(last)
	}
	return r
}

// times are those of the first and the last pixel; forever and never if there is none.
func (v *view) times() (first, last int64) {
	first, last = forever, never
	for i := range v.parts {
		if p := &v.parts[i]; !p.gap() {
			first, last = min(first, p.first), max(last, p.last)
		}
	}
	if n := v.tail.n; n > 0 {
		first, last = min(first, v.tail.time[0]), max(last, v.tail.time[n-1])
	}
	return first, last
}

// Range tells from when to when there is a record of the canvas, and what is missing in it.
func (r *Reader) Range(ctx context.Context) (all Range, err error) {
	if err := r.lookAll(ctx); err != nil {
		return Range{}, err
	}
	first, last := forever, never
	var gaps []Gap
	for region := range canvas.RegionID(r.cfg.Geometry.Regions()) {
		if err := r.ask(ctx, region, func(v *view) error {
			from, to := v.times()
			some, err := r.gaps(ctx, v)
			if err == nil {
				first, last, gaps = min(first, from), max(last, to), append(gaps, some...)
			}
			return err
		}); err != nil {
			return Range{}, err
		}
	}
	all = between(first, last)
	all.Gaps = gaps
	return all, nil
}
