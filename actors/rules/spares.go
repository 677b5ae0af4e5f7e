package rules

import (
	"time"

	"pixelplayground/actors/canvas"
)

// Spares says which pixels of a region a rollback leaves as they are: those in protected areas where who decided it may not draw. The
// server places its pixels and passes all rules, so that an act must not be a way into an area of somebody above. nil: none are.
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
