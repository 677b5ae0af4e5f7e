package record

import (
	"context"
	"time"

	"pixelplayground/actors/canvas"
)

// Painted returns when each pixel of a region was painted last, by position, in Unix milliseconds; 0:
// nobody has painted it, or that is not known.
func (r *Reader) Painted(ctx context.Context, region canvas.RegionID) ([]int64, error) {
	_, _, width, height := r.cfg.Geometry.Bounds(region)
	times := make([]int64, width*height)
	for p, err := range r.Pixels(ctx, region, time.Time{}, time.Time{}) {
		if err != nil {
			return nil, err
		}
		_, pos := r.cfg.Geometry.Locate(int(p.X), int(p.Y))
		times[pos] = p.Time
	}
	return times, nil
}
