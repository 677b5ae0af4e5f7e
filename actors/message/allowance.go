package message

import (
	"time"

	"pixelplayground/actors/canvas"
)

// Messages about allowances. A lessee (a connection or a placer) asks the owner of its subject's
// allowance, whose front (AllowanceName) spawns the actor that answers. Delivery is at most once:
// pixels that were granted in an answer that is lost are spent.
type (
	// Lease asks for pixels; answered with Leased. Least 0 only asks what is left.
	Lease struct {
		Subject canvas.Subject
		Network canvas.Subject // whose share of the owner's memory it counts to; zero: its own
		N       uint64         // numbers the lessee's questions
		Limit   canvas.Limit
		Least   int  // pixels; fewer are no use
		Want    int  // pixels; no less than Least
		Unused  int  // pixels of an earlier lease, which are given back
		Watch   bool // the lessee wants to know when others have taken some
	}
	// Leased answers Lease.
	Leased struct {
		Subject canvas.Subject
		N       uint64 // that of the Lease; 0: nobody asked, others have taken some
		Pixels  int    // granted; 0: none
		Full    canvas.Allowance
		Wait    time.Duration // until Least would be granted; 0 with no pixels: never
		Not     NotLeased     // why nobody could say
	}
	// Unspent gives back pixels of a lease.
	Unspent struct {
		Subject canvas.Subject
		Limit   canvas.Limit
		Pixels  int
	}
)

// NotLeased says why a Lease could not be decided.
type NotLeased uint8

// Why not.
const (
	LeaseDecided     NotLeased = iota
	LeaseElsewhere             // this pod is not the owner as it sees it
	LeaseBusy                  // too many ask
	LeaseUnavailable           // the store does not answer
)

// Messages between the fronts of two pods when allowances move. A zero Subject asks for the floor
// alone.
type (
	// YieldAllowance asks a pod to give up an allowance; answered with AllowanceYielded.
	YieldAllowance struct {
		Subject canvas.Subject
		N       uint64 // numbers the sender's questions
	}
	// AllowanceYielded answers YieldAllowance.
	AllowanceYielded struct {
		Subject canvas.Subject
		N       uint64
		Known   bool
		Full    canvas.Allowance // if it is known
		Floor   int64            // Unix nanoseconds: one that nobody knows was empty then at the latest
	}
	// MoveAllowance brings an allowance to its next owner; answered with AllowanceMoved.
	MoveAllowance struct {
		Subject canvas.Subject
		Network canvas.Subject
		N       uint64
		Full    canvas.Allowance
		Limit   canvas.Limit
	}
	// AllowanceMoved answers MoveAllowance.
	AllowanceMoved struct {
		Subject canvas.Subject
		N       uint64
	}
	// AllowancesLeft says that the sender's pod has brought all of its allowances to their next owners,
	// and gives out none any more.
	AllowancesLeft struct{}
)
