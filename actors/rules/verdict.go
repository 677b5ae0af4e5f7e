package rules

import (
	"time"

	"pixelplayground/actors/canvas"
)

// Verdict is why something is not allowed; the zero Verdict: it is.
type Verdict struct {
	Why   canvas.Refusal
	Retry time.Duration // until it will be; 0: not known
	Act   uint64        // that forbids it; 0: none, Why is 0
}

// CheckPixels says whether somebody may place pixels in a region now.
func (r *Rules) CheckPixels(who Who, region canvas.RegionID, pixels []canvas.Pixel, now time.Time) Verdict {
	if r.version == 0 {
		return Verdict{}
	}
	c := r.check(who, now)
	if v := c.person(); v.Why != 0 {
		return v
	}
	for i := range pixels {
		if v := c.color(pixels[i].Color); v.Why != 0 {
			return v
		}
	}
	inside := r.areas.in(region, c.role)
	if inside == nil {
		return Verdict{}
	}
	left, top, width, height := r.areas.geometry.Bounds(region)
	for i := range pixels {
		x, y := int(pixels[i].Pos)%width, int(pixels[i].Pos)/width
		if y >= height {
			continue // not of this canvas: others refuse it
		}
		if act := inside.forbids(c.free, c.role, x, y, left, top, c.now); act != nil {
			return c.refuse(canvas.RefusedProtected, act)
		}
	}
	return Verdict{}
}

// CheckDots says the same of pixels that may be in many regions.
func (r *Rules) CheckDots(who Who, dots []canvas.Dot, now time.Time) Verdict {
	if r.version == 0 {
		return Verdict{}
	}
	c := r.check(who, now)
	if v := c.person(); v.Why != 0 {
		return v
	}
	for i := range dots {
		if v := c.color(dots[i].Color); v.Why != 0 {
			return v
		}
		if act := c.protected(int(dots[i].X), int(dots[i].Y)); act != nil {
			return c.refuse(canvas.RefusedProtected, act)
		}
	}
	return Verdict{}
}

// check is one person's check at one moment.
type check struct {
	*Rules
	who   Who
	role  canvas.Role
	now   int64 // Unix milliseconds
	state State
	by    *Act     // that the state comes from
	free  []uint64 // of areas.free
}

func (r *Rules) check(who Who, now time.Time) check {
	c := check{Rules: r, who: who, role: r.Role(who), now: now.UnixMilli()}
	c.state, c.by = r.states.at(c.now)
	if r.areas != nil && who.Known {
		c.free = r.areas.free[who.User]
	}
	return c
}

// person says whether they may place anything at all.
func (c *check) person() Verdict {
	if act := c.bans.of(c.who, c.role, c.now); act != nil {
		return c.refuse(canvas.RefusedBanned, act)
	}
	if c.state == Frozen {
		return Verdict{canvas.RefusedFrozen, c.states.retry(c.now, true), c.by.N}
	}
	return Verdict{}
}

// color says whether anybody may place a colour.
func (c *check) color(color canvas.Color) Verdict {
	switch {
	case c.state == WhiteOut && color == canvas.Background:
		return Verdict{}
	case c.state == WhiteOut:
		return Verdict{canvas.RefusedColor, c.states.retry(c.now, false), c.by.N}
	case c.palette != nil && !c.palette.has(color):
		return Verdict{Why: canvas.RefusedColor, Act: c.palette.act.N}
	}
	return Verdict{}
}

// protected is the act that keeps them from a pixel; nil: none does.
func (c *check) protected(x, y int) *Act {
	if c.areas == nil || !c.areas.geometry.Contains(x, y) {
		return nil
	}
	g := c.areas.geometry
	column, row := x/g.Region, y/g.Region
	inside := c.areas.in(canvas.RegionID(row*g.Columns()+column), c.role)
	if inside == nil {
		return nil
	}
	left, top := column*g.Region, row*g.Region
	return inside.forbids(c.free, c.role, x-left, y-top, left, top, c.now)
}

// refuse is the verdict by an act that may end by itself.
func (c *check) refuse(why canvas.Refusal, act *Act) Verdict {
	v := Verdict{Why: why, Act: act.N}
	if act.Until != 0 {
		v.Retry = milliseconds(act.Until - c.now)
	}
	return v
}
