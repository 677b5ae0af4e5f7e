package netpoll

import (
	"net"
	"slices"
	"sync"
)

// plainSocket is the portable socket: one goroutine waits in Read and one in Write, and
// what they have and want is exchanged under a lock.
type plainSocket struct {
	tcp *net.TCPConn

	// Set by plainPoller.Add.
	owner  any
	poller *plainPoller

	mu   sync.Mutex
	more sync.Cond // of mu; signalled when a goroutine may have something to do

	in    []byte // received and not yet taken; the reader waits until it is empty
	inErr error  // why nothing follows in; nil: more may come

	out     net.Buffers // being written
	writing bool
	outErr  error
	shut    bool // close the writing end after out
	closed  bool

	reads, writes bool // what the poller watches
	queued        bool // in plainPoller.ready
}

func newPlainSocket(tcp *net.TCPConn) *plainSocket {
	s := &plainSocket{tcp: tcp}
	s.more.L = &s.mu
	return s
}

func (s *plainSocket) Read(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case len(s.in) > 0:
	case s.inErr != nil:
		return 0, s.inErr
	case s.outErr != nil:
		return 0, s.outErr
	default:
		return 0, ErrWouldBlock
	}
	n := copy(p, s.in)
	s.in = s.in[n:]
	s.more.Broadcast()
	return n, nil
}

// Writev takes the whole vector, or nothing.
func (s *plainSocket) Writev(vector [][]byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.outErr != nil:
		return 0, s.outErr
	case s.writing:
		return 0, ErrWouldBlock
	}
	n := 0
	for _, b := range vector {
		n += len(b)
	}
	s.out, s.writing = slices.Clone(vector), true
	s.more.Broadcast()
	return n, nil
}

func (s *plainSocket) CloseWrite() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.shut = true
	s.more.Broadcast()
}

func (s *plainSocket) Close(abort bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	s.more.Broadcast()
	if abort {
		_ = s.tcp.SetLinger(0)
	}
	_ = s.tcp.Close() // ends Read and Write
}

// plainReadBuffer is what each connection's reader holds, in bytes.
const plainReadBuffer = 4 << 10

// reader is a goroutine, until the connection is lost or closed.
func (s *plainSocket) reader() {
	buffer := make([]byte, plainReadBuffer)
	for {
		n, err := s.tcp.Read(buffer)
		s.mu.Lock()
		s.in, s.inErr = buffer[:n], err
		s.tell()
		for len(s.in) > 0 && !s.closed {
			s.more.Wait()
		}
		closed := s.closed
		s.mu.Unlock()
		if err != nil || closed {
			return
		}
	}
}

// writer is a goroutine, until the connection is lost or closed.
func (s *plainSocket) writer() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for !s.closed && s.outErr == nil {
		switch {
		case s.writing:
			out := s.out
			s.mu.Unlock()
			_, err := out.WriteTo(s.tcp)
			s.mu.Lock()
			s.out, s.writing, s.outErr = nil, false, err
			s.tell()
		case s.shut:
			_ = s.tcp.CloseWrite() // if the connection is lost, reading fails too
			return
		default:
			s.more.Wait()
		}
	}
}

// tell reports the socket to the poller as ready, if it is ready for something that is watched.
// The caller holds mu.
func (s *plainSocket) tell() {
	if e := s.event(); (e.Readable || e.Writable) && !s.queued {
		s.queued = true
		s.poller.push(s)
	}
}

func (s *plainSocket) event() Event {
	lost := s.outErr != nil
	return Event{
		Owner:    s.owner,
		Readable: !s.closed && (s.reads && (len(s.in) > 0 || s.inErr != nil) || lost),
		Writable: !s.closed && s.writes && !s.writing,
	}
}
