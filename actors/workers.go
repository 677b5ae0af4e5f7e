package actors

import "sync"

// workers are the goroutines on which a pod's actors handle their messages: one for each
// mailbox with something in it. They live on, because the stack of a new goroutine has to
// grow first, which takes longer than most messages do.
type workers struct {
	letters sync.Pool // *letters: empty, on the way from one mailbox to the next

	mu     sync.Mutex // guards:
	idle   []*worker  // the last one used is the next
	closed bool

	all sync.WaitGroup
}

// worker is an idle goroutine. Whoever takes it from the idle ones sends it a mailbox, or
// nil: end.
type worker struct{ next chan *mailbox } // cap 1

// maxIdle bounds how many goroutines wait for work: more than actors that are busy at the
// same time on any pod, but for moments.
const maxIdle = 64

func newWorkers() *workers {
	return &workers{letters: sync.Pool{New: func() any { return new(letters) }}}
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
	w.all.Add(1)
	w.mu.Unlock()
	go w.work(m)
}

// work is a goroutine, until there are enough without it or close.
func (w *workers) work(m *mailbox) {
	defer w.all.Done()
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

// close ends the workers once they have nothing to do, and waits for that. A message that
// comes later (to an actor that has stopped, as a rule) is still handled.
func (w *workers) close() {
	w.mu.Lock()
	idle := w.idle
	w.idle, w.closed = nil, true
	w.mu.Unlock()
	for _, one := range idle {
		one.next <- nil
	}
	w.all.Wait()
}
