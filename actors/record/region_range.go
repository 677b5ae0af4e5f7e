package record

import (
	"context"
	"time"

	"pixelplayground/actors/canvas"
)

// RangeOf is Range for one region.
func (r *Reader) RangeOf(ctx context.Context, region canvas.RegionID) (all Range, err error) {
	if all.Gaps, err = r.Gaps(ctx, region); err != nil {
		return Range{}, err
	}
	for p, err := range r.Pixels(ctx, region, time.Time{}, time.Time{}) {
		if err != nil {
			return Range{}, err
		}
		if all.Last = time.UnixMilli(p.Time); all.First.IsZero() {
			all.First = all.Last
		}
	}
	return all, nil
}

// Settled is Tile's immutable, without the tile.
func (r *Reader) Settled(ctx context.Context, region canvas.RegionID, at time.Time) (bool, error) {
	_, immutable, err := r.Tile(ctx, region, at)
	return immutable, err
}
