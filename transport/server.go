// Package transport is the pod's end of every client's connection. It bounds and decodes what
// clients send, and writes to each client what it is shown. It implements actors.Audience (what
// all viewers are shown) and actors.Outbox (what one client is told). All it knows about regions
// is their sequence numbers: names, rates, ops and the pixels themselves belong to the actors.
// What comes before the WebSocket is in transport/upgrade, the frames themselves are in
// transport/frames, and the HTTP API is in transport/api. cmd/playground opens the transport.
//
// # Shards
//
// The connections are split among a few shards. A shard is one goroutine that owns its
// connections completely: it reads, decodes, writes and times them, and waits for all of
// them at once (epoll on Linux). So a connection has no lock, and no goroutine or buffer
// of its own while it is idle. Other goroutines reach a shard only through its inbox.
//
// # Fan-out
//
// Connections of a shard that follow the same regions share groups, of groupSize at most: what is to be
// written to a group is listed once, and what has happened in a region since it was last written to is one
// frame. A shard writes in ticks, one system call per connection and tick. A tick is to the groups
// that have waited for longest, and then the shard reads before it writes to the next. So pixels reach their first viewers at
// once and all others within one round, and what clients place does not wait for a round to end.
// After a round it pauses as far as others are short of the processor, at most Config.MaxTick (package
// pace). So under load it writes more at a time and never falls behind: only its latency grows. While a
// shard writes, it lets other goroutines run, so that even on one core new pixels go to the store meanwhile.
//
// # Slow clients
//
// A connection that has not taken all of the last tick gets nothing of the next. The shard
// notes which regions it has missed and its position in each. When it takes bytes again, the
// shard asks the actors for what leads from there to now, region by region. So a slow
// connection costs memory for the rest of one tick and at most one region's snapshot.
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
	"pixelplayground/actors/rules"
	"pixelplayground/transport/frames"
	"pixelplayground/transport/quota"
	"pixelplayground/transport/stats"
	"pixelplayground/transport/upgrade"
)

// Host runs the actors behind the connections; *actors.Node is one. No method blocks or
// fails.
type Host interface {
	// Connect starts the actor of a new connection of a person, which speaks to its client through
	// out.
	Connect(v canvas.ViewerID, network canvas.Network, person canvas.Person, out actors.Outbox) ConnectionActor
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

	// By region.
	following []atomic.Int32 // viewers that follow it, on all shards
	catchUps  []frames.CatchUps

	rules    atomic.Pointer[rulebook] // never nil
	accounts *quota.Accounts
	beckons  beckons
	presence frames.Presences
	faults   *stats.Faults

	host     Host // set by Open, read-only from then on; nil: not opened yet
	acceptor *upgrade.Acceptor
	refusals quota.Refusals

	work      sync.WaitGroup // the shards
	closeOnce sync.Once
}

// New makes a server and starts nothing. The config must be valid. The server can serve as an
// actors.Audience at once: it has no viewers yet.
func New(cfg Config) *Server {
	cfg = cfg.withDefaults()
	s := &Server{
		cfg:       cfg,
		made:      time.Now(),
		tags:      quota.NewTags(),
		following: make([]atomic.Int32, cfg.Geometry.Regions()),
		catchUps:  make([]frames.CatchUps, cfg.Geometry.Regions()),
		accounts:  quota.NewAccounts(cfg.Proxies),
		beckons:   newBeckons(),
		refusals:  quota.NewRefusals(cfg.Log, cfg.Now),
	}
	var none rulebook = rules.None()
	s.rules.Store(&none)
	s.faults = stats.NewFaults(cfg.Log, &s.counters.Faults)
	s.acceptor = upgrade.New(upgrade.Config{
		Listen: cfg.Listen, Origins: cfg.AllowedOrigins, Proxies: cfg.Proxies, MaxConnections: cfg.MaxConnections, NetworkConnections: cfg.NetworkConnections, Timeout: cfg.HandshakeTimeout,
		People: cfg.People, Accounts: s.accounts, Refusals: &s.refusals, Counters: &s.counters, Faults: s.faults, Log: cfg.Log,
	})
	for range cfg.Shards {
		s.shards = append(s.shards, newShard(s))
	}
	return s
}

// Listen takes the address, so that a caller knows that it is free before doing anything
// else. Clients that connect wait until Open.
func (s *Server) Listen() error { return s.acceptor.Listen() }

// Open starts to serve: host gets the WebSockets at /ws, handler gets everything else. Open
// also listens, unless Listen was called.
func (s *Server) Open(host Host, handler http.Handler) error {
	if err := s.Listen(); err != nil {
		return err
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
	for _, shard := range s.shards {
		s.work.Go(shard.run)
	}
	s.acceptor.Open(s.connect, handler)
	return nil
}

// Addr is where the server listens.
func (s *Server) Addr() net.Addr { return s.acceptor.Addr() }

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
	s.acceptor.Drain()
	if s.host == nil {
		return nil // never opened
	}
	for _, shard := range s.shards {
		shard.inbox.Post(drain{notice})
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

// Close ends everything at once and waits for it. It may be called twice.
func (s *Server) Close() {
	s.closeOnce.Do(func() {
		s.acceptor.Stop()
		if s.host != nil {
			for _, shard := range s.shards {
				shard.inbox.Post(stop{})
			}
		}
	})
	s.acceptor.Wait()
	s.work.Wait()
}

// shardOf is the shard that owns a viewer's connection.
func (s *Server) shardOf(v canvas.ViewerID) *shard { return s.shards[uint64(v)%uint64(len(s.shards))] }
