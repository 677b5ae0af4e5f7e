package upgrade

import (
	"io"
	"net"
	"net/http"
	"net/netip"
	"sync"
)

// httpConn is a guest that was handed to net/http. Read first returns what greet had read.
type httpConn struct {
	net.Conn // guest.tcp, without the methods that would bypass Read
	acceptor *Acceptor
	guest    *guest

	mu     sync.Mutex // net/http reads on another goroutine while a request is served
	head   []byte     // what greet had read and Read has not returned yet
	bill   bill       // of the request's head
	asking bool       // the head of a request is expected or being received
}

func (c *httpConn) Read(p []byte) (n int, err error) {
	if n = c.readBefore(p); n == 0 {
		n, err = c.guest.tcp.Read(p)
	}
	if n > 0 && !c.affords(p[:n]) {
		c.acceptor.refuse(c.guest, tooBusy())
		c.acceptor.drainFrom(c.guest.tcp)
		return 0, io.EOF
	}
	return n, err
}

func (c *httpConn) readBefore(p []byte) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := copy(p, c.head)
	if c.head = c.head[n:]; len(c.head) == 0 {
		c.head = nil
	}
	return n
}

// affords reports whether there is memory for this part of a head. Handlers bound the bodies.
func (c *httpConn) affords(part []byte) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.asking || c.bill.add(part)
}

// now is told when net/http's state of the connection changes.
func (c *httpConn) now(state http.ConnState) {
	switch state {
	case http.StateActive: // the first byte of a request has come
		c.move(waiting)
	case http.StateIdle:
		c.settle(true)
		c.move(idle)
	}
}

// settle gives back the memory that a request's head took. asking is whether another head may come.
func (c *httpConn) settle(asking bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.bill.settle()
	c.asking = asking
}

func (c *httpConn) move(to phase) (refused bool) {
	evicted, refused := c.acceptor.places.move(c.guest, to)
	c.acceptor.evicted(evicted)
	return refused
}

// admitted reports whether a request whose head has been read is to be served.
func (c *httpConn) admitted(r *http.Request) bool {
	c.mu.Lock()
	c.asking = false // the rest is its body
	c.mu.Unlock()
	if isProbe(r.URL.Path) {
		c.move(served)
		return true
	}
	upgrades := r.URL.Path == wsPath && r.Method == http.MethodGet && r.Header.Get("Upgrade") != ""
	if refused := c.move(served); !refused && (!c.guest.spare || upgrades) {
		return true
	}
	c.acceptor.cfg.Counters.Refused.Add(refusedBusy)
	c.acceptor.cfg.Refusals.Note("connection refused", refusedBusy, "from", c.guest.from.String(), "why", tooBusy().text)
	return false
}

// RemoteAddr is the client's address as far as it is known without the request.
func (c *httpConn) RemoteAddr() net.Addr {
	return net.TCPAddrFromAddrPort(netip.AddrPortFrom(c.guest.from, 0))
}

// CloseWrite lets net/http close a connection without losing its last answer.
func (c *httpConn) CloseWrite() error { return c.guest.tcp.CloseWrite() }

func (c *httpConn) Close() error {
	c.leave()
	return c.guest.tcp.Close()
}

// release takes the connection away from net/http, and returns what Read has not returned of head.
func (c *httpConn) release() []byte {
	c.leave()
	return c.head
}

func (c *httpConn) leave() {
	c.settle(false)
	c.acceptor.places.leave(c.guest)
}
