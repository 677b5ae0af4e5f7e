package telemetry

import (
	"fmt"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/message"
)

// Describe asks an actor to describe itself; answered with Description. If Near is set, the actor's
// mailbox adds what it knows, and notes every message for a while.
type Describe struct {
	Near bool
	Now  time.Time
	Last []message.HandledReport // written before the actor sees the message
}

// Description is an actor in words.
type Description struct {
	State string
	Facts []message.Fact
}

// Answer sends the description to the asker.
func (d Description) Answer(ctx actor.Context) { ctx.Respond(d) }

// describeIn returns the Describe that a message is; nil: it is none.
func describeIn(m any) *Describe {
	if envelope, ok := m.(*actor.MessageEnvelope); ok {
		l, _ := envelope.Message.(*Describe)
		return l
	}
	return nil
}

// describe notes that somebody looks at the actor.
func (m *watched) describe(l *Describe) {
	if !l.Near {
		return
	}
	if m.own == nil {
		m.own = &Trace{Started: l.Now}
	}
	m.own.describe(l.Now)
	m.every = true
	l.Last = m.own.History(l.Now)
}

// Text is a fact that is a text.
func Text(name, value string) message.Fact { return message.Fact{Name: name, Value: value} }

// Count is a fact that is a number.
func Count[N ~int | ~int64 | ~uint64](name string, n N) message.Fact {
	return Text(name, fmt.Sprint(n))
}

// Since is the fact how long ago something was.
func Since(name string, then, now time.Time) message.Fact {
	if then.IsZero() {
		return Text(name, "never")
	}
	return Text(name, now.Sub(then).Round(time.Millisecond).String()+" ago")
}

// At is a fact that is a state of a region.
func At(name string, p canvas.Position) message.Fact {
	return Text(name, fmt.Sprintf("%d.%d", p.Epoch, p.Seq))
}
