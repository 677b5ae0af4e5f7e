package cluster

import (
	"cmp"
	"slices"

	"github.com/asynkron/protoactor-go/actor"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/decisions"
	"pixelplayground/actors/message"
)

// View is the members of one moment and what follows from them. It is immutable.
type View struct {
	members   []Member
	regions   []owners // by id; empty when nobody can own one
	presence  *actor.PID
	gateways  []string
	addresses map[string]bool

	allowances *allowanceOwners
	keepers    []decisions.Member
}

// owners are a region's actors: the owner's, and those of pods that may have owned it before.
type owners struct {
	region *actor.PID
	before []*actor.PID
}

// newView computes what follows from members, which must come from latest.
func newView(members []Member, geometry canvas.Geometry) *View {
	v := &View{members: members, addresses: make(map[string]bool, len(members)), allowances: newAllowanceOwners(members)}
	var able []candidate
	var addresses []string // of able
	var pinned []pins      // likewise
	for _, m := range v.members {
		v.addresses[m.Peer] = true
		v.keepers = append(v.keepers, decisions.Member{ID: m.ID, Name: m.Name, Address: m.Peer, Canvas: m.Roles.Has(RoleCanvas), Obeys: m.Rules})
		if m.Roles.Has(RoleGateway) {
			v.gateways = append(v.gateways, m.Peer)
		}
		if m.Roles.Has(RoleCanvas) {
			able, addresses, pinned = append(able, candidate{seedOf(m.ID), m.Draining || m.Aside}), append(addresses, m.Peer), append(pinned, m.pins)
		}
	}
	if len(able) == 0 {
		return v
	}
	v.regions = make([]owners, geometry.Regions())
	for i := range v.regions {
		owner, before := place(able, uint64(i))
		name := message.RegionName(canvas.RegionID(i))
		v.regions[i].region = actor.NewPID(addresses[owner], name)
		for _, b := range before {
			v.regions[i].before = append(v.regions[i].before, actor.NewPID(addresses[b], name))
		}
	}
	v.pinned(able, addresses, pinned)
	owner, _ := place(able, presenceKey)
	v.presence = actor.NewPID(addresses[owner], message.PresenceName)
	return v
}

// latest sorts the members by when they started, and drops those that a younger one has replaced at
// their peer address: a pod restarts faster than its death is noticed.
func latest(members []Member) []Member {
	sorted := slices.SortedFunc(slices.Values(members), func(a, b Member) int {
		return cmp.Or(a.Started.Compare(b.Started), cmp.Compare(a.ID, b.ID))
	})
	at := make(map[string]string, len(sorted)) // id of the last to start, by address
	for _, m := range sorted {
		at[m.Peer] = m.ID
	}
	return slices.DeleteFunc(sorted, func(m Member) bool { return at[m.Peer] != m.ID })
}

// Members returns the members, sorted by when they started. The slice must not be changed.
func (v *View) Members() []Member { return v.members }

func (v *View) region(id canvas.RegionID) owners {
	if int(id) >= len(v.regions) {
		return owners{}
	}
	return v.regions[id]
}
