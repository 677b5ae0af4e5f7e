package rules

import (
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
		of := c.Act(want.Of)
		for of.Do == Undo && c.Act(of.Of) != nil { // what is brought back by that
			of = c.Act(of.Of)
		}
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
	if lifted == nil || lifted.By.Role <= want.By.Role {
		lifted = c.ended(want)
	}
	if lifted == nil {
		return nil
	}
	err := fmt.Errorf("%w: act %d was decided by somebody with the role %s", ErrRights, lifted.N, lifted.By.Role)
	if want.Do == SetOpen {
		err = fmt.Errorf("%w, and opening would end it; freezes of your own can be undone", err)
	}
	return err
}

// ended returns the first act of somebody above that is in force now and would not be then; nil: there is none.
func (c *Chain) ended(want *Act) *Act {
	var theirs []*Act
	for _, act := range c.Rules().acts {
		if act.By.Role > want.By.Role && !act.Over(want.Time) {
			theirs = append(theirs, act)
		}
	}
	if len(theirs) == 0 || want.Do == Undo && c.Act(want.Of).Do != Undo { // then that act alone goes, and may bring others back
		return nil
	}
	after, _ := fold(append(slices.Clip(c.acts), want))
	for _, act := range theirs {
		if !slices.Contains(after.acts, act) {
			return act
		}
	}
	return nil
}

// placedBy is the act whose pixels have a cause; nil: there is none, or it places none.
func (c *Chain) placedBy(cause string) *Act {
	do, number, _ := strings.Cut(cause, " ")
	n, err := strconv.ParseUint(number, 10, 64)
	act := c.Act(n)
	if err != nil || act == nil || act.Ignored || Cause(Kind(do), n) != cause || act.Do != Kind(do) {
		return nil
	}
	of := act
	for of != nil && of.Do == Undo {
		of = c.Act(of.Of)
	}
	if of == nil || of.Do != Rollback {
		return nil
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
