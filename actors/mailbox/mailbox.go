// Package mailbox is what actors run on: where their messages wait, the goroutines on which they
// handle them, and the actor system. Proto.Actor's own mailbox takes more memory than the actor of a
// connection, and starts a goroutine for whatever comes to an idle one.
package mailbox

import (
	"runtime"
	"sync"

	"github.com/asynkron/protoactor-go/actor"
)

// Mailbox is an unbounded mailbox that takes 48 bytes while it is empty, where Proto.Actor's takes
// 376: the actor of a connection that only watches is mostly mailbox. Messages wait in queues,
// which are reused. The senders bound what a mailbox holds: see MaxUnhandled, Window and
// QueuePixels in package actors.
type Mailbox struct {
	Workers *Workers             // on which the actor handles its messages; set before use
	invoker actor.MessageInvoker // set before Start

	mu        sync.Mutex // guards:
	queues    *queues    // nil: none
	started   bool       // until then the actor may be sent messages by its name, but is not there
	running   bool       // a worker has it, or is about to
	suspended bool       // the actor has failed: only system messages are handled

	Patient bool // there may be thousands like it, so it waits while many workers are busy; set before use
}

// queues holds the messages that wait in one mailbox.
type queues struct{ system, user fifo }

// maxReusable is the most messages that queues may have room for to be reused. The room that a
// burst took, 4 MB in the mailbox of a busy relay, must not be kept for the next mailbox.
const maxReusable = 1024

// reusable reports whether queues that are empty may be reused.
func (q *queues) reusable() bool { return cap(q.system.items)+cap(q.user.items) <= maxReusable }

// batchSize is how many messages are handled before others get their turn on the core.
const batchSize = 300

func (m *Mailbox) RegisterHandlers(invoker actor.MessageInvoker, _ actor.Dispatcher) {
	m.invoker = invoker
}

// Start is called after the actor's first message has been posted. That is a system message, so it
// comes before everything that was sent by name.
func (m *Mailbox) Start() {
	m.mu.Lock()
	m.started = true
	begins := m.begin()
	m.mu.Unlock()
	if begins {
		m.Workers.start(m)
	}
}

func (m *Mailbox) PostUserMessage(message any)   { m.post(message, false) }
func (m *Mailbox) PostSystemMessage(message any) { m.post(message, true) }

func (m *Mailbox) post(message any, system bool) {
	m.mu.Lock()
	if m.queues == nil {
		m.queues = m.Workers.queues.Get().(*queues)
	}
	if system {
		m.queues.system.push(message)
	} else {
		m.queues.user.push(message)
	}
	begins := m.begin()
	m.mu.Unlock()
	if begins {
		m.Workers.start(m)
	}
}

// begin reports whether a worker must be started for what waits. mu must be held.
func (m *Mailbox) begin() bool {
	begins := m.started && !m.running && m.queues != nil
	m.running = m.running || begins
	return begins
}

// UserMessageCount is how many messages wait, not counting the system's.
func (m *Mailbox) UserMessageCount() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.queues == nil {
		return 0
	}
	return m.queues.user.len()
}

// process handles what waits, until nothing does. A worker calls it.
func (m *Mailbox) process() {
	for n := 1; ; n++ {
		message, system, ok := m.next()
		if !ok {
			return
		}
		m.handle(message, system)
		if n%batchSize == 0 {
			runtime.Gosched()
		}
	}
}

// next takes the next message. If there is none, the next message to arrive starts a worker again.
func (m *Mailbox) next() (message any, system, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	l := m.queues
	switch {
	case l == nil:
	case l.system.len() > 0:
		return l.system.pop(), true, true
	case l.user.len() == 0:
		m.queues = nil
		if l.reusable() {
			m.Workers.queues.Put(l)
		}
	case !m.suspended:
		return l.user.pop(), false, true
	}
	m.running = false
	return nil, false, false
}

// handle passes a message to the actor. If the actor panics, its supervisor is told.
func (m *Mailbox) handle(message any, system bool) {
	defer func() {
		if reason := recover(); reason != nil {
			m.invoker.EscalateFailure(reason, message)
		}
	}()
	if !system {
		m.invoker.InvokeUserMessage(message)
		return
	}
	switch message.(type) {
	case *actor.SuspendMailbox:
		m.suspend(true)
	case *actor.ResumeMailbox:
		m.suspend(false)
	default:
		m.invoker.InvokeSystemMessage(message)
	}
}

func (m *Mailbox) suspend(suspended bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.suspended = suspended
}

// fifo is a queue in a slice that is reused.
type fifo struct {
	items []any
	taken int // of items, from the front
}

func (f *fifo) len() int { return len(f.items) - f.taken }

func (f *fifo) push(item any) {
	if len(f.items) == cap(f.items) && f.taken > f.len() { // a queue that is never empty must not grow forever
		left := copy(f.items, f.items[f.taken:])
		clear(f.items[left:])
		f.items, f.taken = f.items[:left], 0
	}
	f.items = append(f.items, item)
}

func (f *fifo) pop() any {
	item := f.items[f.taken]
	f.items[f.taken] = nil
	if f.taken++; f.taken == len(f.items) {
		f.items, f.taken = f.items[:0], 0
	}
	return item
}
