package actors

import (
	"slices"
	"sync"

	"github.com/asynkron/protoactor-go/actor"
)

// movesAtOnce bounds how many regions a pod takes over from other pods at the same time when nobody
// needs them urgently. A join moves a share of the canvas, and people wait for whatever is moving.
const movesAtOnce = 4

// handoffLimiter lets a pod's regions move a few at a time. A region asks for its turn, is sent
// handoffGranted, and ends its turn when it serves or is dormant. Any goroutine may call it.
type handoffLimiter struct {
	mu      sync.Mutex
	waiting []waitingRegion
	moving  map[*region]struct{}
	root    *actor.RootContext
}

type waitingRegion struct {
	region *region
	pid    *actor.PID
}

// handoffGranted tells a region that it may move now.
type handoffGranted struct{}

func newHandoffLimiter(root *actor.RootContext) *handoffLimiter {
	return &handoffLimiter{moving: make(map[*region]struct{}), root: root}
}

func (l *handoffLimiter) acquire(r *region, pid *actor.PID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, moving := l.moving[r]
	if moving || slices.ContainsFunc(l.waiting, func(w waitingRegion) bool { return w.region == r }) {
		return
	}
	l.waiting = append(l.waiting, waitingRegion{r, pid})
	l.next()
}

// release ends a region's turn, or its wait for one, so that others may move.
func (l *handoffLimiter) release(r *region) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.moving, r)
	l.waiting = slices.DeleteFunc(l.waiting, func(w waitingRegion) bool { return w.region == r })
	l.next()
}

func (l *handoffLimiter) next() {
	for len(l.waiting) > 0 && len(l.moving) < movesAtOnce {
		first := l.waiting[0]
		l.waiting = l.waiting[1:]
		l.moving[first.region] = struct{}{}
		l.root.Send(first.pid, handoffGranted{})
	}
}
