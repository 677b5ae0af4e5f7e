package rules

import (
	"slices"
	"time"

	"pixelplayground/actors/canvas"
)

// longOver is how long after its end an act is still among those that are checked. It is long, since the
// clocks of pods differ.
const longOver = 24 * time.Hour

// compile works out the rules.
func (c *Chain) compile() *Rules {
	r, of := fold(c.acts)
	r.version, r.chain = c.Len(), Chain{geometry: c.geometry, acts: c.acts}
	r.kept = keepers(c.acts, r.undone)
	for _, act := range r.acts {
		if !act.Do.addsUp() {
			r.replaceable = append(r.replaceable, act)
		}
	}
	r.bans, r.mutes, r.shadows = newTargets(of[Ban]), newTargets(of[Mute]), newTargets(of[Shadow])
	r.palette = newPalette(r.colors)
	r.areas = newAreas(c.geometry, of[Protect], func(a *Area) *Mask {
		mask := c.mask(a)
		if mask == nil && a.Mask != "" {
			r.missing = append(r.missing, a.Mask)
		}
		return mask
	})
	r.times = append(r.times, r.states.times()...)
	slices.Sort(r.times)
	r.times = slices.Compact(r.times)
	return r
}

// fold finds out which acts count, also by kind. It does not make the tables by which pixels are checked.
func fold(acts []*Act) (r *Rules, of map[Kind][]*Act) {
	r, of = &Rules{undone: undone(acts), roles: make(map[canvas.Author]*Act)}, make(map[Kind][]*Act)
	for _, act := range acts {
		if act.Ignored || r.undone[act.N] != 0 || act.Over(acts[len(acts)-1].Time-longOver.Milliseconds()) {
			continue
		}
		of[act.Do] = append(of[act.Do], act)
		if act.Until != 0 {
			r.times = append(r.times, act.Until)
		}
		if act.Do.lasts() {
			r.acts = append(r.acts, act)
		}
		r.take(act)
	}
	r.acts = slices.DeleteFunc(r.acts, func(act *Act) bool { return !r.counts(act) })
	return r, of
}

// mask finds the mask of an area; nil: it has none, or none that fits is found.
func (c *Chain) mask(a *Area) *Mask {
	if a.Mask == "" {
		return nil
	}
	mask := c.masks(a.Mask)
	if mask == nil || mask.Width != a.Width || mask.Height != a.Height {
		return nil
	}
	return mask
}

// take takes in an act of a kind of which only the last one counts.
func (r *Rules) take(act *Act) {
	switch act.Do {
	case SetPalette:
		r.colors = act
	case SetAppeal:
		r.appeal = act
	case SetPace:
		r.paces[min(act.Role, canvas.RoleOwner)] = act
	case SetRole:
		r.roles[act.Target.User] = act
	case SetFrozen:
		r.states.freeze = later(r.states.freeze, act)
	case SetTimetable:
		r.states.timetable = act
	case SetOpen:
		r.states = states{opened: act.N}
	}
}

// counts reports whether an act that lasts has not been replaced by a later one.
func (r *Rules) counts(act *Act) bool {
	if act.Do.addsUp() {
		return true
	}
	switch act.Do {
	case SetPalette:
		return act == r.colors
	case SetAppeal:
		return act == r.appeal
	case SetPace:
		return act == r.paces[min(act.Role, canvas.RoleOwner)]
	case SetRole:
		return act == r.roles[act.Target.User]
	case SetTimetable:
		return act == r.states.timetable
	case SetFrozen:
		return act.N > r.states.opened
	}
	return true
}

// addsUp reports whether acts of this kind count whatever else is decided, unless they are taken back: see counts.
func (k Kind) addsUp() bool { return k == Protect || k == Ban || k == Mute || k == Shadow }

// lasts reports whether an act of this kind is in force until it ends, rather than done once.
func (k Kind) lasts() bool {
	switch k {
	case SetPalette, SetFrozen, SetTimetable, Protect, SetPace, Ban, Mute, Shadow, SetAppeal, SetRole:
		return true
	}
	return false
}
