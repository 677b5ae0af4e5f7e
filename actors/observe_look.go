package actors

import (
	"fmt"
	"strconv"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"pixelplayground/actors/canvas"
)

// look asks an actor how it is; answered with looked. From near its mailbox adds what it
// knows, and goes on noting for a while.
type look struct {
	near bool
	now  time.Time
	last []Handled // written before the actor sees the message
}

// looked is an actor in words.
type looked struct {
	state string
	facts []Fact
}

// Fact is one thing to know about an actor, for people.
type Fact struct{ Name, Value string }

// lookIn is the look that a message is; nil: it is none.
func lookIn(message any) *look {
	if envelope, ok := message.(*actor.MessageEnvelope); ok {
		l, _ := envelope.Message.(*look)
		return l
	}
	return nil
}

// look notes that somebody looks at the actor.
func (m *watched) look(l *look) {
	if !l.near {
		return
	}
	if m.own == nil {
		m.own = &trace{started: l.now}
	}
	m.own.look(l.now)
	m.every = true
	l.last = m.own.history(l.now)
}

func count[N ~int | ~int64 | ~uint64](name string, n N) Fact { return Fact{name, fmt.Sprint(n)} }

func since(name string, then, now time.Time) Fact {
	if then.IsZero() {
		return Fact{name, "never"}
	}
	return Fact{name, now.Sub(then).Round(time.Millisecond).String() + " ago"}
}

func at(name string, p canvas.Position) Fact { return Fact{name, fmt.Sprintf("%d.%d", p.Epoch, p.Seq)} }

func (r *region) look() looked {
	now := r.pod.clock.Now()
	facts := []Fact{
		count("epoch", r.epoch), count("seq", r.position.Seq), at("last batch", r.position),
		count("relays", len(r.subscribers)), count("pending ops", len(r.queue.known)),
		{"commit under way", "no"}, count("store calls failed in a row", r.failures), count("fenced of late", r.fences),
		since("known for the owner", r.confirmed, now), count("who wait for it to let go", len(r.handoff.yielders)+len(r.handoff.leavers)),
	}
	if f := r.flight; f != nil {
		facts[5].Value = fmt.Sprintf("pixels %d, for %s", f.batch.To-f.batch.From, now.Sub(f.began).Round(time.Millisecond))
	}
	return looked{r.phase, facts}
}

func (r *relay) look() looked {
	state, owner := "idle", "nobody"
	switch {
	case r.attached:
		state = "attached"
	case r.stream != 0:
		state = "attaching"
	}
	if r.owner != nil {
		owner = r.owner.Address
	}
	return looked{state, []Fact{
		{"owner", owner}, at("replica", r.position), count("ops not acknowledged", r.unacked.count()),
		count("pixels not acknowledged", r.unacked.pixels), count("viewers to bring up to date", len(r.waiting)),
		count("readers waiting", len(r.readers)), count("beats without an answer", r.silent), {"stream", strconv.FormatUint(r.stream, 36)},
	}}
}

func (c *connection) look() looked {
	state := "greeting"
	if c.author != 0 {
		state = "live"
	}
	return looked{state, []Fact{
		{"user", fmt.Sprintf("%012x", uint64(c.author))}, {"name", c.name}, count("last op", c.lastNum),
		count("ops not acknowledged", len(c.placing)), count("ops held", len(c.held)),
		count("allowance in pixels", c.bucket.remaining(c.pod.clock.Now())),
	}}
}

func (r *roster) look() looked {
	presence := "nobody"
	if r.presence != nil {
		presence = r.presence.Address
	}
	return looked{"live", []Fact{
		count("users here", len(r.members)), {"presence", presence}, count("not yet counted", len(r.arriving)),
		count("names shown", len(r.named)), count("roll", r.n),
	}}
}

func (p *presence) look() looked {
	state := "resting"
	if p.ours {
		state = "serving"
	}
	return looked{state, []Fact{
		count("users", p.count), count("pods that called the roll", len(p.rolls)), count("names listed", len(p.listed)),
		since("shown", p.shown, p.pod.clock.Now()),
	}}
}

// answer tells who looks.
func (l looked) answer(ctx actor.Context) { ctx.Respond(l) }
