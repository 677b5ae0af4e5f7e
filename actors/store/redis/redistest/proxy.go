package redistest

import (
	"net"
	"sync"
	"testing"
	"time"
)

// Proxy is the connection from one client to a Redis; a test can cut it. Any goroutine may call its
// methods.
type Proxy struct {
	Addr string // 127.0.0.1:port
	work sync.WaitGroup

	mu       sync.Mutex // guards:
	to       string
	listener net.Listener
	conns    map[net.Conn]struct{} // both ends of each
	swallows Way
	age      int        // of connections that are made now; those of an earlier age are forsaken
	moved    *sync.Cond // one of these has changed, or closed
	closed   bool
}

// Way says which bytes a proxy swallows. It passes them on when it stops swallowing.
type Way int

// The ways.
const (
	Neither Way = iota
	Answers     // Redis gets what is asked, and does it
	Both
)

// NewProxy makes a proxy that leads to an address until the test ends.
func NewProxy(t testing.TB, to string) *Proxy {
	t.Helper()
	p := &Proxy{to: to, conns: make(map[net.Conn]struct{})}
	p.moved = sync.NewCond(&p.mu)
	if err := p.listen("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	p.Addr = p.listener.Addr().String()
	t.Cleanup(func() {
		p.mu.Lock()
		p.closed = true
		p.moved.Broadcast()
		p.mu.Unlock()
		p.Refuse()
		p.work.Wait()
	})
	return p
}

// URL is the URL of the Redis by way of the proxy.
func (p *Proxy) URL() string { return "redis://" + p.Addr }

func (p *Proxy) listen(at string) error {
	l, err := net.Listen("tcp", at)
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.listener = l
	p.work.Go(func() {
		for {
			from, err := l.Accept()
			if err != nil {
				return
			}
			p.work.Go(func() { p.forward(from) })
		}
	})
	return nil
}

// Refuse closes all connections and accepts no more.
func (p *Proxy) Refuse() {
	p.mu.Lock()
	defer p.mu.Unlock()
	_ = p.listener.Close()
	for c := range p.conns {
		_ = c.Close()
	}
}

// Accept ends Refuse.
func (p *Proxy) Accept(t testing.TB) {
	t.Helper()
	var err error
	for range 100 { // somebody else may have the port for a moment, as the end of a connection of its own
		if err = p.listen(p.Addr); err == nil {
			return
		}
		time.Sleep(20 * time.Millisecond) // between tries
	}
	t.Fatal(err)
}

// Lead has new connections lead to another address.
func (p *Proxy) Lead(to string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.to = to
}

// Swallow stops passing bytes one way, or passes all again.
func (p *Proxy) Swallow(way Way) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.swallows = way
	p.moved.Broadcast()
}

// Forsake leaves the existing connections silent for ever, as when a router on the way has
// forgotten them. New ones are not affected.
func (p *Proxy) Forsake() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.age++
	p.moved.Broadcast()
}

func (p *Proxy) forward(from net.Conn) {
	p.mu.Lock()
	age, address := p.age, p.to
	p.mu.Unlock()
	to, err := net.Dial("tcp", address)
	if err != nil {
		_ = from.Close()
		return
	}
	p.mu.Lock()
	p.conns[from], p.conns[to] = struct{}{}, struct{}{}
	p.mu.Unlock()
	var both sync.WaitGroup
	both.Go(func() { p.pass(age, from, to, Both) })
	both.Go(func() { p.pass(age, to, from, Answers) })
	both.Wait()
	p.mu.Lock()
	delete(p.conns, from)
	delete(p.conns, to)
	p.mu.Unlock()
}

// pass copies bytes until an end closes, and holds them back while the proxy swallows this way or
// more.
func (p *Proxy) pass(age int, from, to net.Conn, way Way) {
	defer from.Close()
	defer to.Close()
	buf := make([]byte, 64<<10)
	for {
		n, err := from.Read(buf)
		if n > 0 && p.may(age, way) {
			_, err = to.Write(buf[:n])
		}
		if err != nil {
			return
		}
	}
}

// may waits until bytes may pass. It returns false if they never will.
func (p *Proxy) may(age int, way Way) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for !p.closed && (p.swallows >= way || p.age != age) {
		p.moved.Wait()
	}
	return !p.closed
}
