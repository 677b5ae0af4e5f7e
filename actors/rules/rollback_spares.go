package rules

import (
	"time"

	"pixelplayground/actors/canvas"
)

// Spares returns which pixels of a region a rollback leaves as they are; nil: none. These are the pixels in
// protected areas where whoever decided it may not draw. The server places the pixels of a rollback and
// passes all rules, so without this a rollback would be a way into such an area.
func (r *Rules) Spares(by By, region canvas.RegionID, now time.Time) func(pos uint16) bool {
	inside := r.areas.in(region, by.Role)
	if inside == nil {
		return nil
	}
	var free []uint64
	if by.User != 0 {
		free = r.areas.free[by.User]
	}
	left, top, width, _ := r.areas.geometry.Bounds(region)
	return func(pos uint16) bool {
		return inside.forbids(free, by.Role, int(pos)%width, int(pos)/width, left, top, now.UnixMilli()) != nil
	}
}
