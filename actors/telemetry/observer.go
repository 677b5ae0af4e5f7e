// Package telemetry is what a pod's actors can be asked about themselves: what they count, how long
// their messages take and wait, what they did last, and what happened to the pod. It watches actors
// from their mailboxes, so that they need not help. The inspector of package actors answers with it.
package telemetry

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/mailbox"
	"pixelplayground/actors/message"
)

// clockings is about how many messages of a kind are timed in a second: all of them when it is
// quiet, one in a stride when it is not. So the cost is bounded whatever the load: two readings of
// the clock take longer than handing over a message.
const clockings = 1000

// Observer watches the actors of a pod at their mailboxes, for the inspector.
type Observer struct {
	watches [message.KindCount]watch

	mu     sync.Mutex
	traces []*Trace                 // of the actors that live as long as the pod, in the order of their start
	ours   map[canvas.RegionID]bool // regions claimed and not released: one that is claimed again has failed
}

// NewObserver makes an observer that counts messages in stats.
func NewObserver(stats *Stats, now func() time.Time) *Observer {
	o := &Observer{ours: make(map[canvas.RegionID]bool)}
	for _, k := range message.Kinds() {
		w := &o.watches[k]
		w.messages, w.now = &stats.Messages[k], now
		w.pace(0)
	}
	return o
}

// Mailbox makes mailboxes that are observed. An actor with a name has a trace of its own. The rest,
// of which there may be many, have one only while somebody looks, and are patient.
func (o *Observer) Mailbox(workers *mailbox.Workers, kind message.Kind, name string) actor.MailboxProducer {
	return func() actor.Mailbox {
		m := &watched{Mailbox: mailbox.Mailbox{Workers: workers, Patient: name == ""}, of: &o.watches[kind]}
		if name != "" {
			m.own = newTrace(kind, name, &m.Mailbox, m.of.now())
			o.mu.Lock()
			defer o.mu.Unlock()
			o.traces = append(o.traces, m.own)
		}
		return m
	}
}

// Traces returns the traces of the actors that live as long as the pod.
func (o *Observer) Traces() []*Trace {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.traces[:len(o.traces):len(o.traces)]
}

// Find returns the trace of an actor; nil: it has none.
func (o *Observer) Find(id string) *Trace {
	for _, t := range o.Traces() {
		if t.ID == id {
			return t
		}
	}
	return nil
}

// Advance ends a second: what is older than two Spans is forgotten.
func (o *Observer) Advance(now time.Time) {
	for k := range o.watches {
		o.watches[k].took.advance(now)
		o.watches[k].behind.advance(now)
	}
	for _, t := range o.Traces() {
		t.mark()
	}
}

// Pace sets how many messages of a kind are timed, for a rate in messages per second of all actors.
func (o *Observer) Pace(kind message.Kind, rate int64) { o.watches[kind].pace(rate) }

// Complete adds to the reports of all kinds what was observed lately.
func (o *Observer) Complete(reports []message.KindReport) {
	var deepest [message.KindCount]int // mailbox now, among the actors that have a trace
	for _, t := range o.Traces() {
		deepest[t.Kind] = max(deepest[t.Kind], t.Waiting())
	}
	for k := range reports {
		w, r := &o.watches[k], &reports[k]
		r.Deepest, r.DeepestP99 = max(int(w.behind.quantile(1)), deepest[k]), int(w.behind.quantile(0.99))
		r.Took = w.took.durations()
	}
}

// Claimed notes a claim, and reports whether the pod had claimed the region before.
func (o *Observer) Claimed(id canvas.RegionID) (again bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	again, o.ours[id] = o.ours[id], true
	return again
}

// Released notes that the pod has the region no longer.
func (o *Observer) Released(id canvas.RegionID) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.ours, id)
}

// watch is what is observed of one kind of actor, from all their goroutines.
type watch struct {
	now      func() time.Time
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
	own     *Trace // nil: none
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
	began := m.of.now()
	own := m.own
	if own != nil {
		own.begin(message, began)
	}
	m.invoker.InvokeUserMessage(message)
	ended := m.of.now()
	m.of.took.add(int64(ended.Sub(began)))
	m.of.behind.add(int64(behind))
	if own == nil {
		return
	}
	if m.every = own.end(handled, ended); !m.every && !own.lasting {
		m.own = nil
	}
}
