package allowances

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// given keeps in the store until when this canvas may give pixels out of allowances that are in
// memory alone. After a loss of all pods that is the floor. Any goroutine may use it.
type given struct {
	pod   *Pod
	until atomic.Int64 // Unix nanoseconds; what is given out until then is covered

	mu      sync.Mutex
	writing bool
	waiting []func(error)
}

const (
	// givenAhead is how far ahead the store is told, and givenEarly how long before the end it is told
	// again: once in 2 s while pixels are given out.
	givenAhead = 4 * time.Second
	givenEarly = 2 * time.Second
	// givenSkew is what the document says beyond that, for clocks of pods that differ: the last to
	// write it is not always the one furthest ahead.
	givenSkew = time.Second
)

// covers reports whether pixels may be given out now.
func (g *given) covers(now time.Time) bool {
	if g.pod.Documents == nil {
		return true
	}
	until := g.until.Load()
	if until-now.UnixNano() < int64(givenEarly) {
		g.extend(nil)
	}
	return now.UnixNano() < until
}

// extend tells the store. then, if there is one, is told whether the store knows.
func (g *given) extend(then func(error)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if then != nil {
		g.waiting = append(g.waiting, then)
	}
	if g.writing {
		return
	}
	g.writing = true
	g.pod.Background(func(ctx context.Context) {
		until := g.pod.Now().Add(givenAhead)
		value := appendNumber([]byte{givenUntil}, uint64(until.Add(givenSkew).UnixNano()))
		err := g.pod.records.PutDocument(ctx, kindFast, givenID, value, time.Time{})
		g.mu.Lock()
		defer g.mu.Unlock()
		g.writing = false
		if err == nil {
			g.until.Store(until.UnixNano())
		}
		for _, then := range g.waiting {
			then(err)
		}
		g.waiting = nil
	})
}
