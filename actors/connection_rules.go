package actors

import (
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/regions"
	"pixelplayground/actors/rules"
)

// What the rules make of a person: their role, their pace, and whether others see their name. An op is
// checked here as a whole, so that the client hears at once if it is forbidden. The regions check it again.

// whoIs describes a person to the rules. The role is that of the sign-in, since the rules apply their own
// changes to it.
func whoIs(person *canvas.Person, user canvas.Author) rules.Who {
	who := rules.WhoIs(*person)
	who.User = user
	return who
}

// rank is the role that an op carries to its regions. They know neither the account nor the scopes of a
// key, so for a key it is the role that both allow now.
func (n *Node) rank(person *canvas.Person, user canvas.Author) canvas.Role {
	if person.Kind != canvas.Bot {
		return person.Role
	}
	return n.rules.Load().Role(whoIs(person, user))
}

// under returns a person with the role and pace that the rules give them.
func (n *Node) under(person canvas.Person, user canvas.Author) canvas.Person {
	person = n.paced(person)
	in := n.rules.Load().Rules
	if in.Version() == 0 {
		return person
	}
	person.Role = in.Role(whoIs(&person, user))
	pace, decided := in.Pace(person.Role, n.clock.Now())
	switch {
	case !decided:
	case person.Kind == canvas.Bot: // the rules must not give a key more than whoever made it
		person.Pace = slower(person.Pace, pace)
	default:
		person.Pace = pace
	}
	return person
}

// slower returns the pace that allows fewer pixels in the long run.
func slower(a, b canvas.Pace) canvas.Pace {
	if b.Rate == 0 || a.Rate > 0 && a.Rate <= b.Rate {
		return a
	}
	return b
}

// Pace is how fast somebody may draw now.
func (n *Node) Pace(person canvas.Person) canvas.Pace { return n.under(person, person.User).Pace }

// ruled works out the person again if the rules have changed. The roster tells every connection that they
// have; a connection that has an op to handle before it is told looks by itself.
func (c *connection) ruled(ctx actor.Context) {
	in := c.pod.rules.Load()
	if in == c.rules {
		return
	}
	c.rules = in
	before := c.person.Pace
	c.identified(ctx, c.pod.under(c.came, c.user))
	if c.author == 0 {
		return
	}
	if c.person.Pace != before {
		c.out.Allowance(c.person.Pace, c.remaining())
	}
	c.showName(ctx)
}

// showName tells the roster under which name the person is shown, if that has changed.
func (c *connection) showName(ctx actor.Context) {
	name := c.name
	if c.muted = c.pod.rules.Load().Muted(whoIs(&c.came, c.user), c.pod.clock.Now()); c.muted {
		name = ""
	}
	if name != c.shownAs || !c.listed {
		c.shownAs, c.listed = name, true
		ctx.Send(c.pod.roster, here{c.viewer, canvas.User{Author: c.user, Name: name}})
	}
}

// allowed says whether the rules forbid what somebody wants to place.
func (n *Node) allowed(person *canvas.Person, user canvas.Author, dots []canvas.Dot) (canvas.Refusal, time.Duration) {
	in := n.rules.Load().Rules
	if in.Version() == 0 || person.Kind == canvas.System {
		return 0, 0
	}
	v := in.CheckDots(whoIs(person, user), dots, n.clock.Now())
	return v.Why, min(v.Retry, regions.LongestRetry)
}
