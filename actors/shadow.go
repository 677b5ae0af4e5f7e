package actors

import (
	"cmp"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/mailbox"
	"pixelplayground/actors/message"
)

// Whoever is shadowed draws as ever: what they place is checked and counted as everybody's is, is acknowledged
// after as long as others' is, and is shown to them. But no relay, region, store or other pod hears of it.

// usualAck stands for the time that an acknowledgement takes while none has been measured lately.
const usualAck = 4 * time.Millisecond

// asideDue says that the oldest op of an aside is due to be acknowledged.
type asideDue struct{}

// aside holds the ops of somebody who is shadowed, oldest first, until they are acknowledged. Each asideDue
// is for the oldest one, so they stay in order.
type aside struct {
	waiting []asideOp
	until   time.Time // when the last one is due
}

type asideOp struct {
	num   uint64
	op    canvas.Op
	parts []part
}

// add has an op acknowledged after the usual time, and not before those that came earlier.
func (a *aside) add(ctx actor.Context, n *Node, m asideOp) {
	now := n.clock.Now()
	due := now.Add(n.shadowDelay())
	if due.Before(a.until) {
		due = a.until
	}
	a.until = due
	a.waiting = append(a.waiting, m)
	n.later(ctx, due.Sub(now), asideDue{})
}

// shadowDelay is about as long as acknowledgements take at present.
func (n *Node) shadowDelay() time.Duration {
	return mailbox.Jitter(cmp.Or(n.stats.AckTimes().P50, usualAck))
}

// show shows the oldest op to the person who placed it, and returns its number; 0: there is none.
func (a *aside) show(n *Node, viewer canvas.ViewerID, person *canvas.Person) uint64 {
	if len(a.waiting) == 0 {
		return 0
	}
	m := a.waiting[0]
	a.waiting = a.waiting[1:]
	whose := person.Subject
	if person.Kind == canvas.Program { // others in the network share its subject
		whose = canvas.Subject{}
	}
	for _, part := range m.parts {
		op := m.op
		op.Pixels = part.pixels
		n.audience.ShowOwn(viewer, whose, &canvas.Batch{
			Region: part.region, To: uint64(len(part.pixels)), Time: n.clock.Now().UnixMilli(), Ops: []canvas.Op{op},
		})
	}
	return m.num
}

// shadowed reports whether only the person themselves is shown what they place now.
func (n *Node) shadowed(person *canvas.Person, user canvas.Author) bool {
	in := n.rules.Load()
	return in.Version() > 0 && person.Kind != canvas.System && in.Shadowed(whoIs(person, user), n.clock.Now())
}

// onAside acknowledges the oldest op that nobody else is shown.
func (c *connection) onAside(ctx actor.Context) {
	if c.aside == nil {
		c.pod.unhandled(message.KindConnection, asideDue{})
		return
	}
	if num := c.aside.show(c.pod, c.viewer, &c.came); num > 0 {
		c.onAcked(opsAcked{nums: []uint64{num}})
		c.takeHeld(ctx)
	}
}

// onAside does the same for a call over HTTP.
func (p *placer) onAside(ctx actor.Context) {
	if num := p.aside.show(p.pod, 0, &p.came); num > 0 {
		p.answered(ctx, num, nil)
	}
}
