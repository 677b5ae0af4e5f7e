package cluster

import (
	"encoding/binary"

	"github.com/asynkron/protoactor-go/actor"

	"pixelplayground/actors/allowances"
	"pixelplayground/actors/canvas"
	"pixelplayground/actors/message"
)

// allowanceOwners implements allowances.Owners for the members of one view: allowances are placed
// as regions are, but only on members that know what they are. While no canvas pod does, since all are
// of an earlier version, the gateways that do own them. It is immutable; nil has no members.
type allowanceOwners struct {
	able    []candidate
	members []allowances.Member // of able
	fronts  []*actor.PID        // likewise
}

func newAllowanceOwners(members []Member) *allowanceOwners {
	o, canvases := new(allowanceOwners), 0
	add := func(m Member) {
		leaving := m.Draining || m.Aside
		o.able = append(o.able, candidate{seedOf(m.ID), leaving})
		o.members = append(o.members, allowances.Member{ID: m.ID, Address: m.Peer})
		o.fronts = append(o.fronts, actor.NewPID(m.Peer, message.AllowanceName))
	}
	for _, m := range members {
		if m.Roles.Has(RoleCanvas) {
			if canvases++; m.Allowances {
				add(m)
			}
		}
	}
	if canvases > 0 && len(o.able) == 0 {
		for _, m := range members {
			if m.Allowances {
				add(m)
			}
		}
	}
	return o
}

// keyOf is the subject's key for placement.
func keyOf(s canvas.Subject) uint64 { return binary.BigEndian.Uint64(s[8:]) }

// Owner implements allowances.Owners.
func (o *allowanceOwners) Owner(s canvas.Subject) *actor.PID {
	if o == nil || len(o.able) == 0 {
		return nil
	}
	return o.fronts[ownerOf(o.able, keyOf(s))]
}

// Before implements allowances.Owners.
func (o *allowanceOwners) Before(s canvas.Subject) (fronts []*actor.PID) {
	if o == nil || len(o.able) == 0 {
		return nil
	}
	_, before := place(o.able, keyOf(s))
	for _, i := range before {
		fronts = append(fronts, o.fronts[i])
	}
	return fronts
}

// Members implements allowances.Owners.
func (o *allowanceOwners) Members() []allowances.Member {
	if o == nil {
		return nil
	}
	return o.members
}

// Allowances implements actors.Placement.
func (c *Cluster) Allowances() allowances.Owners { return c.View().allowances }
