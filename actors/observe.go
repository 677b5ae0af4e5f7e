package actors

import (
	"sync"
	"sync/atomic"

	"github.com/asynkron/protoactor-go/actor"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/mailbox"
	"pixelplayground/actors/message"
)

// clockings is about how many messages of a kind are timed in a second: all of them when it is
// quiet, one in a stride when it is not. So the cost is bounded whatever the load: two readings of
// the clock take longer than handing over a message.
const clockings = 1000

// observer watches the actors of a pod at their mailboxes, for the inspector.
type observer struct {
	off     bool // nothing is watched, to measure what watching costs
	watches [message.KindCount]watch

	mu     sync.Mutex
	traces []*trace                 // of the actors that live as long as the pod, in the order of their start
	ours   map[canvas.RegionID]bool // regions claimed and not released: one that is claimed again has failed
}

func newObserver(stats *Stats, clock Clock) *observer {
	o := &observer{ours: make(map[canvas.RegionID]bool)}
	for _, k := range message.Kinds() {
		w := &o.watches[k]
		w.messages, w.clock = &stats.Messages[k], clock
		w.pace(0)
	}
	return o
}

// mailbox makes mailboxes that are observed. An actor with a name has a trace of its own. The rest,
// of which there may be many, have one only while somebody looks.
func (o *observer) mailbox(workers *mailbox.Workers, kind message.Kind, name string) actor.MailboxProducer {
	if o.off {
		return func() actor.Mailbox { return &mailbox.Mailbox{Workers: workers} }
	}
	return func() actor.Mailbox {
		m := &watched{Mailbox: mailbox.Mailbox{Workers: workers}, of: &o.watches[kind]}
		if name != "" {
			m.own = newTrace(kind, name, &m.Mailbox, m.of.clock.Now())
			o.mu.Lock()
			defer o.mu.Unlock()
			o.traces = append(o.traces, m.own)
		}
		return m
	}
}

func (o *observer) all() []*trace {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.traces[:len(o.traces):len(o.traces)]
}

// find returns the trace of an actor; nil: it has none.
func (o *observer) find(id string) *trace {
	for _, t := range o.all() {
		if t.id == id {
			return t
		}
	}
	return nil
}

// claimed notes a claim, and reports whether the pod had claimed the region before.
func (o *observer) claimed(id canvas.RegionID) (again bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	again, o.ours[id] = o.ours[id], true
	return again
}

func (o *observer) released(id canvas.RegionID) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.ours, id)
}

// watch is what is observed of one kind of actor, from all their goroutines.
type watch struct {
	clock    Clock
	messages *atomic.Int64 // handled, in Stats: without those that actors have handled within their current strides
	stride   atomic.Int64  // one in so many of an actor's messages is timed

	took   spread // handling one message, in nanoseconds
	behind spread // messages that waited behind the one handled
}

// pace sets the stride for a rate, in messages per second of all actors. The stride is odd: if two
// types of messages alternate, both are timed.
func (w *watch) pace(rate int64) { w.stride.Store(rate/clockings | 1) }

// watched is the mailbox of one actor, and hands it its messages. It adds a comparison to most
// messages, and 48 bytes to every connection.
type watched struct {
	mailbox.Mailbox
	of *watch

	// Used only by the actor's worker once the actor has started.
	invoker actor.MessageInvoker
	own     *trace // nil: none
	count   uint32 // messages since the last that was timed
	every   bool   // somebody looks: all messages are timed
}

func (m *watched) RegisterHandlers(invoker actor.MessageInvoker, dispatcher actor.Dispatcher) {
	m.invoker = invoker
	m.Mailbox.RegisterHandlers(m, dispatcher)
}

func (m *watched) InvokeSystemMessage(message any) {
	if _, ends := message.(*actor.Stop); ends {
		m.of.messages.Add(int64(m.count))
		m.count = 0
	}
	m.invoker.InvokeSystemMessage(message)
}

func (m *watched) EscalateFailure(reason, message any) {
	if m.own != nil {
		m.own.fail()
	}
	m.invoker.EscalateFailure(reason, message)
}

func (m *watched) InvokeUserMessage(message any) {
	m.count++
	if int64(m.count) < m.of.stride.Load() && !m.every && describeIn(message) == nil {
		m.invoker.InvokeUserMessage(message)
		return
	}
	handled := m.count
	m.of.messages.Add(int64(handled))
	m.count = 0
	if l := describeIn(message); l != nil {
		m.describe(l)
		m.invoker.InvokeUserMessage(message)
		return
	}
	m.time(handled, message)
}

// time hands a message over and reads the clock before and after.
func (m *watched) time(handled uint32, message any) {
	behind := m.UserMessageCount()
	began := m.of.clock.Now()
	own := m.own
	if own != nil {
		own.begin(message, began)
	}
	m.invoker.InvokeUserMessage(message)
	ended := m.of.clock.Now()
	m.of.took.add(int64(ended.Sub(began)))
	m.of.behind.add(int64(behind))
	if own == nil {
		return
	}
	if m.every = own.end(handled, ended); !m.every && !own.lasting {
		m.own = nil
	}
}
