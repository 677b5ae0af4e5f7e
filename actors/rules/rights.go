package rules

import (
	"fmt"

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

// rights says why it is not theirs to decide what they want. What is known of the one whom it is about
// is what the acts say; whoever asks knows more.
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
		if of.By.Role > want.By.Role {
			return fmt.Errorf("%w: act %d was decided by somebody with the role %s", ErrRights, of.N, of.By.Role)
		}
		for of.Do == Undo && c.Act(of.Of) != nil { // what is brought back by that
			of = c.Act(of.Of)
		}
		if of.Target != nil && of.Target.User != 0 && of.Target.User == want.By.User {
			return fmt.Errorf("%w: act %d is about you; another must take it back", ErrRights, of.N)
		}
	}
	return nil
}
