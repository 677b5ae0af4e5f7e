package record

import (
	"context"
	"errors"
	"time"

	"pixelplayground/actors/canvas"
)

// History is told what a region's history is, in order.
type History struct {
	// Pixel is told of each pixel and its position in the region. What p points to is good until it returns.
	Pixel func(pos uint16, p *Pixel)
	// Gap is told that pixels are missing, and what the region was after them: unsure are the positions
	// of which that is not known; nil: there are none. Without a tile (nil) nothing is known.
	Gap func(after canvas.Tile, unsure []bool)
}

// Follow tells the history of a region from a time on, and returns how far that is: to the last pixel
// that was acknowledged before it was asked. It keeps nothing of what it tells. If files are replaced
// meanwhile, it goes on with others, and may tell of a gap twice.
func (r *Reader) Follow(ctx context.Context, region canvas.RegionID, from time.Time, h History) (to uint64, err error) {
	first, _ := bounds(from, time.Time{})
	after := uint64(0)
	for {
		begun := after
		err := r.ask(ctx, region, func(v *view) (err error) {
			to, err = r.tell(ctx, v, &after, first, h)
			return err
		})
		if !errors.Is(err, ErrNotExist) || after == begun {
			return to, err
		}
	}
}

// tell tells what one view knows after a sequence number, and notes how far it has come.
func (r *Reader) tell(ctx context.Context, v *view, after *uint64, from int64, h History) (to uint64, err error) {
	for i := range v.parts {
		p := &v.parts[i]
		if p.to.Seq < *after || p.last < from && p.kind != missing {
			continue
		}
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		if p.gap() {
			if err := r.tellGap(ctx, v, p.to, h); err != nil {
				return 0, err
			}
		} else {
			all, err := r.rows(ctx, p.file, everything)
			switch {
			case errors.Is(err, ErrDamaged): // as if it had never been kept
				err = r.tellGap(ctx, v, p.to, h)
			case err == nil:
				all.between(max(p.after, *after), p.to.Seq, from, forever).tell(r.cfg.Geometry, h)
			}
			if err != nil {
				return 0, err
			}
		}
		*after = p.to.Seq
	}
	if _, _, ok := v.unnoted(); ok {
		h.Gap(nil, nil)
	}
	v.tail.between(*after, v.tail.end(), from, forever).tell(r.cfg.Geometry, h)
	return v.tail.end(), nil
}

func (r *Reader) tellGap(ctx context.Context, v *view, at canvas.Position, h History) error {
	f := v.tileAt(at)
	if f == nil {
		h.Gap(nil, nil)
		return nil
	}
	switch p, err := r.picture(ctx, f); {
	case err == nil:
		h.Gap(p.tile, p.doubt)
	case errors.Is(err, ErrDamaged):
		h.Gap(nil, nil)
	default:
		return err
	}
	return nil
}

func (s stretch) tell(g canvas.Geometry, h History) {
	for i := s.from; i < s.to; i++ {
		p := s.pixel(g, i)
		h.Pixel(s.pos[i], &p)
	}
}
