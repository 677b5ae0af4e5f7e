package moderation

import (
	"fmt"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/rules"
)

// right is who may decide something.
type right struct {
	least  canvas.Role
	server bool // nobody may: the server does so by itself, or another request does
}

// rights says who may do what. A kind that is not here nobody may do.
func rights() map[rules.Kind]right {
	moderators, owners, server := right{least: canvas.RoleModerator}, right{least: canvas.RoleOwner}, right{server: true}
	return map[rules.Kind]right{
		rules.SetFrozen: moderators, rules.SetOpen: moderators, rules.Protect: moderators, rules.Announce: moderators, rules.Rollback: moderators,
		rules.Ban: moderators, rules.Mute: moderators, rules.Shadow: moderators, // by an address: see takes
		rules.Undo:       moderators, // and what the act that is undone takes: see mayUndo
		rules.SetPalette: owners, rules.SetTimetable: owners, rules.SetPace: owners, rules.SetRole: owners, rules.SetAppeal: owners,
		rules.Resolve: server, rules.Operate: server,
	}
}

// takes is the least role that an act takes. Errors are for people.
func takes(act *rules.Act) (canvas.Role, error) {
	right, ok := rights()[act.Do]
	switch {
	case act.Do == rules.Resolve:
		return 0, fmt.Errorf("%w: resolve a report at reports/ID/resolve", rules.ErrInvalid)
	case !ok, right.server:
		return 0, fmt.Errorf("%w: nobody can do %.40q", rules.ErrInvalid, act.Do)
	case act.Target != nil && act.Target.CIDR != "": // who it is about, only those may know who see addresses anyway
		return max(right.least, canvas.RoleOwner), nil
	}
	return right.least, nil
}
