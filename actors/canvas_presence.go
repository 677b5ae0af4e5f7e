package actors

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/mailbox"
	"pixelplayground/actors/message"
	"pixelplayground/actors/telemetry"
)

// presence knows every user of the canvas, by pod, and shows the count and the names to all rosters
// (I7). A user is a live connection: it appears when its roster reports it, and goes with the
// connection or with its whole pod. Changes within Config.PresenceEvery go out as one, so n users
// joining at once cost n messages and not n squared.
//
// Every canvas pod runs one, and the placement says which of them the rosters turn to. It knows
// only what rosters tell it. One that has just become the presence of the canvas waits until every
// pod with users has told its users, so that nobody is shown a part as if it were the whole.
type presence struct {
	pod     *Node
	pods    map[string]*podUsers // by roster PID
	ours    bool                 // the rosters turn to us
	settled bool                 // all rosters have, or have had the time to
	since   time.Time            // when they began to turn to us

	listed map[canvas.Author]string // the names as last shown
	count  int                      // connections as shown last,
	people int                      // and how many people these are
	shows  uint64                   // N of the last Shown
	shown  time.Time
	due    bool // a show is scheduled
}

// podUsers is the users of one pod.
type podUsers struct {
	roster  *actor.PID
	n       uint64
	members map[canvas.ViewerID]member
	before  map[canvas.ViewerID]member // those of the list before, which count while partial
	partial bool                       // more of its list is to come: it does not count yet
	seen    time.Time
	fresh   bool   // it has not been shown the full list
	due     uint64 // N that the roster must have been shown by its next renewal
	told    uint64 // Counted of the last Shown
}

type (
	show      struct{ of *presence }
	sweepPods struct{ of *presence }
)

// settleTime is how long a new presence waits for pods that don't tell their users: they may have died
// together with the previous presence.
const settleTime = 400 * time.Millisecond

// rosterLease is how many renewals, one each beat, a roster may miss before its users are gone.
const rosterLease = 8

// usersAtOnce bounds the users in one message: about 400 KB between pods.
const usersAtOnce = 4096

func newPresence(pod *Node) *presence {
	return &presence{pod: pod, pods: make(map[string]*podUsers), listed: make(map[canvas.Author]string)}
}

func (p *presence) Receive(ctx actor.Context) {
	switch m := ctx.Message().(type) {
	case *actor.Started:
		p.pod.stats.Live[message.KindPresence].Add(1)
		p.moved(ctx)
		p.pod.later(ctx, p.pod.cfg.Beat, sweepPods{p})
	case *actor.Restarting, *actor.Stopped:
		p.pod.stats.Live[message.KindPresence].Add(-1)
	case *actor.Stopping:
	case *message.PodUsers:
		p.onPodUsers(ctx, m)
	case moved:
		p.moved(ctx)
	case show:
		if m.of == p {
			p.show(ctx)
		}
	case sweepPods:
		if m.of == p {
			p.sweep(ctx)
		}
	case *telemetry.Describe:
		p.describe().Answer(ctx)
	default:
		p.pod.unhandled(message.KindPresence, m)
	}
}

func (p *presence) onPodUsers(ctx actor.Context, m *message.PodUsers) {
	key := mailbox.Key(ctx.Sender())
	r := p.pods[key]
	changed := len(m.Joined) > 0 || len(m.Left) > 0
	switch {
	case m.Full:
		fresh := &podUsers{roster: ctx.Sender(), members: make(map[canvas.ViewerID]member, len(m.Joined)), fresh: true}
		if r != nil && m.More {
			fresh.before = r.counted()
		}
		r = fresh
		p.pods[key] = r
	case r == nil, changed && m.N != r.n+1, !changed && m.N != r.n:
		ctx.Respond(&message.ResyncUsers{})
		return
	}
	r.n, r.seen = m.N, p.pod.clock.Now()
	if !changed && !m.Full { // a renewal
		if !r.fresh && !r.partial && m.Shown < r.due {
			r.fresh = true
			p.schedule(ctx)
		}
		r.due = p.shows
	}
	r.partial = m.More || r.partial && !changed // a renewal does not complete a list
	for _, joined := range m.Joined {
		r.members[joined.Viewer] = member{joined.User, joined.Named}
	}
	for _, viewer := range m.Left {
		delete(r.members, viewer)
	}
	if !r.partial {
		r.before = nil
	}
	if (changed || m.Full) && !r.partial {
		p.schedule(ctx)
	}
}

// counted returns the users that count. While the list is partial these are the users of the list
// before.
func (r *podUsers) counted() map[canvas.ViewerID]member {
	if r.partial {
		return r.before
	}
	return r.members
}

// moved follows the placement. A presence that rosters no longer turn to forgets everything, and a
// pod that is gone takes its users with it.
func (p *presence) moved(ctx actor.Context) {
	place := p.pod.placement.Presence()
	ours := place != nil && place.Equal(ctx.Self())
	if ours != p.ours {
		p.ours, p.settled, p.since = ours, false, p.pod.clock.Now()
		clear(p.pods)
		clear(p.listed)
		return
	}
	before := len(p.pods)
	maps.DeleteFunc(p.pods, func(_ string, r *podUsers) bool { return !p.pod.placement.Has(r.roster.Address) })
	if len(p.pods) < before {
		p.schedule(ctx)
	}
}

// complete reports whether every pod with users has told its users, or has had the time to.
func (p *presence) complete(now time.Time) bool {
	if p.settled || now.Sub(p.since) > settleTime {
		p.settled = true
		return true
	}
	called := make(map[string]bool, len(p.pods))
	for _, r := range p.pods {
		called[r.roster.Address] = !r.partial
	}
	p.settled = !slices.ContainsFunc(p.pod.placement.Gateways(), func(address string) bool { return !called[address] })
	return p.settled
}

// schedule makes the change be shown: after what is already in the mailbox, or when the interval
// since the last show has passed.
func (p *presence) schedule(ctx actor.Context) {
	if p.due {
		return
	}
	p.due = true
	if wait := p.pod.cfg.PresenceEvery - p.pod.clock.Now().Sub(p.shown); wait > 0 {
		p.pod.later(ctx, wait, show{p})
	} else {
		ctx.Send(ctx.Self(), show{p})
	}
}

func (p *presence) show(ctx actor.Context) {
	now := p.pod.clock.Now()
	p.due = false
	if !p.ours {
		return
	}
	if !p.complete(now) {
		p.due = true
		p.pod.later(ctx, settleTime/8, show{p})
		return
	}
	p.shown = now
	count, people, joined, left := p.changes()
	changed := count != p.count || people != p.people || len(joined) > 0 || len(left) > 0
	p.count, p.people = count, people
	if changed {
		p.shows++
	}
	delta := message.Shown{N: p.shows, Count: count, People: people, Joined: joined, Left: left}
	full := message.Shown{N: p.shows, Full: true, Count: count, People: people, Joined: p.list()}
	for _, r := range p.pods {
		m := delta
		switch {
		case r.partial: // it is shown everything once its own list is complete
			continue
		case r.fresh:
			m = full
		case !changed && r.told == r.n:
			continue
		case !changed:
			m.Repeat = true
		}
		m.Counted, r.told, r.fresh = r.n, r.n, false
		ctx.Request(r.roster, &m)
	}
}

// naming is a name that a connection has given.
type naming struct {
	name   string
	at     int64 // Unix milliseconds; 0: not known
	pod    string
	viewer canvas.ViewerID
}

// after reports whether a name was given later than another. Connections of pods of an earlier version
// don't say when; all pods must find the same.
func (n naming) after(other naming) bool {
	return cmp.Or(cmp.Compare(n.at, other.at), cmp.Compare(n.viewer, other.viewer), cmp.Compare(n.pod, other.pod)) > 0
}

// changes compares who is here with who is listed, and updates the list. Listed users who are here
// stay listed. A user beyond Config.ListedUsers is listed when there is room. A user with several
// connections is listed once, by the name that was given last.
func (p *presence) changes() (count, people int, joined []canvas.User, left []canvas.Author) {
	everyone := make(map[canvas.Author]struct{}, p.people)
	named := make(map[canvas.Author]naming)
	for pod, r := range p.pods {
		count += len(r.counted())
		for viewer, m := range r.counted() {
			everyone[m.Author] = struct{}{}
			if m.Name == "" {
				continue
			}
			given := naming{m.Name, m.named, pod, viewer}
			if before, ok := named[m.Author]; !ok || given.after(before) {
				named[m.Author] = given
			}
		}
	}
	for author, name := range p.listed {
		given, ok := named[author]
		switch now := given.name; {
		case !ok:
			left = append(left, author)
			delete(p.listed, author)
		case now != name:
			joined = append(joined, canvas.User{Author: author, Name: now})
			p.listed[author] = now
		}
	}
	for author, given := range named {
		name := given.name
		if _, ok := p.listed[author]; !ok && len(p.listed) < p.pod.cfg.ListedUsers {
			joined = append(joined, canvas.User{Author: author, Name: name})
			p.listed[author] = name
		}
	}
	return count, len(everyone), joined, left
}

func (p *presence) list() []canvas.User {
	list := make([]canvas.User, 0, len(p.listed))
	for author, name := range p.listed {
		list = append(list, canvas.User{Author: author, Name: name})
	}
	return list
}

// sweep drops pods whose lease has run out, with all their users.
func (p *presence) sweep(ctx actor.Context) {
	now := p.pod.clock.Now()
	for key, r := range p.pods {
		if now.Sub(r.seen) > rosterLease*p.pod.cfg.Beat {
			delete(p.pods, key)
			p.schedule(ctx)
		}
	}
	p.pod.later(ctx, p.pod.cfg.Beat, sweepPods{p})
}

// describe is for the inspector.
func (p *presence) describe() telemetry.Description {
	state := "resting"
	if p.ours {
		state = "serving"
	}
	counted := 0
	for _, r := range p.pods {
		if !r.partial {
			counted++
		}
	}
	return telemetry.Description{State: state, Facts: []message.Fact{
		telemetry.Count("users", p.count), telemetry.Count("people", p.people), telemetry.Count("pods counted", counted), telemetry.Count("names listed", len(p.listed)),
		telemetry.Since("shown", p.shown, p.pod.clock.Now()),
	}}
}
