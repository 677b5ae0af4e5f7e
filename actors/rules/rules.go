package rules

import (
	"slices"
	"time"

	"pixelplayground/actors/canvas"
)

// Rules are what a chain of acts leads to, ready to be checked by. They are immutable; any goroutine may
// use them. Checks allocate nothing.
type Rules struct {
	version uint64

	bans, mutes, shadows targets
	states               states
	colors               *Act // the last about the palette; nil: none
	palette              *palette
	areas                *areas
	roles                map[canvas.Author]*Act
	paces                [canvas.RoleOwner + 1]*Act // nil: nothing was decided
	appeal               *Act                       // nil: nothing was decided

	acts        []*Act                 // that last, as far as they count, or ended lately
	replaceable []*Act                 // of these, those that another act can end
	undone      map[uint64]uint64      // which acts are taken back, and by which
	kept        map[uint64]canvas.Role // the highest role that has taken back an undo of an act: see standing
	missing     []string               // masks that were not found
	chain       Chain                  // all acts, for questions about rights alone
	times       []int64                // when something may change by itself, sorted
}

// None are the rules of a canvas about which nothing was decided: everything is allowed.
func None() *Rules { return &Rules{} }

// Version is the number of the last act; 0: there is none.
func (r *Rules) Version() uint64 { return r.version }

// Missing are the names of masks that were not found. Instead of what they say, all of their areas is
// protected.
func (r *Rules) Missing() []string { return r.missing }

// UndoneBy is the act that took another back; 0: none did, or it was itself taken back.
func (r *Rules) UndoneBy(n uint64) uint64 { return r.undone[n] }

// NamesMask reports whether any act has named a mask, be it in force or not: what was taken back can be brought back.
func (r *Rules) NamesMask(name string) bool {
	return slices.ContainsFunc(r.chain.acts, func(act *Act) bool { return act.Area != nil && act.Area.Mask == name })
}

// InForce lists the acts that have an effect until they end, are undone or are replaced, the earliest first.
func (r *Rules) InForce(now time.Time) (acts []*Act) {
	for _, act := range r.acts {
		if !act.Over(now.UnixMilli()) {
			acts = append(acts, act)
		}
	}
	return acts
}

// Who is a person as the rules know them.
type Who struct {
	User canvas.Author
	// Known says that the server itself knows that they are User: by a cookie that it has signed, a sign-in, a token or a key.
	// Otherwise User is the id of a session, which clients choose. Such an id can be banned, and has no rights.
	Known   bool
	Owner   canvas.Author // of a bot: the account that made its key, and is kept out together with it; 0: none
	Network canvas.NetworkID
	Address canvas.Address
	Role    canvas.Role // as the sign-in says, of a key that of its owner: see Role
	Most    canvas.Role // of a key: what its scopes allow
}

// Bans reports whether anybody is banned, now or from before.
func (r *Rules) Bans() bool {
	return len(r.bans.users) > 0 || len(r.bans.networks) > 0 || len(r.bans.spans) > 0
}

// Banned is the act by which somebody is banned now; nil: they are not.
func (r *Rules) Banned(who Who, now time.Time) *Act {
	return r.bans.of(who, r.Role(who), now.UnixMilli())
}

// Muted reports whether nobody shall see what somebody calls themselves.
func (r *Rules) Muted(who Who, now time.Time) bool {
	return r.mutes.of(who, r.Role(who), now.UnixMilli()) != nil
}

// Shadowed reports whether nobody else shall see what somebody draws.
func (r *Rules) Shadowed(who Who, now time.Time) bool {
	return r.shadows.of(who, r.Role(who), now.UnixMilli()) != nil
}

// Role returns somebody's role: that of their sign-in, unless an act gives them another. A key has the role
// of its account, but no higher one than its scopes allow, whatever was decided about either.
func (r *Rules) Role(who Who) canvas.Role {
	role := min(who.Role, canvas.RoleOwner)
	if !who.User.IsBot() {
		if act := r.roles[who.User]; act != nil && who.Known {
			return act.Role
		}
		return role
	}
	if act := r.roles[who.Owner]; act != nil && who.Owner != 0 {
		role = act.Role
	}
	if act := r.roles[who.User]; act != nil {
		role = min(role, act.Role)
	}
	return min(role, who.Most)
}

// Appeal is where the banned turn to; "": that was not decided.
func (r *Rules) Appeal() string {
	if r.appeal == nil {
		return ""
	}
	return r.appeal.Text
}

// Pace is how fast those of a role may draw now; ok is false if nothing was decided about that.
func (r *Rules) Pace(role canvas.Role, now time.Time) (pace canvas.Pace, ok bool) {
	if phase := r.states.phase(now.UnixMilli()); phase != nil && phase.Pace != nil && role <= canvas.RoleMember {
		return *phase.Pace, true
	}
	if act := r.paces[min(role, canvas.RoleOwner)]; act != nil {
		return *act.Pace, true
	}
	return canvas.Pace{}, false
}

// Next is when the rules change by themselves for the next time: a phase begins, or something ends. Zero:
// never.
func (r *Rules) Next(now time.Time) time.Time {
	i, found := slices.BinarySearch(r.times, now.UnixMilli())
	if found {
		i++
	}
	if i == len(r.times) {
		return time.Time{}
	}
	return time.UnixMilli(r.times[i])
}
