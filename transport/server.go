package transport

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"pixelplayground/actors"
	"pixelplayground/actors/canvas"
	"pixelplayground/transport/quota"
	"pixelplayground/transport/stats"
)

// Host runs the actors behind the connections; *actors.Node is one. No method blocks or
// fails.
type Host interface {
	// Connect starts the actor of a new connection, which speaks to its client through out.
	Connect(v canvas.ViewerID, network canvas.Network, out actors.Outbox) ConnectionActor
	// Resync asks for what a viewer whose position is m lacks. The answer is Server.Join.
	Resync(v canvas.ViewerID, m canvas.Mark)
}

// ConnectionActor is the actor of one connection; *actors.Connection is one.
type ConnectionActor interface {
	// Send hands over a command; the answer to each is Outbox.Handled.
	Send(command any)
	// Close says that the connection is gone.
	Close()
}

// Server is the transport of a pod.
type Server struct {
	cfg      Config
	made     time.Time  // moments count from here
	tags     quota.Tags // of the networks that clients are in
	counters stats.Counters
	shards   []*shard
	nextID   atomic.Uint64 // of viewers; a viewer's shard is its id modulo the number of shards
	draining atomic.Bool

	// By region.
	following []atomic.Int32 // viewers that follow it, on all shards
	catchUps  []catchUps

	accounts *quota.Accounts
	presence presenceSource
	faults   *stats.Faults

	// Set by Listen and Open, read-only from then on.
	host     Host
	listener *net.TCPListener
	handover *handover
	http     *http.Server

	// For connections that are not WebSockets yet.
	places     places
	heads      sync.Pool     // of *[firstRead]byte
	headShares *quota.Shares // of memory for the heads of requests
	leaving    chan struct{} // cap farewells: see drainFrom
	refusals   quota.Refusals

	work      sync.WaitGroup // everything that Open and the accept loop started
	closeOnce sync.Once
}

// New makes a server and starts nothing. The config must be valid. The server can serve as an
// actors.Audience at once: it has no viewers yet.
func New(cfg Config) *Server {
	cfg = cfg.withDefaults()
	s := &Server{
		cfg:        cfg,
		made:       time.Now(),
		tags:       quota.NewTags(),
		following:  make([]atomic.Int32, cfg.Geometry.Regions()),
		catchUps:   make([]catchUps, cfg.Geometry.Regions()),
		accounts:   quota.NewAccounts(cfg.Proxies),
		places:     newPlaces(cfg.Proxies),
		heads:      sync.Pool{New: func() any { return new([firstRead]byte) }},
		headShares: quota.NewShares(networkHeads, allHeads),
		leaving:    make(chan struct{}, farewells),
		refusals:   quota.NewRefusals(cfg.Log, cfg.Now),
	}
	s.faults = stats.NewFaults(cfg.Log, &s.counters.Faults)
	for range cfg.Shards {
		s.shards = append(s.shards, newShard(s))
	}
	return s
}

// Listen takes the address, so that a caller knows that it is free before doing anything
// else. Clients that connect wait until Open.
func (s *Server) Listen() error {
	listener, err := net.Listen("tcp", s.cfg.Listen)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	s.listener = listener.(*net.TCPListener)
	return nil
}

// open starts to serve: host gets the WebSockets at /ws, handler gets everything else. Open
// also listens, unless Listen was called.
func (s *Server) Open(host Host, handler http.Handler) error {
	if s.listener == nil {
		if err := s.Listen(); err != nil {
			return err
		}
	}
	for i, shard := range s.shards {
		if err := shard.open(); err != nil {
			for _, opened := range s.shards[:i] {
				opened.close()
			}
			return fmt.Errorf("open shard: %w", err)
		}
	}
	s.host = host
	s.handover = newHandover(s)
	s.http = s.newHTTP(handler)
	for _, shard := range s.shards {
		s.work.Go(shard.run)
	}
	s.work.Go(func() { _ = s.http.Serve(s.handover) }) // always http.ErrServerClosed
	s.work.Go(s.accept)
	return nil
}

// Addr is where the server listens.
func (s *Server) Addr() net.Addr { return s.listener.Addr() }

// Counters counts what the server does.
func (s *Server) Counters() *stats.Counters { return &s.counters }

// Notice is what clients are told when the server drains.
type Notice struct {
	Text   string        // for people
	Retry  time.Duration // wait this long before reconnecting,
	Spread time.Duration // and up to this much longer, so that not all come at once
}

// Drain refuses new WebSockets, tells every client to go elsewhere and closes its
// connection once that is written. It returns when all connections are gone, or with ctx's
// error. HTTP is still served.
func (s *Server) Drain(ctx context.Context, notice Notice) error {
	s.draining.Store(true)
	if s.http == nil {
		return nil // never opened
	}
	for _, shard := range s.shards {
		shard.inbox.post(drain{notice})
	}
	for _, shard := range s.shards {
		select {
		case <-shard.drained:
		case <-ctx.Done():
			return fmt.Errorf("drain: connections left: %d: %w", s.counters.Connections.Load(), ctx.Err())
		}
	}
	return nil
}

// close ends everything at once and waits for it. It may be called twice.
func (s *Server) Close() {
	s.closeOnce.Do(s.shut)
	s.work.Wait()
}

// httpGrace is how long requests in progress may go on when the server closes.
const httpGrace = time.Second

func (s *Server) shut() {
	if s.listener == nil {
		return
	}
	s.draining.Store(true)
	_ = s.listener.Close() // an error does not matter: nothing is buffered that could be lost
	if s.http == nil {
		return // never opened
	}
	s.places.abort()
	ctx, cancel := context.WithTimeout(context.Background(), httpGrace)
	defer cancel()
	if s.http.Shutdown(ctx) != nil {
		_ = s.http.Close()
	}
	for _, shard := range s.shards {
		shard.inbox.post(stop{})
	}
}

// shardOf is the shard that owns a viewer's connection.
func (s *Server) shardOf(v canvas.ViewerID) *shard { return s.shards[uint64(v)%uint64(len(s.shards))] }
