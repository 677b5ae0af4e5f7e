package transport

import (
	"sync"
	"time"
)

// plainPoller waits for sockets whose own goroutines report when they are ready.
type plainPoller struct {
	goroutines sync.WaitGroup // of the sockets
	timer      *time.Timer
	events     []event

	woken chan struct{} // holds one; never closed

	mu    sync.Mutex // taken with a socket's lock held
	ready []*plainSocket
}

func newPlainPoller() *plainPoller {
	return &plainPoller{woken: make(chan struct{}, 1), timer: time.NewTimer(0)}
}

func (p *plainPoller) add(c *conn) error {
	s := c.socket.(*plainSocket)
	s.conn, s.poller = c, p
	s.reads, s.writes = c.reads, c.writes
	p.goroutines.Go(s.reader)
	p.goroutines.Go(s.writer)
	return nil
}

func (p *plainPoller) watch(c *conn) {
	s := c.socket.(*plainSocket)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reads, s.writes = c.reads, c.writes
	s.tell()
}

// remove has nothing to do: a closed socket is ready for nothing.
func (p *plainPoller) remove(*conn) {}

// push is called by sockets.
func (p *plainPoller) push(s *plainSocket) {
	p.mu.Lock()
	p.ready = append(p.ready, s)
	p.mu.Unlock()
	p.wake()
}

func (p *plainPoller) wait(deadline time.Time) []event {
	// A socket stays ready until what it is ready for has been done.
	for _, e := range p.events {
		s := e.conn.socket.(*plainSocket)
		s.mu.Lock()
		s.tell()
		s.mu.Unlock()
	}
	p.timer.Reset(time.Until(deadline))
	select {
	case <-p.woken:
	case <-p.timer.C:
	}
	p.mu.Lock()
	ready := p.ready
	p.ready = nil
	p.mu.Unlock()

	clear(p.events)
	p.events = p.events[:0]
	for _, s := range ready {
		s.mu.Lock()
		s.queued = false
		if e := s.event(); e.readable || e.writable {
			p.events = append(p.events, e)
		}
		s.mu.Unlock()
	}
	return p.events
}

func (p *plainPoller) wake() {
	select {
	case p.woken <- struct{}{}:
	default: // it is awake already
	}
}

func (p *plainPoller) close() {
	p.timer.Stop()
	p.goroutines.Wait()
}
