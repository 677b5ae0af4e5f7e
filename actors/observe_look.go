package actors

import (
	"fmt"
	"strconv"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/message"
)

// describe asks an actor to describe itself; answered with description. If near is set, the actor's
// mailbox adds what it knows, and notes every message for a while.
type describe struct {
	near bool
	now  time.Time
	last []Handled // written before the actor sees the message
}

// description is an actor in words.
type description struct {
	state string
	facts []message.Fact
}

// describeIn returns the describe that a message is; nil: it is none.
func describeIn(message any) *describe {
	if envelope, ok := message.(*actor.MessageEnvelope); ok {
		l, _ := envelope.Message.(*describe)
		return l
	}
	return nil
}

// describe notes that somebody looks at the actor.
func (m *watched) describe(l *describe) {
	if !l.near {
		return
	}
	if m.own == nil {
		m.own = &trace{started: l.now}
	}
	m.own.describe(l.now)
	m.every = true
	l.last = m.own.history(l.now)
}

func text(name, value string) message.Fact { return message.Fact{Name: name, Value: value} }

func count[N ~int | ~int64 | ~uint64](name string, n N) message.Fact {
	return text(name, fmt.Sprint(n))
}

func since(name string, then, now time.Time) message.Fact {
	if then.IsZero() {
		return text(name, "never")
	}
	return text(name, now.Sub(then).Round(time.Millisecond).String()+" ago")
}

func at(name string, p canvas.Position) message.Fact {
	return text(name, fmt.Sprintf("%d.%d", p.Epoch, p.Seq))
}

func (r *region) describe() description {
	now := r.pod.clock.Now()
	facts := []message.Fact{
		count("epoch", r.epoch), count("seq", r.Position.Seq), at("last batch", r.Position),
		count("relays", len(r.subscribers)), count("pending ops", r.queue.Len()),
		text("commit under way", "no"), count("store calls failed in a row", r.failures), count("fenced of late", r.fences),
		since("known for the owner", r.verified, now), count("who wait for it to let go", len(r.handoff.yielders)+len(r.handoff.leavers)),
	}
	if f := r.inflight; f != nil {
		facts[5].Value = fmt.Sprintf("pixels %d, for %s", f.batch.To-f.batch.From, now.Sub(f.began).Round(time.Millisecond))
	}
	return description{string(r.phase), facts}
}

func (r *relay) describe() description {
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
	return description{state, []message.Fact{
		text("owner", owner), at("replica", r.Position), count("ops not acknowledged", r.pending.count()),
		count("pixels not acknowledged", r.pending.pixels), count("viewers to bring up to date", len(r.waiting)),
		count("readers waiting", len(r.readers)), count("beats without an answer", r.silent), text("stream", strconv.FormatUint(r.stream, 36)),
	}}
}

func (c *connection) describe() description {
	state := "greeting"
	if c.author != 0 {
		state = "live"
	}
	return description{state, []message.Fact{
		text("user", fmt.Sprintf("%012x", uint64(c.author))), text("name", c.name), count("last op", c.lastNum),
		count("ops not acknowledged", len(c.placing)), count("ops held", len(c.held)),
		count("allowance in pixels", c.bucket.remaining(c.pod.clock.Now())),
	}}
}

func (r *roster) describe() description {
	presence := "nobody"
	if r.presence != nil {
		presence = r.presence.Address
	}
	return description{"live", []message.Fact{
		count("users here", len(r.members)), text("presence", presence), count("not yet counted", len(r.arriving)),
		count("names shown", len(r.named)), count("roll", r.n),
	}}
}

func (p *presence) describe() description {
	state := "resting"
	if p.ours {
		state = "serving"
	}
	return description{state, []message.Fact{
		count("users", p.count), count("pods that called the roll", len(p.rolls)), count("names listed", len(p.listed)),
		since("shown", p.shown, p.pod.clock.Now()),
	}}
}

// answer sends the description to the asker.
func (d description) answer(ctx actor.Context) { ctx.Respond(d) }
