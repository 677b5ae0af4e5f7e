// Package allowances is how much whom may still place: the actors of allowances with their front on
// each pod, the purse of those who lease from them, and what of it is in the store.
package allowances

import (
	"context"
	"log/slog"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/message"
	"pixelplayground/actors/store"
	"pixelplayground/actors/telemetry"
)

// Needs is what allowances need of the pod that they are on. Any goroutine may call it.
type Needs struct {
	System     *actor.ActorSystem
	Props      func(func() actor.Actor) *actor.Props // of the actor of an allowance, which stops when it fails
	Owners     func() Owners                         // as the members are now
	Documents  store.Documents                       // nil: they are in memory alone
	Number     func() uint64                         // of the next question; none is used twice, by any pod that had this address
	Now        func() time.Time
	After      func(d time.Duration, f func())                       // calls f once, on its own goroutine
	Later      func(ctx actor.Context, d time.Duration, message any) // sends it to the actor itself
	Background func(func(context.Context))                           // runs a call of the store on its own goroutine
	Unhandled  func(kind message.Kind, message any)                  // counts a message that an actor has no case for
	Stats      *telemetry.Stats
	Log        *slog.Logger

	Beat     time.Duration // between two tries of a question
	Yield    time.Duration // for previous owners to answer
	Patience time.Duration // of those who lease, with an owner that does not answer
}

// Pod is what the allowances and purses of a pod have in common.
type Pod struct {
	Needs
	records records
	given   given
}

// New makes it and starts nothing.
func New(needs Needs) *Pod {
	p := &Pod{Needs: needs, records: records{Documents: needs.Documents}}
	p.given.pod = p
	return p
}

// What the node tells the front.
type (
	// Moved says that the members have changed.
	Moved struct{}
	// HandOver asks to bring what the placement gives to other pods there; answered with Done.
	HandOver struct{}
	// Retire asks to keep what is left, since the pod closes; answered with Done.
	Retire struct{}
	Done   struct{}
	// List asks for the subjects in use; answered with []canvas.Subject.
	List struct{ Most int }
)

// Owners says which pod owns which allowance as long as the members are the same. It is
// immutable; a different one (by ==) means that the members may have changed.
type Owners interface {
	// Owner is the front of the pod that owns a subject's allowance; nil: no pod can now.
	Owner(s canvas.Subject) *actor.PID
	// Before lists the fronts of the pods that may own it from a time with other members, as
	// the Before of actors.Placement does.
	Before(s canvas.Subject) []*actor.PID
	// Members is the pods that can own allowances. The caller must not change the slice.
	Members() []Member
}

// Member is a pod that can own allowances.
type Member struct {
	ID      string // of this incarnation of the pod
	Address string
}
