package mailbox

import (
	"sync"
	"time"
)

// Workers are the goroutines on which a pod's actors handle their messages: one for each mailbox
// with something in it. They are reused, because the stack of a new goroutine has to grow first,
// which takes longer than most messages do.
type Workers struct {
	queues sync.Pool // *queues, empty, on their way from one mailbox to the next

	mu     sync.Mutex // guards:
	idle   []*worker  // the last one used is the next
	count  int        // of all workers, busy ones included
	closed bool
	none   chan struct{} // made by Close, closed by the last worker as it ends; nil: Close does not wait
}

// worker is an idle goroutine. Whoever takes it from the idle ones sends it a mailbox, or nil to
// end it.
type worker struct{ next chan *Mailbox } // cap 1

// maxIdle bounds how many goroutines wait for work. Except for moments, no pod has that many actors
// busy at the same time.
const maxIdle = 64

// stuckAfter is how long Close waits. Handlers don't block: one that does has a fault, which must
// not keep the pod from ending.
const stuckAfter = 5 * time.Second

func NewWorkers() *Workers {
	return &Workers{queues: sync.Pool{New: func() any { return new(queues) }}}
}

// start makes a worker process a mailbox.
func (w *Workers) start(m *Mailbox) {
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

// work runs a worker until enough others are idle, or until Close.
func (w *Workers) work(m *Mailbox) {
	defer w.end()
	self := &worker{next: make(chan *Mailbox, 1)}
	for m != nil {
		m.process()
		if !w.rest(self) {
			return
		}
		m = <-self.next
	}
}

// rest adds a worker to the idle ones; false: it is not needed any more.
func (w *Workers) rest(one *worker) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed || len(w.idle) == maxIdle {
		return false
	}
	w.idle = append(w.idle, one)
	return true
}

// end takes a worker out of the count.
func (w *Workers) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.count--; w.count == 0 && w.none != nil {
		close(w.none)
		w.none = nil
	}
}

// Close ends the workers once they have nothing to do, and waits for that, but no longer than
// stuckAfter. It returns the number of workers that are still busy. A message that comes later
// (usually to an actor that has stopped) is still handled. Only one goroutine at a time may call
// it.
func (w *Workers) Close() (stuck int) {
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
