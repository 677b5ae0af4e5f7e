package actors

import (
	"pixelplayground/actors/mailbox"
	"pixelplayground/actors/message"
	"reflect"
	"strings"
	"sync"
	"time"

	"github.com/asynkron/protoactor-go/actor"
)

const (
	// traced is how many messages a trace remembers.
	traced = 20
	// lookedFor is how long after a look every message is noted: whoever looks, looks again.
	lookedFor = 10 * time.Second
)

// trace is what is known of a single actor from outside, so that even a stuck actor can be looked
// at. It never holds a message, only its type.
type trace struct {
	id      string
	kind    message.Kind
	mailbox *mailbox.Mailbox // for its length
	started time.Time
	lasting bool // kept when nobody looks

	mu      sync.Mutex // guards:
	handled int64
	marks   [spanSeconds + 1]int64
	last    []Handled // ring of those timed
	next    int       // index in last
	until   time.Time // when the look ends
	running bool      // the last message is still being handled
}

// Handled is one message that an actor has handled.
type Handled struct {
	Type string
	At   time.Time
	Took time.Duration // so far, if it is still being handled
}

func newTrace(kind message.Kind, id string, mailbox *mailbox.Mailbox, now time.Time) *trace {
	return &trace{id: id, kind: kind, mailbox: mailbox, started: now, lasting: true}
}

func (t *trace) begin(message any, now time.Time) {
	if envelope, ok := message.(*actor.MessageEnvelope); ok {
		message = envelope.Message
	}
	h := Handled{Type: typeOf(message), At: now}
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
func (t *trace) end(handled uint32, now time.Time) (looked bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.handled += int64(handled)
	h := &t.last[(t.next+traced-1)%traced]
	h.Took, t.running = now.Sub(h.At), false
	return now.Before(t.until)
}

// fail notes that the actor failed on the message it was handling.
func (t *trace) fail() {
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

// history returns the remembered messages, oldest first.
func (t *trace) history(now time.Time) []Handled {
	t.mu.Lock()
	defer t.mu.Unlock()
	var list []Handled
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
	return list
}

// describe makes the trace note all messages for a while.
func (t *trace) describe(now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.until = now.Add(lookedFor)
}

// mark ends a second of the count.
func (t *trace) mark() {
	t.mu.Lock()
	defer t.mu.Unlock()
	copy(t.marks[1:], t.marks[:])
	t.marks[0] = t.handled
}

// span returns how many messages were handled in the last Span.
func (t *trace) span() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return int(t.marks[0] - t.marks[spanSeconds])
}
