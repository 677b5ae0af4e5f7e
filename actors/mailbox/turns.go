package mailbox

import (
	mathrand "math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/asynkron/protoactor-go/actor"
)

// Turns limits how many of a pod's actors do something costly at the same time. An actor asks for its
// turn, is sent the message granted, and ends its turn, or its wait for one, itself. A names an
// instance of an actor, since after a restart another has the same PID. Any goroutine may call it.
type Turns[A comparable] struct {
	root    *actor.RootContext
	atOnce  int
	granted any

	mu      sync.Mutex // guards:
	waiting []turn[A]
	taken   map[A]struct{}
}

type turn[A comparable] struct {
	of  A
	pid *actor.PID
}

// NewTurns lets atOnce actors have their turn at the same time. Each is sent granted when its turn comes.
func NewTurns[A comparable](root *actor.RootContext, atOnce int, granted any) *Turns[A] {
	return &Turns[A]{root: root, atOnce: atOnce, granted: granted, taken: make(map[A]struct{})}
}

// Acquire asks for a turn. It does nothing if the actor has one, or waits for one.
func (t *Turns[A]) Acquire(of A, pid *actor.PID) {
	t.mu.Lock()
	defer t.mu.Unlock()
	_, has := t.taken[of]
	if has || slices.ContainsFunc(t.waiting, func(w turn[A]) bool { return w.of == of }) {
		return
	}
	t.waiting = append(t.waiting, turn[A]{of, pid})
	t.next()
}

// Release ends an actor's turn, or its wait for one, so that others may have theirs.
func (t *Turns[A]) Release(of A) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.taken, of)
	t.waiting = slices.DeleteFunc(t.waiting, func(w turn[A]) bool { return w.of == of })
	t.next()
}

// next grants as many turns as are free. mu must be held.
func (t *Turns[A]) next() {
	for len(t.waiting) > 0 && len(t.taken) < t.atOnce {
		first := t.waiting[0]
		t.waiting = t.waiting[1:]
		t.taken[first.of] = struct{}{}
		t.root.Send(first.pid, t.granted)
	}
}

// Jitter spreads d by up to half of it, so that those who wait equally long don't come at the same
// time.
func Jitter(d time.Duration) time.Duration { return d/2 + mathrand.N(d) }
