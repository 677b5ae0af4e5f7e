package upgrade

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"time"
)

// accept runs as a goroutine until the listener is closed. Each connection is greeted by its
// own goroutine, so that one that sends slowly holds up nobody.
func (a *Acceptor) accept() {
	pause := time.Duration(0)
	for {
		c, err := a.listener.AcceptTCP()
		switch {
		case err == nil:
			pause = 0
			a.cfg.Counters.Accepted.Add(1)
			a.admit(c)
		case errors.Is(err, net.ErrClosed):
			return
		default: // usually out of descriptors: close the connection that is missed least, or wait
			a.cfg.Refusals.Note("accept failed", "accept", "err", err)
			if did := a.places.makeRoom(); did != "" {
				a.evicted(did)
				continue
			}
			pause = min(max(2*pause, 5*time.Millisecond), time.Second)
			time.Sleep(pause)
		}
	}
}

func (a *Acceptor) admit(c *net.TCPConn) {
	defer a.rescueHandshake(c, nil)
	from, _ := c.RemoteAddr().(*net.TCPAddr) // nil: it is gone already
	address := from.AddrPort().Addr()
	g, evicted := a.places.enter(c, address)
	a.evicted(evicted)
	if g == nil {
		a.refuse(&guest{tcp: c, from: address}, tooBusy())
		_ = c.Close()
		return
	}
	a.work.Go(func() { a.greet(g) })
}

// evicted counts a connection that had to make room for another. did is what it did; empty:
// none had to.
func (a *Acceptor) evicted(did string) {
	if did != "" {
		a.cfg.Counters.Evicted.Add(did)
		a.cfg.Refusals.Note("connection closed to make room for another", did)
	}
}

// Limits of the head of a request.
const (
	// maxHead is how large a head may be, in bytes, the same for WebSockets and for all other
	// requests: browsers send the same cookies with both, and sites that share our host may
	// have set many.
	maxHead = 64 << 10
	// firstRead is a size that most requests fit in, in bytes.
	firstRead = 4 << 10
	// Each head may cost freeHead. What heads cost beyond that is limited to networkHeads for
	// one network that is not a proxy's, and to allHeads in all, in bytes (see headCost). So
	// requests of the usual size never depend on what others take.
	freeHead, networkHeads, allHeads = 8 << 10, 4 << 20, 16 << 20
	// lineCost is about how much memory a header field takes besides its text, in bytes.
	lineCost = 100
)

// headCost is the memory that a part of a request's head takes, in bytes.
func headCost(part []byte) int { return len(part) + lineCost*bytes.Count(part, []byte("\n")) }

// wsPath is the path of the WebSockets.
const wsPath = "/ws"

// greet is the goroutine of a new connection. It reads the first request, and either upgrades
// the connection or hands it to net/http.
func (a *Acceptor) greet(g *guest) {
	c := g.tcp
	defer a.rescueHandshake(c, g)
	_ = c.SetDeadline(time.Now().Add(a.cfg.Timeout))
	pooled := a.heads.Get().(*[firstRead]byte)
	defer a.heads.Put(pooled)

	bill := bill{acceptor: a, guest: g}
	defer bill.settle() // does nothing if it has been settled
	buffer, n := pooled[:], 0
	if a.cfg.Proxies.Protocol && g.exempt && !a.introduced(g) {
		return
	}
	for {
		m, err := a.readMore(g, buffer[n:])
		before := n
		if n += m; err != nil {
			bill.settle()
			a.lose(g)
			return
		}
		end := headEnd(buffer[:n], before)
		switch {
		case a.connect == nil || !maybeOurs(buffer[:n]):
			a.handover.offer(g, buffer[:n])
			return
		case end > 0 && wantsUpgrade(buffer[:end]):
			a.upgrade(g, buffer[:end], buffer[end:n])
			bill.settle()
			a.places.leave(g)
			return
		case end > 0:
			bill.settle() // net/http reads it at once
			a.handover.offer(g, buffer[:n])
			return
		case !bill.add(buffer[before:n]):
			bill.settle()
			a.turnAway(g, tooBusy())
			return
		case n == maxHead:
			bill.settle()
			a.turnAway(g, &rejection{refusedHead, http.StatusRequestHeaderFieldsTooLarge, "the request's head is larger than 64 KiB", ""})
			return
		case n == len(buffer):
			buffer = append(make([]byte, 0, min(4*n, maxHead)), buffer...)
			buffer = buffer[:cap(buffer)]
		}
	}
}

// lose gives up a guest that went away before its request was whole.
func (a *Acceptor) lose(g *guest) {
	a.cfg.Counters.Refused.Add(refusedLost)
	a.places.leave(g)
	_ = g.tcp.Close()
}

// turnAway refuses a guest that may still be sending. If we closed the connection at once, the
// kernel would discard our answer, because not everything has been read.
func (a *Acceptor) turnAway(g *guest, why *rejection) {
	a.refuse(g, why)
	a.drainFrom(g.tcp)
	a.places.leave(g)
	_ = g.tcp.Close()
}

// A refused guest may go on sending for the time farewell, and at most farewells guests at
// once: meanwhile they keep what their requests took.
const (
	farewell  = time.Second
	farewells = 64
)

func (a *Acceptor) drainFrom(c *net.TCPConn) {
	select {
	case a.leaving <- struct{}{}:
		defer func() { <-a.leaving }()
	default:
		return // the answer may get lost
	}
	_ = c.SetReadDeadline(time.Now().Add(farewell))
	_, _ = io.CopyN(io.Discard, c, maxHead)
}

// readMore reads what a guest sends. The guest may lose its place meanwhile.
func (a *Acceptor) readMore(g *guest, b []byte) (int, error) {
	if len(g.early) > 0 {
		n := copy(b, g.early)
		g.early = g.early[n:]
		return n, nil
	}
	evicted, _ := a.places.move(g, waiting)
	a.evicted(evicted)
	return g.tcp.Read(b)
}

// bill is what the head of one request costs.
type bill struct {
	acceptor *Acceptor
	guest    *guest
	cost     int // so far
	taken    int // of Acceptor.headShares
}

// add reports whether there is room for more of the head.
func (b *bill) add(part []byte) bool {
	b.cost += headCost(part)
	more := b.cost - freeHead - b.taken
	if more <= 0 {
		return true
	}
	ok := b.acceptor.headShares.Take(b.guest.network, b.guest.exempt, more)
	if ok {
		b.taken += more
	}
	return ok
}

// settle gives back what was taken, when the head has been dealt with.
func (b *bill) settle() {
	if b.taken > 0 {
		b.acceptor.headShares.Give(b.guest.network, b.taken)
	}
	b.cost, b.taken = 0, 0
}

// maybeOurs reports whether b may be the beginning of a request for wsPath. All other requests
// go to net/http at once, which is better at reading them.
func maybeOurs(b []byte) bool {
	const ours = "GET " + wsPath
	n := min(len(b), len(ours))
	if string(b[:n]) != ours[:n] {
		return false
	}
	return len(b) <= len(ours) || b[len(ours)] == ' ' || b[len(ours)] == '?'
}

// rescueHandshake recovers from a panic while a connection does not belong to a shard yet. g is
// nil if the connection has no place. It must be deferred.
func (a *Acceptor) rescueHandshake(c *net.TCPConn, g *guest) {
	if value := recover(); value != nil {
		a.cfg.Faults.Note("handshake", value)
		if g != nil {
			a.places.leave(g)
		}
		_ = c.Close()
	}
}
