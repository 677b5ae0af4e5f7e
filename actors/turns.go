package actors

import (
	"slices"
	"sync"

	"github.com/asynkron/protoactor-go/actor"
)

// turns lets a few of a pod's actors at a time do what is much work for others. An actor asks for its
// turn, is sent the message granted, and ends its turn, or its wait for one, itself. A names an
// instance of an actor, since after a restart another has the same PID. Any goroutine may call it.
type turns[A comparable] struct {
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

func newTurns[A comparable](root *actor.RootContext, atOnce int, granted any) *turns[A] {
	return &turns[A]{root: root, atOnce: atOnce, granted: granted, taken: make(map[A]struct{})}
}

func (t *turns[A]) acquire(of A, pid *actor.PID) {
	t.mu.Lock()
	defer t.mu.Unlock()
	_, has := t.taken[of]
	if has || slices.ContainsFunc(t.waiting, func(w turn[A]) bool { return w.of == of }) {
		return
	}
	t.waiting = append(t.waiting, turn[A]{of, pid})
	t.next()
}

// release ends an actor's turn, or its wait for one, so that others may have theirs.
func (t *turns[A]) release(of A) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.taken, of)
	t.waiting = slices.DeleteFunc(t.waiting, func(w turn[A]) bool { return w.of == of })
	t.next()
}

// next grants as many turns as are free. mu must be held.
func (t *turns[A]) next() {
	for len(t.waiting) > 0 && len(t.taken) < t.atOnce {
		first := t.waiting[0]
		t.waiting = t.waiting[1:]
		t.taken[first.of] = struct{}{}
		t.root.Send(first.pid, t.granted)
	}
}
