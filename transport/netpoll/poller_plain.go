package netpoll

import (
	"sync"
	"time"
)

// plainPoller waits for sockets whose own goroutines report when they are ready.
type plainPoller struct {
	goroutines sync.WaitGroup // of the sockets
	timer      *time.Timer
	served     []*plainSocket // those of events
	events     []Event

	woken chan struct{} // holds one; never closed

	mu    sync.Mutex // taken with a socket's lock held
	ready []*plainSocket
}

func newPlainPoller() *plainPoller {
	return &plainPoller{woken: make(chan struct{}, 1), timer: time.NewTimer(0)}
}

func (p *plainPoller) Add(socket Socket, owner any, reads, writes bool) error {
	s := socket.(*plainSocket)
	s.owner, s.poller = owner, p
	s.reads, s.writes = reads, writes
	p.goroutines.Go(s.reader)
	p.goroutines.Go(s.writer)
	return nil
}

func (p *plainPoller) Watch(socket Socket, reads, writes bool) {
	s := socket.(*plainSocket)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reads, s.writes = reads, writes
	s.tell()
}

// Remove has nothing to do: a closed socket is ready for nothing.
func (p *plainPoller) Remove(Socket) {}

// push is called by sockets.
func (p *plainPoller) push(s *plainSocket) {
	p.mu.Lock()
	p.ready = append(p.ready, s)
	p.mu.Unlock()
	p.Wake()
}

func (p *plainPoller) Wait(deadline time.Time) []Event {
	// A socket stays ready until what it is ready for has been done.
	for _, s := range p.served {
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
	clear(p.served)
	p.events, p.served = p.events[:0], p.served[:0]
	for _, s := range ready {
		s.mu.Lock()
		s.queued = false
		if e := s.event(); e.Readable || e.Writable {
			p.events, p.served = append(p.events, e), append(p.served, s)
		}
		s.mu.Unlock()
	}
	return p.events
}

func (p *plainPoller) Wake() {
	select {
	case p.woken <- struct{}{}:
	default: // it is awake already
	}
}

func (p *plainPoller) Close() {
	p.timer.Stop()
	p.goroutines.Wait()
}
