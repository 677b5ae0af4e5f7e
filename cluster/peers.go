package cluster

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"reflect"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/asynkron/protoactor-go/remote"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"pixelplayground/actors"
	"pixelplayground/cluster/wire"
)

// peers is the way to the actors of other pods and back. It carries messages with Proto.Actor's
// remote and works around its habits: see links, and the settings in peers_grpc.go. Delivery is at
// most once and, between two actors, in order while a connection lasts. Messages that wait for a
// pod that can't be reached are dropped within seconds.
type peers struct {
	cfg          Config
	log          *slog.Logger
	system       *actor.ActorSystem
	remote       *remote.Remote // nil: not listening
	certificates *certificates  // set by listen
	told         *refusals
	sent         wire.Records
	links        links

	ctx       context.Context // of connecting; ends with close
	stop      context.CancelFunc
	closed    atomic.Bool
	closeOnce sync.Once

	dropped  atomic.Int64 // messages that could not be sent
	refusals atomic.Int64 // messages from other pods that the door has dropped
	warned   sync.Map     // reflect.Type of messages of no kind, once logged; at most as many as the program has types
}

// newPeers makes the actor system. Nothing listens yet.
func newPeers(cfg Config, log *slog.Logger) *peers {
	p := &peers{cfg: cfg, log: log, system: actors.NewSystem(slog.New(demoting{log.Handler()}))}
	p.told = &refusals{log: log, logged: make(map[string]time.Time)}
	p.ctx, p.stop = context.WithCancel(context.Background())
	// Before remote's own resolver, which would take every address.
	p.system.ProcessRegistry.RegisterAddressResolver(func(*actor.PID) (actor.Process, bool) { return remoteProcess{p}, true })
	return p
}

// renew reads the certificates anew.
func (p *peers) renew() (changed bool, err error) { return p.certificates.renew() }

// address is where other pods reach this one, as in actor.PID.
func (p *peers) address() string { return p.system.Address() }

// listenTries is for port 0: a port found free may be taken by the time it is bound.
const listenTries = 10

// listen binds the port and gives the system its address.
func (p *peers) listen() error {
	certificates, err := p.cfg.TLS.load()
	if err != nil {
		return err
	}
	p.certificates = certificates
	at, err := p.cfg.listenAt(p.cfg.Peer)
	if err != nil {
		return fmt.Errorf("%s (--peer): %w", p.cfg.Peer, err)
	}
	tries := 1
	if at.Port == 0 {
		tries = listenTries
	}
	for range tries {
		if err = p.start(*at); err == nil {
			return nil
		}
	}
	return err
}

// start is one try of listen. remote listens by itself, reports the address only if it is also the
// one to advertise, and panics if it can't listen. So start finds the port beforehand.
func (p *peers) start(at net.TCPAddr) (err error) {
	probe, err := net.ListenTCP("tcp", &at)
	if err != nil {
		return fmt.Errorf("%w: choose another address or port with --peer", err)
	}
	bound := probe.Addr().(*net.TCPAddr)
	_ = probe.Close()
	host := bound.IP.String()
	advertised := host
	if p.cfg.Advertise != "" {
		advertised = p.cfg.Advertise
	} else if bound.IP.IsUnspecified() {
		return errNoAddress
	}
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

func (p *peers) unsent() *atomic.Int64  { return &p.dropped }
func (p *peers) refused() *atomic.Int64 { return &p.refusals }

// forget closes what leads to a pod that is gone, and drops the messages that wait there. If
// anything is sent there later, connecting is tried anew.
func (p *peers) forget(address string) {
	if p.remote == nil {
		return
	}
	p.system.EventStream.Publish(&remote.EndpointTerminatedEvent{Address: address})
	p.links.cut(address)
}

// close stops listening and ends all connections at once: give whatever must arrive the time for it
// before. The actor system remains, alone. An attempt to connect may end up to 2 s later, because
// remote sleeps that long after a failure.
func (p *peers) close() {
	p.closeOnce.Do(func() {
		p.closed.Store(true)
		p.stop()
		if p.remote == nil {
			return
		}
		for _, address := range p.links.addresses() {
			p.forget(address)
		}
		p.remote.Shutdown(false) // a graceful shutdown races with itself, and waits for 10 s
	})
}

// remoteProcess is the process that stands for every actor of other pods.
type remoteProcess struct{ *peers }

// SendUserMessage encodes on the sender's goroutine, and never waits.
func (c remoteProcess) SendUserMessage(pid *actor.PID, message any) {
	header, content, sender := actor.UnwrapEnvelope(message)
	if c.closed.Load() || c.remote == nil {
		c.dropped.Add(1)
		return
	}
	wrapped, err := c.wrap(content)
	if err != nil {
		c.drop(pid, content, err)
		return
	}
	c.remote.SendMessage(pid, header, wrapped, sender, -1)
}

var (
	errNoKind   = errors.New("of no kind that travels")
	errTooLarge = errors.New("too large")
)

// wrap turns a message into one that remote can carry.
func (c remoteProcess) wrap(message any) (proto.Message, error) {
	switch m := message.(type) {
	case proto.Message: // of the actor library itself
		return m, nil
	}
	b := wire.Encode(message, &c.sent)
	switch {
	case b == nil:
		return nil, errNoKind
	case len(b) > wire.MaxMessage:
		return nil, fmt.Errorf("%w: %d bytes, at most %d", errTooLarge, len(b), wire.MaxMessage)
	}
	return &wrapperspb.BytesValue{Value: b}, nil
}

// drop counts a message that can't be sent. Each type is logged once.
func (c remoteProcess) drop(pid *actor.PID, message any, err error) {
	c.dropped.Add(1)
	kind := reflect.TypeOf(message)
	if _, told := c.warned.LoadOrStore(kind, true); !told {
		c.log.Warn("message to a peer dropped, as will be all such", "type", fmt.Sprint(kind), "peer", pid.Address, "actor", pid.Id, "err", err)
	}
}

// SendSystemMessage leaves system messages, watching above all, to remote.
func (c remoteProcess) SendSystemMessage(pid *actor.PID, message any) {
	if !c.closed.Load() && c.remote != nil {
		c.beyond(pid).SendSystemMessage(pid, message)
	}
}

// Stop asks an actor of another pod to stop.
func (c remoteProcess) Stop(pid *actor.PID) {
	if !c.closed.Load() && c.remote != nil {
		c.beyond(pid).Stop(pid)
	}
}

// beyond returns remote's own process for pid: remote's resolver was registered last.
func (c remoteProcess) beyond(pid *actor.PID) actor.Process {
	handlers := c.system.ProcessRegistry.RemoteHandlers
	process, _ := handlers[len(handlers)-1](pid)
	return process
}
