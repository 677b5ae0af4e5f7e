package mailbox

import (
	"runtime"
	"sync"
	"time"
)

// Workers are the goroutines on which a pod's actors handle their messages: one for each mailbox
// with something in it. They are reused, because the stack of a new goroutine has to grow first,
// which takes longer than most messages do. A commit may be news for a thousand actors at once: the
// mailboxes of such actors are patient, and wait for a worker when many are busy.
type Workers struct {
	queues sync.Pool // *queues, empty, on their way from one mailbox to the next
	many   int       // patient mailboxes wait while more workers than this are busy

	mu     sync.Mutex // guards:
	idle   []*worker  // the last one used is the next
	ready  fifo       // patient mailboxes (*Mailbox) that wait for the next free worker
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

// manyPerProc is how many workers for each processor keep it busy, even if some wait for a lock.
const manyPerProc = 4

// stuckAfter is how long Close waits. Handlers don't block: one that does has a fault, which must
// not keep the pod from ending.
const stuckAfter = 5 * time.Second

func NewWorkers() *Workers {
	return &Workers{queues: sync.Pool{New: func() any { return new(queues) }}, many: manyPerProc * runtime.GOMAXPROCS(0)}
}

// start makes a worker process a mailbox.
func (w *Workers) start(m *Mailbox) {
	w.mu.Lock()
	n := len(w.idle)
	if m.Patient && w.count-n >= w.many {
		w.ready.push(m)
		w.mu.Unlock()
		return
	}
	if n > 0 {
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

// turnsAtOnce is how many mailboxes a worker handles before others get their turn on the core.
const turnsAtOnce = 16

// work runs a worker until enough others are idle, or until Close.
func (w *Workers) work(m *Mailbox) {
	defer w.end()
	self := &worker{next: make(chan *Mailbox, 1)}
	for n := 1; m != nil; n++ {
		m.process()
		if n%turnsAtOnce == 0 {
			runtime.Gosched()
		}
		m = w.next(self)
	}
}

// next returns the mailbox that a worker handles next, and waits for it if need be; nil: the worker is
// not needed any more.
func (w *Workers) next(one *worker) *Mailbox {
	w.mu.Lock()
	switch {
	case w.ready.len() > 0:
		defer w.mu.Unlock()
		return w.ready.pop().(*Mailbox)
	case w.closed || len(w.idle) == maxIdle:
		w.mu.Unlock()
		return nil
	}
	w.idle = append(w.idle, one)
	w.mu.Unlock()
	return <-one.next
}

// end takes a worker out of the count, unless a mailbox has come to wait since it was told to end.
func (w *Workers) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ready.len() > 0 {
		go w.work(w.ready.pop().(*Mailbox))
		return
	}
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
