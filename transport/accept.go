package transport

import (
	"bytes"
	"errors"
	"net"
	"sync"
	"time"
)

// maxHandshakes bounds the connections whose request is being read, at 8 KiB each. As
// many that send nothing keep it full for Config.HandshakeTimeout; whoever comes
// meanwhile is told at once to try again.
const maxHandshakes = 4096

// handshakes are the connections that have not sent a whole request yet.
type handshakes struct {
	heads sync.Pool // of *[maxHead]byte

	mu      sync.Mutex
	conns   map[*net.TCPConn]struct{}
	aborted bool
}

func newHandshakes() handshakes {
	return handshakes{
		heads: sync.Pool{New: func() any { return new([maxHead]byte) }},
		conns: make(map[*net.TCPConn]struct{}),
	}
}

// begin tells whether there is room for one more.
func (h *handshakes) begin(c *net.TCPConn) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.aborted || len(h.conns) >= maxHandshakes {
		return false
	}
	h.conns[c] = struct{}{}
	return true
}

func (h *handshakes) end(c *net.TCPConn) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.conns, c)
}

// abort breaks all off.
func (h *handshakes) abort() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.aborted = true
	for c := range h.conns {
		_ = c.Close() // its goroutine sees the error
	}
}

// accept is a goroutine, until the listener is closed. Every connection is greeted by a
// goroutine of its own, so that one that sends slowly holds up nobody.
func (s *Server) accept() {
	pause := time.Duration(0)
	for {
		c, err := s.listener.AcceptTCP()
		switch {
		case err == nil:
			pause = 0
			s.counters.Accepted.Add(1)
			s.admit(c)
		case errors.Is(err, net.ErrClosed):
			return
		default: // out of descriptors, as a rule: wait for some to be closed
			pause = min(max(2*pause, 5*time.Millisecond), time.Second)
			s.cfg.Log.Warn("accept failed", "err", err, "pause", pause)
			time.Sleep(pause)
		}
	}
}

func (s *Server) admit(c *net.TCPConn) {
	if !s.handshakes.begin(c) {
		s.counters.Refused.add(refusedBusy)
		turnAway(c, "503 Service Unavailable", "Retry-After: 1\r\n")
		return
	}
	s.work.Go(func() {
		defer s.handshakes.end(c)
		s.greet(c)
	})
}

// turnAway answers without having read: a small answer always fits the socket's buffer.
func turnAway(c *net.TCPConn, status, headers string) {
	_, _ = c.Write([]byte("HTTP/1.1 " + status + "\r\n" + headers + "Content-Length: 0\r\nConnection: close\r\n\r\n"))
	_ = c.CloseWrite()
	_ = c.Close()
}

// maxHead bounds the head of a WebSocket's request, in bytes: what common proxies allow.
const maxHead = 8 << 10

// wsPath is where the WebSockets are.
const wsPath = "/ws"

// greet reads a connection's first request and hands it to whom it is for.
func (s *Server) greet(c *net.TCPConn) {
	_ = c.SetDeadline(time.Now().Add(s.cfg.HandshakeTimeout))
	buffer := s.handshakes.heads.Get().(*[maxHead]byte)
	defer s.handshakes.heads.Put(buffer)

	n := 0
	for {
		if !maybeOurs(buffer[:n]) {
			s.handover.offer(c, buffer[:n])
			return
		}
		if end := headEnd(buffer[:n]); end > 0 {
			if wantsUpgrade(buffer[:end]) {
				s.upgrade(c, buffer[:end], buffer[end:n])
			} else {
				s.handover.offer(c, buffer[:n])
			}
			return
		}
		if n == len(buffer) {
			s.counters.Refused.add(refusedMalformed)
			turnAway(c, "431 Request Header Fields Too Large", "")
			return
		}
		m, err := c.Read(buffer[n:])
		if n += m; err != nil {
			s.counters.Refused.add(refusedLost)
			_ = c.Close()
			return
		}
	}
}

// maybeOurs tells whether what begins like this may be a request for wsPath. Everything
// else is for net/http at once, which is better at it.
func maybeOurs(b []byte) bool {
	const ours = "GET " + wsPath
	n := min(len(b), len(ours))
	if string(b[:n]) != ours[:n] {
		return false
	}
	return len(b) <= len(ours) || b[len(ours)] == ' ' || b[len(ours)] == '?'
}

// headEnd finds the end of the request's head; 0: it has not come. Looking from the start
// every time costs a client that sends single bytes 8,192 packets to make us look at 32 MB.
func headEnd(b []byte) int {
	const blank = "\r\n\r\n"
	if i := bytes.Index(b, []byte(blank)); i >= 0 {
		return i + len(blank)
	}
	return 0
}

// wantsUpgrade looks for "Upgrade: websocket" in a request's head.
func wantsUpgrade(head []byte) bool {
	for line := range bytes.Lines(head) {
		name, value, ok := bytes.Cut(line, []byte(":"))
		if ok && bytes.EqualFold(name, []byte("Upgrade")) && bytes.EqualFold(bytes.TrimSpace(value), []byte("websocket")) {
			return true
		}
	}
	return false
}
