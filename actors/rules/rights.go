package rules

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"pixelplayground/actors/canvas"
)

// Least is the least role that may decide something. Of an undo, it is that of what it takes back.
func (c *Chain) Least(act *Act) canvas.Role {
	for act != nil && act.Do == Undo && !act.Ignored {
		act = c.Act(act.Of) // which has a lower number
	}
	if act == nil || act.Ignored {
		return canvas.RoleOwner
	}
	switch act.Do {
	case SetFrozen, SetOpen, Protect, Announce, Rollback, Resolve:
		return canvas.RoleModerator
	case Ban, Mute, Shadow:
		if act.Target == nil || act.Target.CIDR == "" {
			return canvas.RoleModerator
		}
	}
	return canvas.RoleOwner
}

// rights returns an error if somebody may not decide what they want. Of the person whom it is about it knows
// only what the acts say; the caller knows more.
func (c *Chain) rights(want *Act) error {
	if least := c.Least(want); want.By.Role < least {
		return fmt.Errorf("%w: it takes the role %s, and yours is %s", ErrRights, least, want.By.Role)
	}
	switch want.Do {
	case Ban, Mute, Shadow:
		if want.Target.User == 0 {
			return nil
		}
		if given := c.Rules().roles[want.Target.User]; given != nil && given.Role > want.By.Role {
			return fmt.Errorf("%w: %s has the role %s", ErrRights, want.Target.User.Text(), given.Role)
		}
		if want.Target.User == want.By.User {
			return invalid("target: that is you")
		}
	case Protect:
		if want.Area.Least > want.By.Role {
			return fmt.Errorf("%w: you may protect an area from those below your own role, %s", ErrRights, want.By.Role)
		}
	case Undo:
		of := c.beneath(c.Act(want.Of))
		if of.Target != nil && of.Target.User != 0 && of.Target.User == want.By.User {
			return fmt.Errorf("%w: act %d is about you; another must take it back", ErrRights, of.N)
		}
	}
	return c.above(want)
}

// above returns an error if a wanted act would lift an act of somebody with a higher role. One rule covers
// all kinds of act: nothing in force may end, or be taken back, because of what somebody below decides.
func (c *Chain) above(want *Act) error {
	if want.By.Role >= canvas.RoleOwner {
		return nil
	}
	var lifted *Act
	switch {
	case want.Do == Undo:
		lifted = c.Act(want.Of)
	case want.Do == Rollback && want.Selection.Cause != "": // which is an undo by another name
		lifted = c.placedBy(want.Selection.Cause)
	}
	r := c.Rules()
	if lifted == nil || r.standing(lifted) <= want.By.Role {
		lifted = c.ended(want)
	}
	if lifted == nil {
		return nil
	}
	did := "decided"
	if lifted.By.Role <= want.By.Role {
		did = "put back in force"
	}
	err := fmt.Errorf("%w: act %d was %s by somebody with the role %s", ErrRights, lifted.N, did, r.standing(lifted))
	if want.Do == SetOpen {
		err = fmt.Errorf("%w, and opening would end it; freezes of your own can be undone", err)
	}
	return err
}

// ended returns the first act of somebody above that is in force now and would not be then; nil: there is none. It works nothing out
// anew, since it is asked of each act in a list: an undo brings one act in or takes one out, and whether an act
// that counts still does beside one that comes in does not depend on the others.
func (c *Chain) ended(want *Act) *Act {
	r, comes := c.Rules(), want
	if want.Do == Undo {
		of, goes := c.Act(want.Of), true
		for of.Do == Undo && !of.Ignored && c.Act(of.Of) != nil { // of which every other one goes, and the others come back
			of, goes = c.Act(of.Of), !goes
			if goes && r.standing(of) > want.By.Role && !of.Over(want.Time) {
				return of
			}
		}
		if goes {
			return nil // what it had replaced counts again
		}
		comes = of
	}
	var theirs []*Act
	for _, act := range r.replaceable {
		if r.standing(act) > want.By.Role && !act.Over(want.Time) {
			theirs = append(theirs, act)
		}
	}
	if len(theirs) == 0 {
		return nil
	}
	at, _ := slices.BinarySearchFunc(theirs, comes.N, func(act *Act, n uint64) int { return cmp.Compare(act.N, n) })
	after, _ := fold(slices.Insert(slices.Clone(theirs), at, comes))
	for _, act := range theirs {
		if !slices.Contains(after.acts, act) {
			return act
		}
	}
	return nil
}

// standing is the role that it takes to end an act that is in force: that of whoever decided it or, if that is a higher one, of whoever
// has taken back an undo of it.
func (r *Rules) standing(act *Act) canvas.Role { return max(act.By.Role, r.kept[act.N]) }

// keepers finds out which roles keep acts in force, by the undos that are taken back. It goes from the last act to the first: what takes
// an undo back may itself be kept by a later act.
func keepers(acts []*Act, undone map[uint64]uint64) map[uint64]canvas.Role {
	kept := make(map[uint64]canvas.Role)
	for _, act := range slices.Backward(acts) {
		if by := undone[act.N]; by != 0 && act.Do == Undo && !act.Ignored {
			kept[act.Of] = max(kept[act.Of], acts[by-1].By.Role, kept[by])
		}
	}
	return kept
}

// placedBy is the act whose pixels have a cause; nil: there is none, or it places none.
func (c *Chain) placedBy(cause string) *Act {
	do, number, _ := strings.Cut(cause, " ")
	n, err := strconv.ParseUint(number, 10, 64)
	act := c.Act(n)
	if err != nil || act == nil || act.Ignored || Cause(Kind(do), n) != cause || act.Do != Kind(do) {
		return nil
	}
	if c.beneath(act).Do != Rollback {
		return nil
	}
	return act
}

// beneath is what an undo takes back or brings back in the end, however many undos lie between; any other act is that itself.
func (c *Chain) beneath(act *Act) *Act {
	for act.Do == Undo && !act.Ignored && c.Act(act.Of) != nil {
		act = c.Act(act.Of)
	}
	return act
}

// Undoable says why somebody may not take an act back now; nil: they may. Errors are those of Draft.
func (r *Rules) Undoable(n uint64, by By, now time.Time) error {
	c := r.chain
	c.rules = r
	want := &Act{N: c.Len() + 1, Do: Undo, Of: n, By: by, Time: now.UnixMilli()}
	if err := want.sense(c.geometry); err != nil {
		return err
	}
	if err := c.rights(want); err != nil {
		return err
	}
	return c.undoes(want)
}
