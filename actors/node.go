// Package actors is the live canvas: the connection, relay, presence, roster and inspector actors, one
// file each, and the Node that runs these and all other actors of one pod. What orders and commits pixels
// is in actors/regions. It leaves sockets and encodings to transport, storage to
// actors/store, and other pods to cluster. Those come in through the ports in ports.go;
// cmd/playground wires them.
package actors

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"pixelplayground/actors/allowances"
	"pixelplayground/actors/canvas"
	"pixelplayground/actors/decisions"
	"pixelplayground/actors/mailbox"
	"pixelplayground/actors/message"
	"pixelplayground/actors/record/rollback"
	"pixelplayground/actors/regions"
	"pixelplayground/actors/rollbacks"
	"pixelplayground/actors/standaside"
	"pixelplayground/actors/store"
	"pixelplayground/actors/storehealth"
	"pixelplayground/actors/telemetry"
)

// Ports is what a node needs from outside.
type Ports struct {
	Store     store.Store
	Documents store.Documents // for allowances; nil: they are in memory alone
	Audience  Audience
	Placement Placement           // nil: everything is on this node
	Deputies  standaside.Deputies // nil: nobody could stand in for this pod
	Recorder  regions.Recorder    // nil: nothing is recorded
	Past      rollback.Past       // what was recorded; nil: nothing can be taken back
	Host      HostInfo            // nil: the inspector knows only about actors
	System    *actor.ActorSystem  // nil: a new one that knows no other pods
	Clock     Clock               // nil: the real one
	Log       *slog.Logger        // nil: none
}

// Node runs the actors of one pod. Any goroutine may use its parts.
type Node struct {
	// For all actors.
	cfg   Config
	clock Clock
	log   *slog.Logger
	runtime
	records
	audience  Audience
	placement Placement
	host      HostInfo // for the inspector
	draining  atomic.Bool

	// For regions.
	store        store.Store
	storeMonitor *standaside.Monitor
	outage       *storehealth.Outage
	silence      storehealth.Silence
	claimWatcher *claimWatcher
	owning       *regions.Pod
	rests        *rests // for relays, too

	// For relays and the roster.
	holds   []atomic.Bool // by RegionID, as long as relays: the relay has a replica. Relays write, anyone reads
	streams atomic.Uint64 // numbers the relays' streams
	users   atomic.Int64  // of the whole canvas, as shown last
	memory  rosterMemory  // the roster's

	// For the rules.
	decisions *decisions.Pod
	rollbacks *rollbacks.Pod                    // nil: nothing is taken back here
	rules     atomic.Pointer[decisions.InForce] // never nil; the rules actor replaces them

	// For allowances, and for those who lease from them.
	leasing *allowances.Pod

	pids
	closeOnce sync.Once
}

// records is what the inspector answers with.
type records struct {
	stats   telemetry.Stats
	observe *telemetry.Observer
	events  *telemetry.Events
}

// pids are a pod's actors. Open sets them; from then on they are read-only. On a pod that is no
// gateway, relays is empty and roster is nil; on one that is no canvas pod, regions is empty and
// presence is nil.
type pids struct {
	relays, regions             []*actor.PID // by RegionID
	archivists                  []*actor.PID // by RegionID; empty: nothing is recorded
	presence, roster, inspector *actor.PID
	allowances                  *actor.PID // their front
	decider                     *actor.PID // the rules actor; nil: nothing can be decided
	opened                      time.Time
}

// New makes a node and starts nothing. The config must be valid.
func New(cfg Config, ports Ports) *Node {
	n := &Node{
		cfg: cfg, clock: ports.Clock, log: ports.Log, store: ports.Store, audience: ports.Audience, placement: ports.Placement, host: ports.Host,
		memory: rosterMemory{members: make(map[canvas.ViewerID]member)},
	}
	if n.clock == nil {
		n.clock = realClock{}
	}
	if n.log == nil {
		n.log = slog.New(slog.DiscardHandler)
	}
	n.observe, n.events = telemetry.NewObserver(&n.stats, n.clock.Now), telemetry.NewEvents(cfg.Node, n.clock.Now)
	n.runtime = newRuntime(ports.System, n.log, n.observe)
	n.connectionProps = n.props(message.KindConnection, "", func() actor.Actor { return &connection{pod: n} })
	if n.placement == nil {
		n.placement = alone{n.system}
	}
	if n.host == nil {
		n.host = noHostInfo{}
	}
	n.leasing = allowances.New(allowances.Needs{
		System: n.system, Documents: ports.Documents, Stats: &n.stats, Log: n.log,
		Props:  func(producer func() actor.Actor) *actor.Props { return n.props(message.KindAllowance, "", producer) },
		Owners: func() allowances.Owners { return n.placement.Allowances() },
		Number: func() uint64 { return n.streams.Add(1) },
		Now:    n.clock.Now, After: n.clock.AfterFunc, Later: n.later, Background: n.background, Unhandled: n.unhandled,
		Beat: cfg.Beat, Yield: cfg.Yield, Patience: cfg.Patience,
	})
	n.claimWatcher, n.rests = &claimWatcher{pod: n}, newRests(n)
	n.outage = storehealth.NewOutage(storehealth.OfStore(n.log), n.events)
	n.storeMonitor = standaside.New(standaside.Pod{
		Deputies: ports.Deputies, Now: n.clock.Now, After: n.clock.AfterFunc, Background: n.background, Stats: &n.stats, Log: n.log,
		Ping: func(ctx context.Context) error { return n.store.Ping(ctx) },
		Ask: func(ctx context.Context, addresses []string) []*message.Report {
			return n.Survey(ctx, addresses, message.Inspect{Full: true, Brief: true})
		},
	})
	n.owning = n.newOwning(ports.Recorder)
	n.decisions = n.newDecisions(ports)
	if ports.Past != nil && ports.Documents != nil && cfg.Gateway {
		n.rollbacks = n.newRollbacks(ports)
	}
	// A relay that comes back under an old name must not be taken for its predecessor.
	n.streams.Store(uint64(n.clock.Now().UnixNano()))
	return n
}

// newOwning makes what the regions of this pod share.
func (n *Node) newOwning(recorder regions.Recorder) *regions.Pod {
	all := 0
	if n.cfg.Canvas {
		all = n.cfg.Geometry.Regions()
	}
	return regions.New(regions.Needs{
		Settings: regions.Settings{
			Node: n.cfg.Node, BatchPixels: n.cfg.BatchPixels, QueuePixels: n.cfg.QueuePixels, RingPixels: n.cfg.RingPixels, RingOf: n.cfg.ringPixels,
			Beat: n.cfg.Beat, PointersEvery: n.cfg.PointersEvery, StoreTimeout: n.cfg.StoreTimeout, Patience: n.cfg.Patience, RegionPatience: n.cfg.regionPatience(),
			AskTime: n.cfg.askTime(), Yield: n.cfg.Yield, RecordPixels: n.cfg.RecordPixels, RecordAge: n.cfg.RecordAge,
		},
		System: n.system, Store: n.store, Placement: n.placement, Recorder: recorder, Rules: n.rules.Load, Decider: func() *actor.PID { return n.decider },
		Rests: n.rests, ClaimWatcher: n.claimWatcher, StoreMonitor: n.storeMonitor, Outage: n.outage, Silence: &n.silence,
		Now: n.clock.Now, Later: n.later, Background: n.background, Unhandled: n.unhandled, Work: n.work, WorkCtx: n.workCtx,
		Stats: &n.stats, Observer: n.observe, Events: n.events, Log: n.log,
	}, all)
}

// Recording returns why the record can't be written, and since when; nil: it can, or there is none.
func (n *Node) Recording() error { return n.owning.Recording() }

// alone is the placement of a node that is alone.
type alone struct{ system *actor.ActorSystem }

func (h alone) Region(id canvas.RegionID) *actor.PID {
	return h.system.NewLocalPID(message.RegionName(id))
}
func (h alone) Before(canvas.RegionID) []*actor.PID { return nil }
func (h alone) Presence() *actor.PID                { return h.system.NewLocalPID(message.PresenceName) }
func (h alone) Gateways() []string                  { return []string{h.system.Address()} }
func (h alone) Has(string) bool                     { return true }
func (h alone) Keepers() []decisions.Member {
	return []decisions.Member{{Address: h.system.Address(), Canvas: true, Obeys: true}}
}
func (h alone) Allowances() allowances.Owners { return aloneOwners(h) }

// aloneOwners is the allowances.Owners of a node that is alone.
type aloneOwners struct{ system *actor.ActorSystem }

func (h aloneOwners) Owner(canvas.Subject) *actor.PID {
	return h.system.NewLocalPID(message.AllowanceName)
}
func (h aloneOwners) Before(canvas.Subject) []*actor.PID { return nil }
func (h aloneOwners) Members() []allowances.Member       { return nil }

// Open starts the actors that the pod's roles ask for. A region is claimed when it is
// first needed; what is asked of it meanwhile waits.
func (n *Node) Open() error {
	n.opened = n.clock.Now()
	var spawn spawner = func(kind message.Kind, name string, producer func() actor.Actor) (*actor.PID, error) {
		pid, err := n.system.Root.SpawnNamed(n.props(kind, name, producer), name)
		if err != nil {
			err = fmt.Errorf("start %s: %w", name, err)
		}
		return pid, err
	}
	var err error
	if n.inspector, err = spawn(message.KindInspector, message.InspectorName, func() actor.Actor { return &inspector{pod: n} }); err != nil {
		return err
	}
	front := allowances.NewFront(n.leasing)
	if n.allowances, err = spawn(message.KindAllowance, message.AllowanceName, func() actor.Actor { return front }); err != nil {
		return err
	}
	if err := n.openDecisions(spawn); err != nil {
		return err
	}
	if n.cfg.Canvas {
		if n.presence, err = spawn(message.KindPresence, message.PresenceName, func() actor.Actor { return newPresence(n) }); err != nil {
			return err
		}
		n.regions = make([]*actor.PID, n.cfg.Geometry.Regions())
	}
	for i := range n.regions {
		id := canvas.RegionID(i)
		if n.regions[i], err = spawn(message.KindRegion, message.RegionName(id), func() actor.Actor { return regions.NewRegion(n.owning, id) }); err != nil {
			return err
		}
	}
	n.archivists = make([]*actor.PID, n.owning.Archivists())
	for i := range n.archivists {
		id := canvas.RegionID(i)
		if n.archivists[i], err = spawn(message.KindArchivist, regions.ArchivistName(id), func() actor.Actor { return regions.NewArchivist(n.owning, id) }); err != nil {
			return err
		}
	}
	if len(n.regions) > 0 {
		n.claimWatcher.open()
		n.storeMonitor.Open(n.workCtx)
	}
	if n.cfg.Gateway {
		if n.roster, err = spawn(message.KindRoster, rosterName, func() actor.Actor { return newRoster(n) }); err != nil {
			return err
		}
		n.relays = make([]*actor.PID, n.cfg.Geometry.Regions())
		n.holds = make([]atomic.Bool, len(n.relays))
	}
	for i := range n.relays {
		id := canvas.RegionID(i)
		name, pending := message.KindRelay.String()+"/"+strconv.Itoa(i), newPendingOps(n.cfg.QueuePixels)
		if n.relays[i], err = spawn(message.KindRelay, name, func() actor.Actor { return newRelay(n, id, pending) }); err != nil {
			return err
		}
	}
	n.rests.open()
	if n.rollbacks != nil {
		n.work.Go(func() { n.rollbacks.Run(n.workCtx) })
	}
	return nil
}

// Moved tells the actors that the placement has changed. Call it after Open.
func (n *Node) Moved() {
	for _, pid := range n.regions {
		n.system.Root.Send(pid, regions.Moved{})
	}
	for _, pid := range slices.Concat(n.relays, []*actor.PID{n.presence, n.roster}) {
		if pid != nil {
			n.system.Root.Send(pid, moved{})
		}
	}
	n.system.Root.Send(n.allowances, allowances.Moved{})
	if n.decider != nil {
		n.system.Root.Send(n.decider, decisions.Moved{})
	}
}

// HandOver waits until the regions and allowances that the placement gives to other pods are theirs, or
// until ctx or Config.Retire ends. Close releases what is left.
func (n *Node) HandOver(ctx context.Context) error {
	var futures []*actor.Future
	for _, pid := range n.regions {
		futures = append(futures, n.system.Root.RequestFuture(pid, regions.HandOver{}, n.cfg.Retire))
	}
	futures = append(futures, n.system.Root.RequestFuture(n.allowances, allowances.HandOver{}, n.cfg.Retire))
	left := 0
	for _, f := range futures {
		if _, err := mailbox.Wait(ctx, f); err != nil {
			left++
		}
	}
	if left > 0 {
		return fmt.Errorf("hand over: not taken in time, regions or all allowances: %d", left)
	}
	return nil
}

// Ready returns nil if every region that this pod has would take a pixel now, else why not.
func (n *Node) Ready() error { return n.owning.Waits.Err(n.clock.Now(), n.cfg.Patience) }

// Drain refuses new ops from now on.
func (n *Node) Drain() { n.draining.Store(true) }

// Close commits what the regions have accepted, releases them and stops all actors. The
// store is the caller's to close afterwards. It may be called twice.
func (n *Node) Close() {
	n.Drain()
	n.closeOnce.Do(func() {
		var futures []*actor.Future
		for _, pid := range n.regions {
			if pid != nil {
				futures = append(futures, n.system.Root.RequestFuture(pid, regions.Retire{}, n.cfg.Retire))
			}
		}
		for i, f := range futures {
			if _, err := f.Result(); err != nil {
				n.log.Warn("region did not finish in time", "region", i, "err", err)
			}
		}
		if n.allowances != nil {
			if _, err := n.system.Root.RequestFuture(n.allowances, allowances.Retire{}, n.cfg.Retire).Result(); err != nil {
				n.log.Warn("what is left of allowances is not kept in time: they start empty", "err", err)
			}
		}
		n.rests.close()
		for _, pid := range slices.Concat(n.relays, n.regions, n.archivists, []*actor.PID{n.roster, n.presence, n.allowances, n.decider, n.inspector}) {
			if pid != nil {
				_ = n.system.Root.StopFuture(pid).Wait()
			}
		}
		n.storeMonitor.Close()
		n.stopWork()
		n.claimWatcher.close()
		n.work.Wait()
		if stuck := n.workers.Close(); stuck > 0 {
			n.log.Error("actors did not come to an end", "busy", stuck)
		}
		if n.ownSystem {
			n.system.Shutdown()
		}
	})
}

// Connect starts the actor of a new connection of a person from a network.
func (n *Node) Connect(v canvas.ViewerID, network canvas.Network, person canvas.Person, out Outbox) *Connection {
	pid, err := n.system.Root.SpawnNamed(n.connectionProps, connectionName(v))
	if err != nil {
		// Viewer ids are never used twice; a fault here must not pass unseen.
		n.log.Error("connection not started", "viewer", uint64(v), "err", err)
		out.Fail()
		return &Connection{pod: n, pid: n.system.NewLocalPID("nobody")}
	}
	n.system.Root.Send(pid, speakFor{v, network, person, out})
	return &Connection{pod: n, pid: pid}
}

// newSession makes an unguessable session.
func (n *Node) newSession() (s canvas.Session) {
	rand.Read(s[:]) // never fails: see crypto/rand
	return s
}
