package cluster

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/hashicorp/memberlist"

	"pixelplayground/actors"
	"pixelplayground/actors/canvas"
	"pixelplayground/actors/decisions"
	"pixelplayground/actors/standaside"
	"pixelplayground/cluster/peer"
)

var (
	_ actors.Placement    = (*Cluster)(nil)
	_ standaside.Deputies = (*Cluster)(nil)
)

// Cluster is this pod's place among the others.
type Cluster struct {
	cfg        Config
	log        *slog.Logger
	openPeers  func(Config, net.IP) (peering, error)
	createList func(*memberlist.Config) (*memberlist.Memberlist, error)
	view       atomic.Pointer[View]

	// Set by Listen, read-only from then on.
	keys   gossipKeys
	socket *socket
	peers  peering
	seeds  []seed

	dead     *tombstones
	refusals *refusals
	pulse    pulse
	draining atomic.Bool
	aside    atomic.Bool
	wishes   pinRequests
	left     atomic.Bool

	mu      sync.Mutex
	life    *incarnation // nil before Open
	waiting string       // why the view is empty; "": joined

	wake   chan struct{}      // cap 1: something changed
	flush  chan chan struct{} // the loop closes what it gets once it has looked at everything
	rounds chan round         // from rounds of discovery to the loop
	ctx    context.Context    // ends with Close
	stop   context.CancelFunc
	work   sync.WaitGroup

	telling   sync.Mutex // one tellOthers at a time
	ending    sync.Mutex // one of Drain, Leave, Pin and Close at a time; guards:
	told      bool       // the others have been told, once, that this pod is draining
	closeOnce sync.Once
}

// peering is the way to the actors of other pods. It is *peer.Peers, except in tests.
type peering interface {
	Address() string                  // of this pod, for actor.PID
	Forget(address string)            // the pod there is gone: close what leads to it
	Renew() (changed bool, err error) // reads the certificates anew
	System() *actor.ActorSystem
	Unsent() *atomic.Int64
	Refused() *atomic.Int64
	Close()
}

// New makes a cluster of a valid config and starts nothing.
func New(cfg Config) *Cluster {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Store == nil {
		cfg.Store = func() string { return "" }
	}
	c := &Cluster{
		cfg: cfg, log: cfg.Log, openPeers: openPeers, createList: memberlist.Create,
		dead: newTombstones(), refusals: newRefusals(cfg.Log),
		waiting: "the cluster is not open yet",
		wake:    make(chan struct{}, 1), flush: make(chan chan struct{}), rounds: make(chan round),
	}
	c.ctx, c.stop = context.WithCancel(context.Background())
	c.view.Store(new(View))
	return c
}

// openPeers listens for peers. ip is where others reach this pod.
func openPeers(cfg Config, ip net.IP) (peering, error) {
	at, err := cfg.listenAt(cfg.Peer)
	if err != nil {
		return nil, fmt.Errorf("%s (--peer): %w", cfg.Peer, err)
	}
	c := peer.Config{
		Geometry: cfg.Geometry, At: at, Advertise: cfg.Advertise, TLS: cfg.TLS, Log: cfg.Log, Refuse: newRefusals(cfg.Log).add,
	}
	if at.IP.IsUnspecified() {
		c.Advertise = ip.String()
	}
	if cfg.Network != nil {
		c.Dial = cfg.Network.DialPeer
	}
	p := peer.New(c)
	return p, p.Listen()
}

// UseGossipKeys replaces the keys of gossip, in this membership and in those to come.
func (c *Cluster) UseGossipKeys(keys [][]byte) error { return c.keys.use(keys) }

// ReadCertificates reads the files of Config.TLS again. If they are unfit it returns an error and
// keeps what it read before. Established connections stay up.
func (c *Cluster) ReadCertificates() (changed bool, err error) { return c.peers.Renew() }

// Listen binds the ports and makes the actor system. The view is empty until Open, and
// others that try to reach this pod wait.
func (c *Cluster) Listen() (err error) {
	if c.seeds, err = parseSeeds(c.cfg.Join); err != nil {
		return err
	}
	if c.keys.ring, err = newKeyring(c.cfg.GossipKeys); err != nil {
		return err
	}
	if c.socket, err = c.cfg.bindGossip(gossipLogger(c.log, c.refusals)); err != nil {
		return err
	}
	if c.peers, err = c.openPeers(c.cfg, c.socket.ip); err != nil {
		return fmt.Errorf("listen for peers: %w", err)
	}
	if c.cfg.Network != nil {
		c.cfg.Network.Bound(c.peers.Address())
	}
	if ports, missing := c.cfg.Exposed(); ports != "" {
		c.log.Warn("whoever reaches these ports is taken for a server", "ports", ports, "danger", "they can draw as anybody and end servers", "settings", "give all servers "+missing)
	}
	return nil
}

// System is the actor system for the node: its address is this pod's peer address.
func (c *Cluster) System() *actor.ActorSystem { return c.peers.System() }

// Open begins to join and returns at once; Ready reports when the view holds. One goroutine calls
// changed after each change of the view, and waits until it returns.
func (c *Cluster) Open(changed func()) error {
	c.pulse.start(time.Now())
	if err := c.begin(nil); err != nil {
		return err
	}
	c.await("joining")
	c.work.Go(func() { newReconciler(c, changed).run() })
	return nil
}

// begin starts a membership under a fresh id. It also looks for others at previous, the gossip
// addresses of the members of the membership before.
func (c *Cluster) begin(previous []string) error {
	now := time.Now()
	l := &incarnation{
		id: newID(now), started: now, draining: &c.draining, aside: &c.aside, stoodBy: c.aside.Load(), pinRequests: &c.wishes, dead: c.dead, pulse: &c.pulse, refusals: c.refusals,
		store: c.cfg.Store, announced: c.cfg.Store(), changed: c.changed, previousMembers: previous,
		members: make(map[string]Member), dying: make(map[string]time.Time), losses: make(map[string]loss),
	}
	l.guest.Store(l.announced != "")
	l.self = metadata{
		Name: c.cfg.Name, Roles: c.cfg.roles(), Peer: c.peers.Address(), Version: c.cfg.Version,
		Started: now.UnixMilli(), Geometry: c.cfg.Geometry.String(), Allowances: true, Rules: true,
	}
	list, err := c.createList(c.cfg.memberlist(l, c.socket, c.keys.ring))
	if err != nil {
		return fmt.Errorf("start gossip: %w", err)
	}
	l.list = list
	c.mu.Lock()
	defer c.mu.Unlock()
	c.life = l
	return nil
}

// changed wakes the loop. It never blocks.
func (c *Cluster) changed() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

func (c *Cluster) current() *incarnation {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.life
}

// await records what the view is waiting for; "": nothing.
func (c *Cluster) await(what string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.waiting = what
}

// Ready returns nil when this pod has joined, or serves alone because there is nobody else.
// Otherwise the error says what is missing.
func (c *Cluster) Ready() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.waiting == "" {
		return nil
	}
	return errors.New(c.waiting)
}

// newsTimeout bounds how long Drain and Leave try to tell the others.
const newsTimeout = time.Second

// Unsent counts the messages to actors of other pods that were not sent: see peer.Peers. It may be
// called after Listen.
func (c *Cluster) Unsent() *atomic.Int64 { return c.peers.Unsent() }

// Refused counts the messages from other pods that were dropped: see peer.Peers. It may be called
// after Listen.
func (c *Cluster) Refused() *atomic.Int64 { return c.peers.Refused() }

// Drain tells the members that this pod is about to leave. From now on it owns nothing, unless all
// other members drain too. Drain returns once this pod's own view shows it and the others have been
// told, or with ctx's error. It may be called twice, but not by changed.
func (c *Cluster) Drain(ctx context.Context) error {
	c.ending.Lock()
	defer c.ending.Unlock()
	return c.drain(ctx)
}

func (c *Cluster) drain(ctx context.Context) error {
	c.draining.Store(true)
	if c.told {
		return nil
	}
	if err := c.settle(ctx); err != nil {
		return unlessClosed(err)
	}
	c.told = true
	if err := c.current().list.UpdateNode(within(ctx)); err != nil {
		return fmt.Errorf("drain: %w", err)
	}
	return nil
}

// within is newsTimeout, or the time that ctx has left if that is less.
func within(ctx context.Context) time.Duration {
	if deadline, ok := ctx.Deadline(); ok {
		return min(newsTimeout, max(time.Until(deadline), time.Millisecond))
	}
	return newsTimeout
}

var (
	errClosed = errors.New("the cluster is closed")
	errBusy   = errors.New("the membership takes no notice: it may be failing to begin anew")
)

// unlessClosed drops errClosed, for callers who want what closing has done already.
func unlessClosed(err error) error {
	if errors.Is(err, errClosed) {
		return nil
	}
	return err
}

// settle waits until the loop has processed everything that happened before the call. It fails with
// errClosed if there is no loop, and with errBusy if ctx ends first.
func (c *Cluster) settle(ctx context.Context) error {
	if c.current() == nil {
		return errClosed
	}
	done := make(chan struct{})
	select {
	case c.flush <- done:
	case <-c.ctx.Done():
		return errClosed
	case <-ctx.Done():
		return fmt.Errorf("%w: %w", errBusy, ctx.Err())
	}
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("%w: %w", errBusy, ctx.Err())
	}
}

// Leave says goodbye, after Drain, so that no pod has to find out by itself. From then on the view
// is empty. If ctx has ended, Leave still tries, for newsTimeout. It may be called twice.
func (c *Cluster) Leave(ctx context.Context) error {
	c.ending.Lock()
	defer c.ending.Unlock()
	news, cancel := context.WithTimeout(context.WithoutCancel(ctx), newsTimeout)
	defer cancel()
	if err := c.drain(news); err != nil {
		c.log.Debug("left without draining", "err", err)
	}
	c.left.Store(true)
	if err := c.settle(news); err != nil {
		return unlessClosed(err)
	}
	c.await("this pod has left")
	if err := c.current().list.Leave(within(ctx)); err != nil {
		return fmt.Errorf("leave: %w", err)
	}
	return nil
}

// Close ends everything at once. The others take this pod for dead, unless it left.
func (c *Cluster) Close() error {
	c.ending.Lock()
	defer c.ending.Unlock()
	c.closeOnce.Do(func() {
		c.stop()
		c.work.Wait()
		c.await("this pod has stopped")
		if l := c.current(); l != nil {
			l.end()
		}
		if c.socket != nil {
			c.socket.close()
		}
		if c.peers != nil {
			c.peers.Close()
		}
		c.view.Store(new(View))
	})
	return nil
}

// View returns the members of the moment.
func (c *Cluster) View() *View { return c.view.Load() }

// Region implements actors.Placement.
func (c *Cluster) Region(id canvas.RegionID) *actor.PID { return c.View().region(id).region }

// Before implements actors.Placement.
func (c *Cluster) Before(id canvas.RegionID) []*actor.PID { return c.View().region(id).before }

// Presence implements actors.Placement.
func (c *Cluster) Presence() *actor.PID { return c.View().presence }

// Gateways implements actors.Placement. Draining gateways are included: they have users until they
// leave.
func (c *Cluster) Gateways() []string { return slices.Clone(c.View().gateways) }

// Has implements actors.Placement.
func (c *Cluster) Has(address string) bool { return c.View().addresses[address] }

// Keepers implements actors.Placement.
func (c *Cluster) Keepers() []decisions.Member { return c.View().keepers }

// Deputies implements standaside.Deputies.
func (c *Cluster) Deputies() (addresses []string) {
	for _, m := range c.View().Members() {
		if m.Roles.Has(RoleCanvas) && !m.Self && !m.Draining && !m.Aside {
			addresses = append(addresses, m.Peer)
		}
	}
	return addresses
}

// StepAside implements standaside.Deputies.
func (c *Cluster) StepAside(aside bool) {
	c.aside.Store(aside)
	c.changed()
}
