package actors

import (
	"cmp"
	"context"
	"pixelplayground/actors/canvas"
	"pixelplayground/actors/message"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/asynkron/protoactor-go/actor"
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
	for _, t := range n.observe.all() {
		if t.kind.String() == kind {
			listing.Actors = append(listing.Actors, message.ActorReport{Actor: t.id, State: silent, Recent: t.span(), Mailbox: t.mailbox.UserMessageCount()})
		}
	}
	slices.SortStableFunc(listing.Actors, func(a, b message.ActorReport) int {
		return cmp.Or(cmp.Compare(b.Recent, a.Recent), cmp.Compare(b.Mailbox, a.Mailbox))
	})
	listing.Actors = listing.Actors[:min(len(listing.Actors), listedActors)]
	futures := make([]*actor.Future, len(listing.Actors))
	for i, a := range listing.Actors {
		futures[i] = n.system.Root.RequestFuture(n.system.NewLocalPID(a.Actor), &describe{}, lookTimeout)
	}
	for i, f := range futures {
		if answer, err := f.Result(); err == nil {
			if l, ok := answer.(description); ok {
				listing.Actors[i].State = l.state
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

// connectionName is the name of a connection's actor.
func connectionName(v canvas.ViewerID) string {
	return message.KindConnection.String() + "/" + strconv.FormatUint(uint64(v), 36)
}

// describeActor describes the actor with a name. If it has a trace, it need not answer itself.
func (n *Node) describeActor(ctx context.Context, name string) *message.ActorDetails {
	t := n.observe.find(name)
	if t == nil && !strings.HasPrefix(name, message.KindConnection.String()+"/") {
		return &message.ActorDetails{}
	}
	l := &describe{near: true, now: n.clock.Now()}
	answer, err := n.system.Root.RequestFuture(n.system.NewLocalPID(name), l, lookTimeout).Result()
	view := &message.ActorDetails{Actor: name, State: silent}
	var last []Handled
	if told, ok := answer.(description); ok && err == nil {
		view.State, view.Facts, last = told.state, told.facts, l.last
	} else if t == nil {
		return &message.ActorDetails{}
	}
	if t == nil {
		view.Since = n.opening(ctx, name)
	} else {
		view.Since, last = t.started.UnixMilli(), t.history(n.clock.Now())
	}
	for _, h := range last {
		view.Last = append(view.Last, message.HandledReport{Type: h.Type, At: h.At.UnixMilli(), Took: h.Took})
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

// who asks the roster for users: those of these viewers, or at most so many whose names contain
// name. Answered with []Member.
type who struct {
	viewers []canvas.ViewerID
	name    string
	most    int
}

func (n *Node) who(ctx context.Context, m who) []Member {
	answer, _ := n.ask(ctx, n.roster, m) // if it does not answer, nobody is known
	members, _ := answer.([]Member)
	return members
}

func (r *roster) who(m who) (members []Member) {
	for _, viewer := range m.viewers {
		if user, ok := r.members[viewer]; ok {
			members = append(members, Member{viewer, user})
		}
	}
	if m.name == "" {
		return members
	}
	part := strings.ToLower(m.name)
	for viewer, user := range r.members {
		if len(members) < m.most && strings.Contains(strings.ToLower(user.Name), part) {
			members = append(members, Member{viewer, user})
		}
	}
	return members
}
