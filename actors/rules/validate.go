package rules

import (
	"fmt"
	"image"
	"math"
	"net/netip"

	"pixelplayground/actors/canvas"
)

// sense says why an act means nothing on a canvas. What passes can be obeyed: the bounds that Draft sets
// beyond this may be others in another version.
func (a *Act) sense(g canvas.Geometry) error {
	switch a.Do {
	case SetPalette, SetOpen, SetFrozen, SetAppeal, Announce, Resolve, Operate:
		return nil
	case SetTimetable:
		return a.timetable()
	case Protect:
		return a.area(g)
	case SetPace:
		return sound(a.Pace, "pace")
	case Ban, Mute, Shadow:
		return a.target()
	case SetRole:
		if a.Target == nil || a.Target.User == 0 || *a.Target != (Target{User: a.Target.User}) {
			return invalid("target: must be a user, since a role is somebody's")
		}
		return nil
	case Rollback:
		if a.Selection == nil {
			return invalid("selection: is missing; say of whom, where, or since when")
		}
		return nil
	case Undo:
		if a.Of == 0 || a.Of >= a.N {
			return invalid("of: must be the number of an act before this one")
		}
		return nil
	}
	return invalid("do %q: there is no such act", string(a.Do))
}

func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrInvalid}, args...)...)
}

func (a *Act) timetable() error {
	if len(a.Phases) == 0 {
		return invalid("phases: are missing; to have no timetable, open the canvas")
	}
	for i, p := range a.Phases {
		switch {
		case p.State != Open && p.State != Frozen && p.State != WhiteOut:
			return invalid("phase %d: state %q: must be open, frozen or white-out", i+1, string(p.State))
		case p.From <= 0 || i > 0 && p.From <= a.Phases[i-1].From:
			return invalid("phase %d: must begin after the one before", i+1)
		case p.Pace != nil:
			if err := sound(p.Pace, fmt.Sprintf("phase %d: pace", i+1)); err != nil {
				return err
			}
		}
	}
	return nil
}

// sound says what is wrong with a pace.
func sound(p *canvas.Pace, what string) error {
	if p == nil || math.IsNaN(p.Rate) || math.IsInf(p.Rate, 0) || p.Rate < 0 || p.Burst < 0 || p.Rate > 0 && p.Burst == 0 {
		return invalid("%s: must be a rate in pixels per second, and how many at once; a rate of 0 is no limit", what)
	}
	return nil
}

// area says what is wrong with a protected area.
func (a *Act) area(g canvas.Geometry) error {
	switch {
	case a.Area == nil:
		return invalid("area: is missing")
	case a.Area.Width < 1 || a.Area.Height < 1 || a.Area.Width > g.Width || a.Area.Height > g.Height || !a.Area.Rectangle().In(g.Whole()):
		return invalid("area: must be within the canvas, which has %dx%d pixels", g.Width, g.Height)
	}
	return nil
}

// Rectangle is where the area is, without its mask.
func (a *Area) Rectangle() image.Rectangle {
	return image.Rect(a.X, a.Y, a.X+a.Width, a.Y+a.Height)
}

// target says what is wrong with whom an act is about.
func (a *Act) target() error {
	given := 0
	if a.Target != nil {
		for _, one := range []bool{a.Target.User != 0, a.Target.Network != 0, a.Target.CIDR != ""} {
			if one {
				given++
			}
		}
	}
	if given != 1 {
		return invalid("target: must be one of user, network and cidr")
	}
	if a.Target.CIDR != "" {
		_, err := parseCIDR(a.Target.CIDR)
		return err
	}
	return nil
}

// The widest ranges of addresses that may be named, so that a slip of the pen does not ban the world.
const (
	widest4 = 8
	widest6 = 16
)

// parseCIDR reads a range of addresses, or one address.
func parseCIDR(text string) (netip.Prefix, error) {
	prefix, err := netip.ParsePrefix(text)
	if err != nil {
		one, oneErr := netip.ParseAddr(text)
		if oneErr != nil || one.Zone() != "" {
			return prefix, invalid("cidr %q: must be like 203.0.113.0/24 or 2001:db8::/48", text)
		}
		prefix = netip.PrefixFrom(one, one.BitLen())
	}
	mapped := netip.AddrFrom16([16]byte{10: 0xFF, 11: 0xFF})
	switch address := prefix.Addr(); {
	case address.Is4In6() || prefix.Contains(mapped):
		return prefix, invalid("cidr %q: write IPv4 addresses as such, for example 203.0.113.0/24", text)
	case address.Is4() && prefix.Bits() < widest4, address.Is6() && prefix.Bits() < widest6:
		return prefix, invalid("cidr %q: too many addresses; at most /%d of IPv4 and /%d of IPv6", text, widest4, widest6)
	case prefix.Masked() != prefix:
		return prefix, invalid("cidr %q: this range is written %s", text, prefix.Masked())
	}
	return prefix, nil
}

// later is which of two acts ends later, the first of those that end at the same time; nil is no act.
func later(a, b *Act) *Act {
	switch {
	case a == nil:
		return b
	case b == nil || a.Until == 0 || b.Until != 0 && a.Until >= b.Until:
		return a
	}
	return b
}

// Over reports whether an act has ended by itself.
func (a *Act) Over(now int64) bool { return a.Until != 0 && a.Until <= now }
