// Package peer carries messages from actors of this pod to actors of others and back: listening,
// connecting, TLS, and the door through which messages come in. It does not know who is a member:
// cluster makes Peers and tells it which pods are gone. Their bytes are in cluster/wire.
package peer

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/asynkron/protoactor-go/remote"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/mailbox"
	"pixelplayground/cluster/wire"
)

// Config is what Peers need to know. All fields but Advertise, TLS and Dial are needed.
type Config struct {
	Geometry canvas.Geometry // that what peers say of regions must be true of
	At       *net.TCPAddr    // to listen at; port 0: any free one
	// Advertise is the IP address at which other pods reach this one. It may be empty unless At is
	// all addresses.
	Advertise string
	TLS       Files
	Dial      func(ctx context.Context, address string) (net.Conn, error) // nil: plain TCP
	Log       *slog.Logger
	// Refuse is told why a peer or one of its messages was refused, perhaps very often and from any
	// goroutine. The attributes are a log line's.
	Refuse func(why string, attributes ...any)
}

// Peers is the way to the actors of other pods and back. It carries messages with Proto.Actor's
// remote and works around its habits: see links, and the settings in grpc.go. Delivery is at most
// once and, between two actors, in order while a connection lasts. Messages that wait for a pod that
// can't be reached are dropped within seconds.
type Peers struct {
	cfg          Config
	system       *actor.ActorSystem
	remote       *remote.Remote // nil: not listening
	certificates *certificates  // set by Listen
	sent         wire.Records
	links        links

	ctx       context.Context // of connecting; ends with Close
	stop      context.CancelFunc
	closed    atomic.Bool
	closeOnce sync.Once

	dropped  atomic.Int64 // messages that could not be sent
	refusals atomic.Int64 // messages from other pods that the door has dropped
	warned   sync.Map     // reflect.Type of messages of no kind, once logged; at most as many as the program has types
}

// New makes the actor system. Nothing listens yet.
func New(cfg Config) *Peers {
	p := &Peers{cfg: cfg, system: mailbox.NewSystem(slog.New(demoting{cfg.Log.Handler()}))}
	p.ctx, p.stop = context.WithCancel(context.Background())
	// Before remote's own resolver, which would take every address.
	p.system.ProcessRegistry.RegisterAddressResolver(func(*actor.PID) (actor.Process, bool) { return remoteProcess{p}, true })
	return p
}

// System is the actor system that this pod's actors run in.
func (p *Peers) System() *actor.ActorSystem { return p.system }

// Renew reads the certificates anew. If they are unfit it returns an error and keeps what it read
// before. Established connections stay up.
func (p *Peers) Renew() (changed bool, err error) { return p.certificates.renew() }

// Address is where other pods reach this one, as in actor.PID.
func (p *Peers) Address() string { return p.system.Address() }

// listenTries is for port 0: a port found free may be taken by the time it is bound.
const listenTries = 10

// Listen binds the port and gives the system its address.
func (p *Peers) Listen() (err error) {
	if p.certificates, err = p.cfg.TLS.load(); err != nil {
		return err
	}
	tries := 1
	if p.cfg.At.Port == 0 {
		tries = listenTries
	}
	for range tries {
		if err = p.start(); err == nil {
			return nil
		}
	}
	return err
}

// start is one try of Listen. remote listens by itself, reports the address only if it is also the
// one to advertise, and panics if it can't listen. So start finds the port beforehand.
func (p *Peers) start() (err error) {
	probe, err := net.ListenTCP("tcp", p.cfg.At)
	if err != nil {
		return fmt.Errorf("%w: choose another address or port with --peer", err)
	}
	bound := probe.Addr().(*net.TCPAddr)
	_ = probe.Close()
	host := bound.IP.String()
	advertised := cmp.Or(p.cfg.Advertise, host)
	if bound.IP.To4() == nil {
		host = "[" + host + "]" // remote appends a colon and the port
	}
	defer func() {
		if failure := recover(); failure != nil {
			p.remote, err = nil, fmt.Errorf("%v: choose another address or port with --peer", failure)
		}
	}()
	// Set before Start: as soon as remote has started, messages come in and answers go out.
	p.remote = remote.NewRemote(p.system, remote.Configure(host, bound.Port, p.options(net.JoinHostPort(advertised, strconv.Itoa(bound.Port)))...))
	p.remote.Start()
	return nil
}

// Unsent counts the messages to actors of other pods that were not sent: of a kind that the wire does
// not have, too large, or after Close.
func (p *Peers) Unsent() *atomic.Int64 { return &p.dropped }

// Refused counts the messages from other pods that were dropped because they can't be true, or are
// of a kind that this version does not know.
func (p *Peers) Refused() *atomic.Int64 { return &p.refusals }

// Forget closes what leads to a pod that is gone, and drops the messages that wait there. If
// anything is sent there later, connecting is tried anew.
func (p *Peers) Forget(address string) {
	if p.remote == nil {
		return
	}
	p.system.EventStream.Publish(&remote.EndpointTerminatedEvent{Address: address})
	p.links.cut(address)
}

// Close stops listening and ends all connections at once: give whatever must arrive the time for it
// before. The actor system remains, alone. An attempt to connect may end up to 2 s later, because
// remote sleeps that long after a failure.
func (p *Peers) Close() {
	p.closeOnce.Do(func() {
		p.closed.Store(true)
		p.stop()
		if p.remote == nil {
			return
		}
		for _, address := range p.links.addresses() {
			p.Forget(address)
		}
		p.remote.Shutdown(false) // a graceful shutdown races with itself, and waits for 10 s
	})
}
