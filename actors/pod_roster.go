package actors

import (
	"context"
	"math"
	"slices"
	"strings"

	"github.com/asynkron/protoactor-go/actor"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/message"
	"pixelplayground/actors/telemetry"
)

// roster holds the users of this pod. It tells presence about them, and shows the pod's audience
// who is on the whole canvas.
type roster struct {
	pod           *Node
	*rosterMemory // the node's, so that it survives a restart of the actor

	// Changes since the last PodUsers; a flush is in the mailbox when there are any.
	changed  map[canvas.ViewerID]struct{}
	flushing bool
	n        uint64                     // N of the last PodUsers
	arriving map[canvas.ViewerID]uint64 // viewers that no Shown has counted yet, by the N of their PodUsers, or untold

	// The whole canvas as last shown.
	presence *actor.PID // who shows it; nil: nobody does now
	shown    uint64     // N of the last Shown
	known    bool       // there was one
}

// rosterMemory is what nobody else knows, and what the audience has been told.
type rosterMemory struct {
	members map[canvas.ViewerID]member
	named   []canvas.User // of the whole canvas, as last shown, in the order of their arrival
}

// member is the user of a connection, and when the name was given, in Unix milliseconds.
type member struct {
	canvas.User
	named int64
}

// Messages to the roster from its own pod.
type (
	// here says that a connection has a user, or that the user was renamed.
	here struct {
		viewer canvas.ViewerID
		user   canvas.User
	}
	gone struct{ viewer canvas.ViewerID }
	// ruled says that the rules have changed.
	ruled struct{}
	// local asks for the names of this pod's users; answered with []string, "" where unnamed.
	local struct{}

	flushUsers struct{}
	renewUsers struct{ of *roster }
)

// untold stands for the N of PodUsers that have not been sent yet.
const untold = math.MaxUint64

const rosterName = "roster"

func newRoster(pod *Node) *roster {
	return &roster{pod: pod, rosterMemory: &pod.memory, changed: make(map[canvas.ViewerID]struct{}), arriving: make(map[canvas.ViewerID]uint64)}
}

func (r *roster) Receive(ctx actor.Context) {
	switch m := ctx.Message().(type) {
	case *actor.Started:
		r.pod.stats.Live[message.KindRoster].Add(1)
		r.presence = r.pod.placement.Presence()
		r.tellAll(ctx)
		r.pod.later(ctx, r.pod.cfg.Beat, renewUsers{r})
	case *actor.Restarting, *actor.Stopped:
		r.pod.stats.Live[message.KindRoster].Add(-1)
	case *actor.Stopping:
	case here:
		if _, known := r.members[m.viewer]; !known {
			r.arriving[m.viewer] = untold
		}
		r.members[m.viewer] = member{m.user, r.pod.clock.Now().UnixMilli()}
		r.change(ctx, m.viewer)
	case gone:
		delete(r.members, m.viewer)
		delete(r.arriving, m.viewer)
		r.change(ctx, m.viewer)
	case ruled:
		for viewer := range r.members {
			ctx.Send(r.pod.system.NewLocalPID(connectionName(viewer)), m)
		}
	case flushUsers:
		r.flush(ctx)
	case renewUsers:
		r.beat(ctx, m)
	case moved:
		r.moved(ctx)
	case *message.ResyncUsers:
		r.tellAll(ctx)
	case *message.Shown:
		r.onShown(ctx, m)
	case local:
		ctx.Respond(r.names())
	case who:
		ctx.Respond(r.who(m))
	case *telemetry.Describe:
		r.describe().Answer(ctx)
	default:
		r.pod.unhandled(message.KindRoster, m)
	}
}

func (r *roster) change(ctx actor.Context, viewer canvas.ViewerID) {
	r.changed[viewer] = struct{}{}
	if !r.flushing {
		r.flushing = true
		ctx.Send(ctx.Self(), flushUsers{})
	}
}

// flush sends what changed since the last flush: one message for all who came at once.
func (r *roster) flush(ctx actor.Context) {
	r.flushing = false
	for len(r.changed) > 0 {
		r.n++
		m := &message.PodUsers{N: r.n}
		for viewer := range r.changed {
			if len(m.Joined)+len(m.Left) == usersAtOnce {
				break
			}
			delete(r.changed, viewer)
			if user, ok := r.members[viewer]; ok {
				r.enter(m, viewer, user)
			} else {
				m.Left = append(m.Left, viewer)
			}
		}
		r.tell(ctx, m)
	}
}

// enter writes a member into PodUsers.
func (r *roster) enter(m *message.PodUsers, viewer canvas.ViewerID, user member) {
	m.Joined = append(m.Joined, user.of(viewer))
	if _, arriving := r.arriving[viewer]; arriving || !r.known {
		r.arriving[viewer] = m.N // after a restart nobody knows who has been shown what
	}
}

// tellAll tells presence about everyone, a bounded number at a time.
func (r *roster) tellAll(ctx actor.Context) {
	clear(r.changed)
	r.n++
	m := &message.PodUsers{N: r.n, Full: true}
	for viewer, user := range r.members {
		if len(m.Joined) == usersAtOnce {
			m.More = true
			r.tell(ctx, m)
			r.n++
			m = &message.PodUsers{N: r.n}
		}
		r.enter(m, viewer, user)
	}
	r.tell(ctx, m)
}

func (r *roster) tell(ctx actor.Context, m *message.PodUsers) {
	if r.presence != nil {
		ctx.Request(r.presence, m)
	}
}

// moved turns to whoever is presence now.
func (r *roster) moved(ctx actor.Context) {
	if now := r.pod.placement.Presence(); now == nil || !now.Equal(r.presence) {
		r.presence = now
		r.tellAll(ctx)
	}
}

func (r *roster) beat(ctx actor.Context, m renewUsers) {
	if m.of != r {
		return
	}
	r.tell(ctx, &message.PodUsers{N: r.n, Shown: r.shown})
	r.pod.later(ctx, r.pod.cfg.Beat, m)
}

func (r *roster) onShown(ctx actor.Context, m *message.Shown) {
	switch {
	case !ctx.Sender().Equal(r.presence): // from an earlier presence
		return
	case m.Full:
		m = r.difference(m)
	case !r.known || m.N != r.shown && m.Repeat || m.N != r.shown+1 && !m.Repeat:
		r.tellAll(ctx) // answered with a full Shown
		return
	}
	r.shown, r.known = m.N, true
	r.named = slices.DeleteFunc(r.named, func(u canvas.User) bool { return slices.Contains(m.Left, u.Author) })
	for _, user := range m.Joined {
		at := slices.IndexFunc(r.named, func(u canvas.User) bool { return u.Author == user.Author })
		if at < 0 {
			r.named = append(r.named, user)
		} else {
			r.named[at] = user
		}
	}
	r.pod.users.Store(int64(m.Count))
	r.pod.audience.Present(&Presence{
		Count: m.Count, People: m.People, Named: slices.Clone(r.named), Joined: m.Joined, Left: m.Left, Arrived: r.arrived(m.Counted),
	})
}

// arrived lists the viewers that are counted for the first time.
func (r *roster) arrived(counted uint64) (viewers []canvas.ViewerID) {
	for viewer, n := range r.arriving {
		if n <= counted {
			viewers = append(viewers, viewer)
			delete(r.arriving, viewer)
		}
	}
	return viewers
}

// difference turns a full Shown into the change since the last one shown.
func (r *roster) difference(m *message.Shown) *message.Shown {
	change := &message.Shown{N: m.N, Count: m.Count, People: m.People, Counted: m.Counted}
	before := make(map[canvas.Author]string, len(r.named))
	for _, u := range r.named {
		before[u.Author] = u.Name
	}
	for _, u := range m.Joined {
		if name, ok := before[u.Author]; !ok || name != u.Name {
			change.Joined = append(change.Joined, u)
		}
		delete(before, u.Author)
	}
	for author := range before {
		change.Left = append(change.Left, author)
	}
	return change
}

// of is what others are told of a viewer's user.
func (m member) of(viewer canvas.ViewerID) message.Member {
	return message.Member{Viewer: viewer, User: m.User, Named: m.named}
}

func (r *roster) names() []string {
	names := make([]string, 0, len(r.members))
	for _, user := range r.members {
		names = append(names, user.Name)
	}
	return names
}

// describe is for the inspector.
func (r *roster) describe() telemetry.Description {
	presence := "nobody"
	if r.presence != nil {
		presence = r.presence.Address
	}
	return telemetry.Description{State: "live", Facts: []message.Fact{
		telemetry.Count("users here", len(r.members)), telemetry.Text("presence", presence), telemetry.Count("not yet counted", len(r.arriving)),
		telemetry.Count("names shown", len(r.named)), telemetry.Count("changes told", r.n),
	}}
}

// who asks the roster for users: those of these viewers, or at most so many whose names contain
// name. Answered with []Member.
type who struct {
	viewers []canvas.ViewerID
	name    string
	most    int
}

func (n *Node) who(ctx context.Context, m who) []message.Member {
	answer, _ := n.ask(ctx, n.roster, m) // if it does not answer, nobody is known
	members, _ := answer.([]message.Member)
	return members
}

func (r *roster) who(m who) (members []message.Member) {
	for _, viewer := range m.viewers {
		if user, ok := r.members[viewer]; ok {
			members = append(members, user.of(viewer))
		}
	}
	if m.name == "" {
		return members
	}
	part := strings.ToLower(m.name)
	for viewer, user := range r.members {
		if len(members) < m.most && strings.Contains(strings.ToLower(user.Name), part) {
			members = append(members, user.of(viewer))
		}
	}
	return members
}
