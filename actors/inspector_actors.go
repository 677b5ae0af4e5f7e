package actors

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/message"
	"pixelplayground/actors/telemetry"
)

const (
	// listedActors bounds a Listing.
	listedActors = 500
	// lookTimeout is how long an actor has to describe itself.
	lookTimeout = 300 * time.Millisecond
	// silent is the state of an actor that did not.
	silent = "does not answer"
)

// list returns the actors of a kind.
func (n *Node) list(ctx context.Context, kind string) *message.Listing {
	if kind == message.KindConnection.String() {
		return n.listConnections(ctx)
	}
	listing := &message.Listing{}
	for _, t := range n.observe.Traces() {
		if t.Kind.String() == kind {
			listing.Actors = append(listing.Actors, message.ActorReport{Actor: t.ID, State: silent, Recent: t.Lately(), Mailbox: t.Waiting()})
		}
	}
	slices.SortStableFunc(listing.Actors, func(a, b message.ActorReport) int {
		return cmp.Or(cmp.Compare(b.Recent, a.Recent), cmp.Compare(b.Mailbox, a.Mailbox))
	})
	listing.Actors = listing.Actors[:min(len(listing.Actors), listedActors)]
	futures := make([]*actor.Future, len(listing.Actors))
	for i, a := range listing.Actors {
		futures[i] = n.system.Root.RequestFuture(n.system.NewLocalPID(a.Actor), &telemetry.Describe{}, lookTimeout)
	}
	for i, f := range futures {
		if answer, err := f.Result(); err == nil {
			if l, ok := answer.(telemetry.Description); ok {
				listing.Actors[i].State = l.State
			}
		}
	}
	return listing
}

// listConnections takes what transport knows of the connections, so that no connection is
// disturbed.
func (n *Node) listConnections(ctx context.Context) *message.Listing {
	listing := &message.Listing{}
	for _, c := range n.host.Connections(ctx, listedActors, nil) {
		state := "live"
		if c.Lag > 0 {
			state = "behind"
		}
		listing.Actors = append(listing.Actors, message.ActorReport{
			Actor: connectionName(c.Viewer), State: state, Recent: perSpan(c.In, c.Over), Mailbox: c.Waiting,
		})
	}
	return listing
}

// perSpan converts a count over some time to one over a Span.
func perSpan(n int, over time.Duration) int {
	return int(int64(n) * int64(message.Span) / max(int64(over), int64(time.Second)))
}

// describeActor describes the actor with a name. If it has a trace, it need not answer itself.
func (n *Node) describeActor(ctx context.Context, name string) *message.ActorDetails {
	t := n.observe.Find(name)
	if t == nil && !strings.HasPrefix(name, message.KindConnection.String()+"/") {
		return &message.ActorDetails{}
	}
	l := &telemetry.Describe{Near: true, Now: n.clock.Now()}
	answer, err := n.system.Root.RequestFuture(n.system.NewLocalPID(name), l, lookTimeout).Result()
	view := &message.ActorDetails{Actor: name, State: silent}
	if told, ok := answer.(telemetry.Description); ok && err == nil {
		view.State, view.Facts, view.Last = told.State, told.Facts, l.Last
	} else if t == nil {
		return &message.ActorDetails{}
	}
	if t == nil {
		view.Since = n.opening(ctx, name)
	} else {
		view.Since, view.Last = t.Started.UnixMilli(), t.History(n.clock.Now())
	}
	return view
}

// opening returns when a connection was opened, in Unix milliseconds; 0: that is not known.
func (n *Node) opening(ctx context.Context, name string) int64 {
	number, _ := strings.CutPrefix(name, message.KindConnection.String()+"/")
	viewer, err := strconv.ParseUint(number, 36, 64)
	if err != nil {
		return 0
	}
	for _, c := range n.host.Connections(ctx, 1, []canvas.ViewerID{canvas.ViewerID(viewer)}) {
		return c.Since
	}
	return 0
}
