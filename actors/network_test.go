package actors

import (
	"slices"
	"sync/atomic"
	"time"

	"github.com/asynkron/protoactor-go/actor"
)

// network says what happens to the messages between pods. It is guarded by pods.mu.
type network struct {
	lose  func(letter) bool // whether a message is lost; nil: none is
	delay time.Duration     // of every message; the order stays
	slow  map[route]chan<- parcel
}

// letter is a message on its way.
type letter struct {
	route
	pid     *actor.PID // of the receiver
	message any        // without its envelope
}

// route is the addresses of two pods.
type route struct{ from, to string }

// parcel is a message that is delayed.
type parcel struct {
	due     time.Time
	deliver func()
}

// loseFirst loses the first message for which like returns true, and counts all of them.
func (p *pods) loseFirst(like func(letter) bool) (seen *atomic.Int64) {
	seen = new(atomic.Int64)
	p.change(func() { p.lose = func(l letter) bool { return like(l) && seen.Add(1) == 1 } })
	return seen
}

// cable is the way from one pod to any other.
type cable struct {
	pods *pods
	from string
}

func (c *cable) SendUserMessage(pid *actor.PID, message any) {
	// A PID remembers the process that it was resolved to. Without a fresh PID the answers would
	// not come this way.
	if e, ok := message.(*actor.MessageEnvelope); ok && e.Sender != nil {
		message = &actor.MessageEnvelope{Header: e.Header, Message: e.Message, Sender: actor.NewPID(e.Sender.Address, e.Sender.Id)}
	}
	_, content, _ := actor.UnwrapEnvelope(message)
	if deliver := c.pods.take(letter{route{c.from, pid.Address}, pid, content}, message); deliver != nil {
		deliver()
	}
}

func (c *cable) SendSystemMessage(*actor.PID, any) {}
func (c *cable) Stop(*actor.PID)                   {}

// take returns a function that delivers a message; nil: the message is lost, or is delivered later
// by somebody else.
func (p *pods) take(l letter, message any) (deliver func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	at := func(address string) int {
		return slices.IndexFunc(p.members, func(m *testPod) bool { return m.address == address })
	}
	to := at(l.to)
	if to < 0 || at(l.from) < 0 || p.lose != nil && p.lose(l) { // a pod that is no member can't send either
		return nil
	}
	system, pid := p.members[to].system, actor.NewPID(l.to, l.pid.Id)
	deliver = func() { system.Root.Send(pid, message) }
	if p.delay == 0 {
		return deliver
	}
	p.link(l.route) <- parcel{time.Now().Add(p.delay), deliver}
	return nil
}

// link returns a slow way, made when it is first taken. p.mu must be held.
func (p *pods) link(r route) chan<- parcel {
	if p.slow == nil {
		p.slow = make(map[route]chan<- parcel)
	}
	if p.slow[r] == nil {
		link, done := make(chan parcel, 1<<16), make(chan struct{}) // more than any test sends
		p.slow[r] = link
		go func() {
			for {
				select {
				case next := <-link:
					time.Sleep(time.Until(next.due)) // the delay that is tested
					next.deliver()
				case <-done:
					return
				}
			}
		}()
		p.t.Cleanup(func() { close(done) })
	}
	return p.slow[r]
}
