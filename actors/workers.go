package actors

import (
	"sync"
	"time"
)

// workers are the goroutines on which a pod's actors handle their messages: one for each
// mailbox with something in it. They live on, because the stack of a new goroutine has to
// grow first, which takes longer than most messages do.
type workers struct {
	queues sync.Pool // *queues: empty, on the way from one mailbox to the next

	mu     sync.Mutex // guards:
	idle   []*worker  // the last one used is the next
	count  int        // of all, also those at work
	closed bool
	none   chan struct{} // made by close, closed by the last one as it ends; nil: close does not wait
}

// worker is an idle goroutine. Whoever takes it from the idle ones sends it a mailbox, or
// nil: end.
type worker struct{ next chan *mailbox } // cap 1

// maxIdle bounds how many goroutines wait for work: more than actors that are busy at the
// same time on any pod, but for moments.
const maxIdle = 64

// stuckAfter is how long close waits. Handlers don't block: one that does has a fault, for
// which a pod must not fail to end.
const stuckAfter = 5 * time.Second

func newWorkers() *workers {
	return &workers{queues: sync.Pool{New: func() any { return new(queues) }}}
}

// start has a mailbox processed.
func (w *workers) start(m *mailbox) {
	w.mu.Lock()
	if n := len(w.idle); n > 0 {
		one := w.idle[n-1]
		w.idle = w.idle[:n-1]
		w.mu.Unlock()
		one.next <- m
		return
	}
	w.count++
	w.mu.Unlock()
	go w.work(m)
}

// work is a goroutine, until there are enough without it or close.
func (w *workers) work(m *mailbox) {
	defer w.end()
	self := &worker{next: make(chan *mailbox, 1)}
	for m != nil {
		m.process()
		if !w.rest(self) {
			return
		}
		m = <-self.next
	}
}

// rest puts a worker to the idle ones, unless it is not needed any more.
func (w *workers) rest(one *worker) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed || len(w.idle) == maxIdle {
		return false
	}
	w.idle = append(w.idle, one)
	return true
}

// end takes a worker out of the count.
func (w *workers) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.count--; w.count == 0 && w.none != nil {
		close(w.none)
		w.none = nil
	}
}

// close ends the workers once they have nothing to do, and waits for that; but not longer
// than stuckAfter, and gives the number of those that are still at it. A message that comes
// later (to an actor that has stopped, as a rule) is still handled. One goroutine at a time
// may call it.
func (w *workers) close() (stuck int) {
	w.mu.Lock()
	idle, none := w.idle, make(chan struct{})
	w.idle, w.closed, w.none = nil, true, none
	if w.count == 0 {
		w.none = nil
		close(none)
	}
	w.mu.Unlock()
	for _, one := range idle {
		one.next <- nil
	}
	late := time.NewTimer(stuckAfter)
	defer late.Stop()
	select {
	case <-none:
	case <-late.C:
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.none = nil
	return w.count
}
