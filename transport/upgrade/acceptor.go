package upgrade

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/transport/auth"
	"pixelplayground/transport/quota"
	"pixelplayground/transport/stats"
)

// Config is what an Acceptor needs to know, and what it shares with the connections that it makes. If
// it makes none, it needs neither Origins, MaxConnections, People nor Accounts.
type Config struct {
	Listen         string        // TCP address
	Origins        Origins       // pages that may connect besides the server's own
	Proxies        quota.Proxies // in front of the server
	MaxConnections int           // WebSockets

	NetworkConnections int // WebSockets of one network that is not a proxy's; 0: no bound

	Places  int           // connections that are no WebSockets, or not yet, half of them of one network; 0: maxPlaces
	Timeout time.Duration // from accepting to the end of the request's head

	People   People          // nil: nobody is anybody in particular
	Accounts *quota.Accounts // of the networks that have WebSockets
	Refusals *quota.Refusals
	Counters *stats.Counters
	Faults   *stats.Faults
	Log      *slog.Logger
}

// People tells who a request is from; *auth.People is one.
type People interface {
	// Identify asks nobody, so it does not block.
	Identify(auth.Shown) (canvas.Person, *auth.Refusal)
}

// WebSocket is a connection whose handshake is done.
type WebSocket struct {
	Conn *net.TCPConn // the receiver's from now on
	From netip.Addr   // the client, who may be behind a proxy

	Account *quota.Account // of its network, which counts the connection; the receiver closes it
	Person  canvas.Person
	Binary  bool   // it speaks codec.Subprotocol; if not, JSON
	Early   []byte // was received after the handshake; valid only during the call
}

// Acceptor accepts TCP connections, reads their requests, and makes WebSockets of them or hands
// them to net/http.
type Acceptor struct {
	cfg      Config
	draining atomic.Bool

	places     places
	heads      sync.Pool     // of *[firstRead]byte
	headShares *quota.Shares // of memory for the heads of requests
	leaving    chan struct{} // cap farewells: see drainFrom

	// Set by Listen and Open, read-only from then on.
	listener *net.TCPListener
	handover *handover
	http     *http.Server
	connect  func(WebSocket) // nil: nobody gets WebSockets

	work     sync.WaitGroup // everything that Open and the accept loop started
	stopOnce sync.Once
}

// New makes an Acceptor and starts nothing.
func New(cfg Config) *Acceptor {
	return &Acceptor{
		cfg:        cfg,
		places:     newPlaces(cfg.Proxies, cmp.Or(cfg.Places, maxPlaces)),
		heads:      sync.Pool{New: func() any { return new([firstRead]byte) }},
		headShares: quota.NewShares(networkHeads, allHeads),
		leaving:    make(chan struct{}, farewells),
	}
}

// Listen takes the address. Clients that connect wait until Open. It does nothing if it was called
// before.
func (a *Acceptor) Listen() error {
	if a.listener != nil {
		return nil
	}
	listener, err := net.Listen("tcp", a.cfg.Listen)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	a.listener = listener.(*net.TCPListener)
	return nil
}

// Open starts to serve, after Listen: connect gets the WebSockets of /ws, handler gets everything
// else, or all if connect is nil. Each WebSocket is counted in Counters.Connections; connect sees to it that it no longer is
// when the connection ends. Any goroutine calls connect.
func (a *Acceptor) Open(connect func(WebSocket), handler http.Handler) {
	a.connect = connect
	a.handover = newHandover(a)
	a.http = a.newHTTP(handler)
	a.work.Go(func() { _ = a.http.Serve(a.handover) }) // always http.ErrServerClosed
	a.work.Go(a.accept)
}

// Addr is where it listens.
func (a *Acceptor) Addr() net.Addr { return a.listener.Addr() }

// Drain refuses new WebSockets from now on. HTTP is still served.
func (a *Acceptor) Drain() { a.draining.Store(true) }

// httpGrace is how long requests in progress may go on when the acceptor stops.
const httpGrace = time.Second

// Stop accepts nothing any more, and ends what is no WebSocket. It may be called twice.
func (a *Acceptor) Stop() {
	a.stopOnce.Do(func() {
		a.Drain()
		if a.listener == nil {
			return
		}
		_ = a.listener.Close() // an error does not matter: nothing is buffered that could be lost
		if a.http == nil {
			return // never opened
		}
		a.places.abort()
		ctx, cancel := context.WithTimeout(context.Background(), httpGrace)
		defer cancel()
		if a.http.Shutdown(ctx) != nil {
			_ = a.http.Close()
		}
	})
}

// Wait returns when everything has ended that Open started. Stop must have been called.
func (a *Acceptor) Wait() { a.work.Wait() }
