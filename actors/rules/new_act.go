package rules

import (
	"image"
)

// Draft makes the next act out of what somebody wants: it has its number and its hash. Errors wrap
// ErrInvalid, ErrMoot or ErrRights and say what would do.
func (c *Chain) Draft(want Act) (*Act, error) {
	want.N, want.Before, want.Ignored = c.Len()+1, c.head, false
	if err := want.sense(c.geometry); err != nil {
		return nil, err
	}
	for _, check := range []func(*Act) error{(*Act).fields, (*Act).clean, (*Act).bounds, c.rights, c.effect} {
		if err := check(&want); err != nil {
			return nil, err
		}
	}
	if c.Done(want.ID) != nil {
		return nil, invalid("id %q: act %d has it", want.ID, c.ids[want.ID])
	}
	stored := want.Encode()
	if size := len(stored); size > MaxAct { // by the bounds of its parts none is
		return nil, invalid("it has %d bytes, at most %d", size, MaxAct)
	}
	if read, err := Decode(stored); err != nil || read.Ignored || read.sense(c.geometry) != nil { // as all pods will read it
		return nil, invalid("a value in it is none, such as a user or a network without an id: nobody could obey it")
	}
	return &want, nil
}

// effect returns an error if an act would change nothing, or if too much would be in force with it.
func (c *Chain) effect(want *Act) error {
	r := c.Rules()
	switch want.Do {
	case SetOpen:
		if r.states.timetable == nil && inForce(r.states.freeze, want.Time) == nil {
			return moot("the canvas is open, and has no timetable")
		}
	case Ban:
		return r.room(&r.bans, want, "banned")
	case Mute:
		return r.room(&r.mutes, want, "muted")
	case Shadow:
		return r.room(&r.shadows, want, "shadowed")
	case Protect:
		return c.place(want)
	case Rollback:
		return c.selects(want)
	case Undo:
		return c.undoes(want)
	}
	return nil
}

// room says why a target can't be added to those that there are.
func (r *Rules) room(there *targets, want *Act, word string) error {
	if of := there.exactly(want.Target); of != nil && !of.Over(want.Time) && later(of, want) == of {
		return moot("already %s by act %d, which ends no sooner: undo that first", word, of.N)
	}
	if n := r.count(want.Do, want.Time); n >= MaxBans {
		return invalid("%d are %s, at most %d: undo some", n, word, MaxBans)
	}
	return nil
}

// exactly is the act about a target, and no other that includes it.
func (t *targets) exactly(target *Target) *Act {
	switch {
	case target.User != 0:
		return t.users[target.User]
	case target.Network != 0:
		return t.networks[target.Network]
	}
	prefix, _ := parseCIDR(target.CIDR)
	act := covering(t.spans, newRange(prefix, nil).first)
	if act == nil || act.Target.CIDR != target.CIDR {
		return nil
	}
	return act
}

// count is how many acts of a kind are in force.
func (r *Rules) count(of Kind, now int64) (n int) {
	for _, act := range r.acts {
		if act.Do == of && !act.Over(now) {
			n++
		}
	}
	return n
}

// place says why an area can't be protected.
func (c *Chain) place(want *Act) error {
	if want.Area.Mask != "" {
		mask := c.masks(want.Area.Mask)
		switch {
		case mask == nil:
			return invalid("mask %q: there is no such mask; send it first", want.Area.Mask)
		case mask.Width != want.Area.Width || mask.Height != want.Area.Height:
			return invalid("mask: has %dx%d pixels, and the area %dx%d", mask.Width, mask.Height, want.Area.Width, want.Area.Height)
		case !mask.any(image.Rect(0, 0, mask.Width, mask.Height)):
			return invalid("mask: no pixel of it counts")
		}
	}
	areas, pixels := 0, want.Area.maskPixels()
	for _, act := range c.Rules().acts {
		if act.Do == Protect && !act.Over(want.Time) {
			areas, pixels = areas+1, pixels+act.Area.maskPixels()
		}
	}
	if areas >= MaxAreas {
		return invalid("%d areas are protected, at most %d: undo some", areas, MaxAreas)
	}
	if pixels > maxMaskPixels {
		return invalid("all masks together have %d pixels, at most %d: undo some, or protect rectangles", pixels, maxMaskPixels)
	}
	return nil
}

func (a *Area) maskPixels() int {
	if a.Mask == "" {
		return 0
	}
	return a.Width * a.Height
}

// selects says why a rollback could select nothing.
func (c *Chain) selects(want *Act) error {
	if err := want.Selection.Check(c.geometry, want.Time); err != nil {
		return err
	}
	if cause := want.Selection.Cause; cause != "" && c.placedBy(cause) == nil {
		return invalid("selection: cause %q: no act has taken anything back so; it is like %q", cause, Cause(Rollback, 12))
	}
	return nil
}

// undoes says why an act can't be taken back.
func (c *Chain) undoes(want *Act) error {
	of := c.Act(want.Of)
	switch by := c.Rules().UndoneBy(want.Of); {
	case by != 0:
		return moot("act %d is taken back by act %d: undo that to have it again", of.N, by)
	case of.Do == Announce || of.Do == Operate || of.Do == Resolve:
		return invalid("act %d is done and can't be taken back", of.N)
	case of.Over(want.Time):
		return moot("act %d has ended by itself", of.N)
	}
	return nil
}
