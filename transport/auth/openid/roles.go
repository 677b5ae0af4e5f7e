package openid

import (
	"slices"
	"strings"

	"pixelplayground/actors/canvas"
)

// Roles says which claim tells what an account may do, and by which values.
type Roles struct {
	Claim      string   // path of the claim, for example "groups" or "realm_access.roles"; empty: none
	Members    []string // values that make a member; none: every account is one
	Moderators []string
	Owners     []string
}

// Of is the role that claims give; the highest, if several.
func (m Roles) Of(claims Claims) canvas.Role {
	has := func(values []string) bool { return false }
	if value, ok := claims.At(m.Claim); ok && m.Claim != "" {
		has = func(values []string) bool {
			return slices.ContainsFunc(values, func(wanted string) bool { return holds(value, wanted) })
		}
	}
	switch {
	case has(m.Owners):
		return canvas.RoleOwner
	case has(m.Moderators):
		return canvas.RoleModerator
	case len(m.Members) == 0 || has(m.Members):
		return canvas.RoleMember
	}
	return canvas.RoleGuest
}

// holds reports whether a claim has a value: as a string, as one of several that spaces separate, as
// an element of an array, or as a key of an object, under which some issuers tell more of a role.
func holds(claim any, wanted string) bool {
	switch claim := claim.(type) {
	case string:
		return claim == wanted || slices.Contains(strings.Fields(claim), wanted)
	case []any:
		return slices.ContainsFunc(claim, func(one any) bool { return one == any(wanted) })
	case map[string]any:
		_, ok := claim[wanted]
		return ok
	case bool:
		return claim && wanted == "true"
	}
	return false
}
