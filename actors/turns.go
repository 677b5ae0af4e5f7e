package actors

import (
	"slices"
	"sync"

	"github.com/asynkron/protoactor-go/actor"
)

// movesAtOnce bounds how many regions a pod takes over from other pods at the same time
// when nobody needs them urgently: a join moves a share of the canvas, and what is in
// motion is what people wait for.
const movesAtOnce = 4

// turns lets a pod's regions move a few at a time. A region wants its turn, is sent turn,
// and is done when the region serves or rests. Any goroutine may call.
type turns struct {
	mu      sync.Mutex
	waiting []waitingRegion
	moving  map[*region]struct{}
	root    *actor.RootContext
}

type waitingRegion struct {
	region *region
	pid    *actor.PID
}

// turn tells a region that it may move now.
type turn struct{}

func newTurns(root *actor.RootContext) *turns {
	return &turns{moving: make(map[*region]struct{}), root: root}
}

func (t *turns) want(r *region, pid *actor.PID) {
	t.mu.Lock()
	defer t.mu.Unlock()
	_, moving := t.moving[r]
	if moving || slices.ContainsFunc(t.waiting, func(w waitingRegion) bool { return w.region == r }) {
		return
	}
	t.waiting = append(t.waiting, waitingRegion{r, pid})
	t.next()
}

// done ends a region's turn, or its wait for one; others may go.
func (t *turns) done(r *region) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.moving, r)
	t.waiting = slices.DeleteFunc(t.waiting, func(w waitingRegion) bool { return w.region == r })
	t.next()
}

func (t *turns) next() {
	for len(t.waiting) > 0 && len(t.moving) < movesAtOnce {
		first := t.waiting[0]
		t.waiting = t.waiting[1:]
		t.moving[first.region] = struct{}{}
		t.root.Send(first.pid, turn{})
	}
}
