package record

import (
	"context"
	"errors"
	"time"

	"pixelplayground/actors/canvas"
)

// History receives a region's history, in order.
type History struct {
	// Pixel receives each pixel with its position in the region. p is valid until Pixel returns.
	Pixel func(pos uint16, p *Pixel)
	// Gap says that pixels are missing, and what the region looked like after them. unsure has the positions
	// at which that is not known; nil: there are none. If after is nil, nothing is known.
	Gap func(after canvas.Tile, unsure []bool)
}

// Follow passes the history of a region from a time on to h, up to the last pixel that was acknowledged
// before the call, and returns that pixel's number. It caches nothing. If files are replaced meanwhile, it
// goes on with the new ones, and may report a gap twice.
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

// tell passes on what one view knows after a sequence number, and notes in after how far it has come.
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
