package actors

import (
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"pixelplayground/actors/canvas"
)

// presence knows every user of the canvas, by pod, and shows the count and the names to
// all rosters (I7). A user is a live connection: it appears when its roster says so and
// goes with it, or with its whole pod. Changes within Config.PresenceEvery go out as
// one, so n users joining at once cost n messages and not n squared.
type presence struct {
	pod   *Node
	rolls map[string]*roll // by roster PID

	listed map[canvas.Author]string // the names as shown last
	count  int                      // as shown last
	shows  uint64                   // N of the last Shown
	shown  time.Time
	due    bool // a show is scheduled
}

// roll is the users of one pod.
type roll struct {
	roster  *actor.PID
	n       uint64
	members map[ViewerID]canvas.User
	seen    time.Time
	fresh   bool   // has not been shown the full list
	told    uint64 // Rolled of the last Shown
}

// What travels between a roster and presence. Rolls and Shown are numbered by their
// sender; who notices a hole asks for everything.
type (
	// Roll tells how the users of a pod changed. N rises by one with each change; a Roll
	// with the N before and no change renews the lease.
	Roll struct {
		N      uint64
		Full   bool // Joined is everyone
		Joined []Member
		Left   []ViewerID
	}
	// Member is a user by the connection it has.
	Member struct {
		Viewer ViewerID
		User   canvas.User
	}
	// Recall asks a roster for a full Roll.
	Recall struct{}
	// Shown tells a roster who is on the whole canvas.
	Shown struct {
		N      uint64
		Rolled uint64 // N of the last Roll of this roster that is counted in it
		Full   bool   // Joined is all who are listed
		Repeat bool   // nothing has changed since the Shown with this N
		Count  int
		Joined []canvas.User
		Left   []canvas.Author
	}

	show       struct{ of *presence }
	sweepRolls struct{ of *presence }
)

func newPresence(pod *Node) *presence {
	return &presence{pod: pod, rolls: make(map[string]*roll), listed: make(map[canvas.Author]string)}
}

func (p *presence) Receive(ctx actor.Context) {
	switch m := ctx.Message().(type) {
	case *actor.Started:
		p.pod.stats.Live[KindPresence].Add(1)
		p.pod.later(ctx, p.pod.cfg.Beat, sweepRolls{p})
	case *actor.Restarting, *actor.Stopped:
		p.pod.stats.Live[KindPresence].Add(-1)
	case *actor.Stopping:
	case *Roll:
		p.roll(ctx, m)
	case show:
		if m.of == p {
			p.show(ctx)
		}
	case sweepRolls:
		if m.of == p {
			p.sweep(ctx)
		}
	default:
		p.pod.unhandled(KindPresence, m)
	}
}

func (p *presence) roll(ctx actor.Context, m *Roll) {
	key := ctx.Sender().String()
	r := p.rolls[key]
	changed := len(m.Joined) > 0 || len(m.Left) > 0
	switch {
	case m.Full:
		r = &roll{roster: ctx.Sender(), members: make(map[ViewerID]canvas.User, len(m.Joined)), fresh: true}
		p.rolls[key] = r
	case r == nil, changed && m.N != r.n+1, !changed && m.N != r.n:
		ctx.Respond(&Recall{})
		return
	}
	r.n, r.seen = m.N, p.pod.clock.Now()
	for _, member := range m.Joined {
		r.members[member.Viewer] = member.User
	}
	for _, viewer := range m.Left {
		delete(r.members, viewer)
	}
	if changed || m.Full {
		p.schedule(ctx)
	}
}

// schedule shows the change behind what is in the mailbox already, or when the interval
// since the last one has passed.
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
	p.due, p.shown = false, p.pod.clock.Now()
	count, joined, left := p.changes()
	changed := count != p.count || len(joined) > 0 || len(left) > 0
	p.count = count
	if changed {
		p.shows++
	}
	delta := Shown{N: p.shows, Count: count, Joined: joined, Left: left}
	full := Shown{N: p.shows, Full: true, Count: count, Joined: p.list()}
	for _, r := range p.rolls {
		m := delta
		switch {
		case r.fresh:
			m = full
		case !changed && r.told == r.n:
			continue
		case !changed:
			m.Repeat = true
		}
		m.Rolled, r.told, r.fresh = r.n, r.n, false
		ctx.Send(r.roster, &m)
	}
}

// changes compares who is here with who is listed, and makes the list right. Those
// listed stay listed; whoever is over Config.ListedUsers is listed when there is room.
func (p *presence) changes() (count int, joined []canvas.User, left []canvas.Author) {
	named := make(map[canvas.Author]string)
	latest := make(map[canvas.Author]ViewerID) // of a session with several connections the last counts
	for _, r := range p.rolls {
		count += len(r.members)
		for viewer, user := range r.members {
			if user.Name != "" && viewer >= latest[user.Author] {
				named[user.Author], latest[user.Author] = user.Name, viewer
			}
		}
	}
	for author, name := range p.listed {
		switch now, ok := named[author]; {
		case !ok:
			left = append(left, author)
			delete(p.listed, author)
		case now != name:
			joined = append(joined, canvas.User{Author: author, Name: now})
			p.listed[author] = now
		}
	}
	for author, name := range named {
		if _, ok := p.listed[author]; !ok && len(p.listed) < p.pod.cfg.ListedUsers {
			joined = append(joined, canvas.User{Author: author, Name: name})
			p.listed[author] = name
		}
	}
	return count, joined, left
}

func (p *presence) list() []canvas.User {
	list := make([]canvas.User, 0, len(p.listed))
	for author, name := range p.listed {
		list = append(list, canvas.User{Author: author, Name: name})
	}
	return list
}

// sweep drops pods whose lease has run out, users and all.
func (p *presence) sweep(ctx actor.Context) {
	now := p.pod.clock.Now()
	for key, r := range p.rolls {
		if now.Sub(r.seen) > leaseBeats*p.pod.cfg.Beat {
			delete(p.rolls, key)
			p.schedule(ctx)
		}
	}
	p.pod.later(ctx, p.pod.cfg.Beat, sweepRolls{p})
}
