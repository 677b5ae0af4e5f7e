package telemetry

import (
	"reflect"
	"strings"
	"sync"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"pixelplayground/actors/mailbox"
	"pixelplayground/actors/message"
)

const (
	// traced is how many messages a trace remembers.
	traced = 20
	// lookedFor is how long after a look every message is noted: whoever looks, looks again.
	lookedFor = 10 * time.Second
)

// Trace is what is known of a single actor from outside, so that even a stuck actor can be looked
// at. It never holds a message, only its type.
type Trace struct {
	ID      string
	Kind    message.Kind
	Started time.Time
	mailbox *mailbox.Mailbox // for its length
	lasting bool             // kept when nobody looks

	mu      sync.Mutex // guards:
	count   int64      // of messages handled
	marks   [spanSeconds + 1]int64
	last    []handled // ring of those timed
	next    int       // index in last
	until   time.Time // when the look ends
	running bool      // the last message is still being handled
}

// handled is one message that an actor has handled.
type handled struct {
	Type string
	At   time.Time
	Took time.Duration // so far, if it is still being handled
}

func newTrace(kind message.Kind, id string, mailbox *mailbox.Mailbox, now time.Time) *Trace {
	return &Trace{ID: id, Kind: kind, Started: now, mailbox: mailbox, lasting: true}
}

func (t *Trace) begin(message any, now time.Time) {
	if envelope, ok := message.(*actor.MessageEnvelope); ok {
		message = envelope.Message
	}
	h := handled{Type: typeOf(message), At: now}
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.last) < traced {
		t.last = append(t.last, h)
	} else {
		t.last[t.next] = h
	}
	t.next = (t.next + 1) % traced
	t.running = true
}

// end notes that the message begun has been handled, and how many messages have been since the last
// end. It reports whether somebody looks.
func (t *Trace) end(n uint32, now time.Time) (looked bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.count += int64(n)
	h := &t.last[(t.next+traced-1)%traced]
	h.Took, t.running = now.Sub(h.At), false
	return now.Before(t.until)
}

// fail notes that the actor failed on the message it was handling.
func (t *Trace) fail() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.running = false
}

// typeOf names a message's type without its package.
func typeOf(message any) string {
	if message == nil {
		return "nil"
	}
	name := reflect.TypeOf(message).String()
	return name[strings.LastIndexByte(name, '.')+1:]
}

// History returns the remembered messages, oldest first.
func (t *Trace) History(now time.Time) (reports []message.HandledReport) {
	t.mu.Lock()
	defer t.mu.Unlock()
	var list []handled
	if len(t.last) == traced {
		list = append(list, t.last[t.next:]...)
		list = append(list, t.last[:t.next]...)
	} else {
		list = append(list, t.last...)
	}
	if t.running {
		h := &list[len(list)-1]
		h.Took = now.Sub(h.At)
	}
	for _, h := range list {
		reports = append(reports, message.HandledReport{Type: h.Type, At: h.At.UnixMilli(), Took: h.Took})
	}
	return reports
}

// describe makes the trace note all messages for a while.
func (t *Trace) describe(now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.until = now.Add(lookedFor)
}

// mark ends a second of the count.
func (t *Trace) mark() {
	t.mu.Lock()
	defer t.mu.Unlock()
	copy(t.marks[1:], t.marks[:])
	t.marks[0] = t.count
}

// Lately returns how many messages were handled in the last Span.
func (t *Trace) Lately() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return int(t.marks[0] - t.marks[spanSeconds])
}

// Waiting returns how many messages wait in the actor's mailbox.
func (t *Trace) Waiting() int { return t.mailbox.UserMessageCount() }
