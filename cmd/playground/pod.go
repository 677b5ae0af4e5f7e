package main

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net"
	"sync/atomic"
	"time"

	"pixelplayground/actors"
	"pixelplayground/actors/canvas"
	"pixelplayground/actors/journey"
	"pixelplayground/actors/record"
	"pixelplayground/actors/record/pacing"
	"pixelplayground/actors/store/bolt"
	"pixelplayground/cluster"
	"pixelplayground/cmd/commandline"
	"pixelplayground/cmd/playground/backup"
	"pixelplayground/cmd/playground/gateway"
	"pixelplayground/cmd/playground/process"
	"pixelplayground/cmd/playground/settings"
	"pixelplayground/transport"
	"pixelplayground/transport/api"
	"pixelplayground/transport/api/admin"
	"pixelplayground/transport/api/history"
	"pixelplayground/transport/api/metrics"
	"pixelplayground/transport/api/templates"
	"pixelplayground/transport/auth"
	"pixelplayground/web"
)

// pod is a running server: the store, the actors over it, the connections to other pods, and the
// front that people or operators reach. A field that is nil has not been started.
type pod struct {
	cfg      settings.Config
	log      *slog.Logger
	store    keeper
	others   *cluster.Cluster // nil: this pod is alone
	node     *actors.Node
	front    front
	admin    *operators  // nil: the front serves operators too
	asked    chan string // cap 1: an operator wants the pod to drain
	sessions *admin.Sessions
	people   *auth.People   // nil: this pod is no gateway
	usher    *gateway.Usher // nil: there are no other pods, or this one is no gateway
	started  time.Time
	draining atomic.Bool         // the API reports it to whatever sends clients here
	listed   *templates.Follower // nil: there is no list of templates
	offered  func()              // ends backups; nil: they have not begun
	kept     func()              // ends the keeping of the record within its bounds; nil: it has none
	settled  func()              // ends the rereading of secrets; nil: it has not begun
	untidy   func()              // ends the tidying of memory; nil: it has not begun
	dismiss  func()              // ends the usher's work; nil: it has not begun
	traced   func()              // ends the sending of traces; nil: none are sent
	unlist   func()              // ends the following of the list of templates; nil: it has not begun
	forget   func()              // ends the watching of the canvas's secret; nil: it has not begun
}

// front is what listens: *transport.Server on a gateway, else *operators.
type front interface {
	Listen() error
	Addr() net.Addr
	// Drain tells clients to go elsewhere and waits until they have gone or ctx ends.
	Drain(ctx context.Context, notice transport.Notice) error
	Close()
}

// open starts a pod, from the store up.
func open(cfg settings.Config, log *slog.Logger) (_ *pod, err error) {
	live, sockets, http := cfg.Actors(), cfg.Transport(log), cfg.API()
	if err := cmp.Or(live.Validate(), sockets.Validate(), http.Validate(), cfg.Cluster(log).Validate()); err != nil {
		return nil, err
	}
	p := &pod{cfg: cfg, log: log, asked: make(chan string, 1), started: time.Now().UTC().Truncate(time.Millisecond)}
	sockets.People = visitors{p}
	defer func() {
		if err != nil {
			_ = p.close(context.Background()) // err is the error to report
		}
	}()

	sender := p.traces()
	if sender != nil {
		sockets.Follower = journey.Follow(cfg.TracesEvery, sender.Take)
	}
	// The addresses come first: a server that can't listen must not make a data directory.
	server := transport.New(sockets) // one shard per core, so this comes before openStore raises GOMAXPROCS
	if cfg.AdminListen != "" {
		p.admin = newOperators(cfg.AdminListen, cfg.Proxies, log)
	}
	operators := newOperators(cfg.Listen, cfg.Proxies, log)
	p.front = operators
	if cfg.Gateway {
		p.front = server
	}
	if err := p.front.Listen(); err != nil {
		return nil, err
	}
	if p.admin != nil {
		if err := p.admin.Listen(); err != nil {
			return nil, err
		}
	}
	ports := actors.Ports{Audience: server, Host: around{p, server}, Log: log}
	if len(cfg.Join) > 0 {
		others := cfg.Cluster(log)
		others.Store = p.identity
		p.others = cluster.New(others)
		if err := p.others.Listen(); err != nil {
			return nil, err
		}
		ports.System, ports.Placement, ports.Deputies = p.others.System(), p.others, p.others
	}
	kept, counters, err := openStore(cfg, log)
	if err != nil {
		return nil, err
	}
	if p.others != nil {
		counters = append(counters,
			metrics.Counter{Name: "peer_messages_dropped_total", Help: "Messages to actors of other servers that could not be sent.", Value: p.others.Unsent()},
			metrics.Counter{Name: "peer_messages_refused_total", Help: "Messages from other servers that can't be true, or are of a kind that this version does not know.", Value: p.others.Refused()},
		)
	}
	p.store, ports.Store, ports.Documents = kept, kept, kept
	files, err := openRecord(cfg, kept, log)
	if err != nil {
		return nil, err
	}
	var recorded history.Record // nil: there is none
	var reader *record.Reader   // the same
	if files != nil {
		reader = record.NewReader(files, kept, record.Config{Geometry: cfg.Geometry, Log: log})
		recorded, ports.Past = reader, reader
	}
	if files != nil && cfg.Canvas {
		writer := record.NewWriter(files, kept, record.Config{Geometry: cfg.Geometry, Noted: p.noteGap, Rest: pacing.Rest, Log: log})
		ports.Recorder, counters = writer, append(counters, recordCounters(writer.Counts())...)
		if keep := cfg.Record.Keep(); keep != (record.Keep{}) {
			p.kept = process.InBackground(newRecordKeeper(keep, kept, writer.Prune, cfg.Node, log).run)
		}
	}
	var people api.People // nil: this pod is no gateway
	if cfg.Gateway {
		p.people = auth.New(cfg.People(), kept, nil, log)
		p.people.Tell(p.ends(server))
		people = p.people
	}
	if cfg.Gateway && cfg.Templates != nil {
		p.listed = templates.New(cfg.Templates, server.TellOfTemplates, log)
	}
	if embedded, ok := kept.(*bolt.Store); ok {
		p.offered = backup.Offer(cfg, embedded, lasting(), log)
	}
	p.node = actors.New(live, ports)
	if sender != nil {
		p.node.Stats().Follower = sockets.Follower
		counters = append(counters, traceCounters(sender)...)
		p.traced = process.InBackground(sender.Run)
	}
	if p.people != nil {
		p.people.UseAllowances(p.left)
		p.people.UseJudge(judge{p})
		p.people.UseAudit(p.operated)
	}
	var standing api.Standing
	if p.others != nil && cfg.Gateway {
		p.usher = gateway.New(peers{p}, server, transport.Notice{Text: "Moving to another server", Retry: goElsewhere, Spread: elsewhereSpread}, log)
		standing = p.usher
	}
	handlers, err := api.New(http, api.Ports{
		Canvas: p.node, Record: recorded, Rules: p.rules(reader), Templates: p.listed, People: people, Cluster: members{p}, Inspectors: p.node, Store: ready{p}, Standing: standing, Pages: web.Files(), AdminPages: web.Admin(), Sockets: server.Counters(), Counters: counters,
		Origin: sockets.AllowedOrigins.Allow, Foreign: sockets.AllowedOrigins.Foreign, Draining: p.draining.Load, Recording: p.node.Recording, Log: log,
	})
	if err != nil {
		return nil, err
	}
	p.sessions = handlers.Sessions
	return p, p.begin(server, operators, handlers)
}

// begin starts what open has wired: the actors, then everything that brings them messages.
func (p *pod) begin(server *transport.Server, operators *operators, handlers api.Handlers) error {
	p.untidy = process.InBackground(func(ctx context.Context) {
		process.TidyMemory(ctx, func() int64 { return p.node.Stats().Pixels.Load() + server.Counters().Pixels.Load() })
	})
	if err := p.node.Open(); err != nil {
		return err
	}
	if p.others != nil {
		seen := witness{note: p.node.Note}
		moved := func() {
			members := p.others.View().Members()
			seen.see(members)
			if p.usher != nil {
				p.usher.See(members)
			}
			p.node.Moved()
		}
		if err := p.others.Open(moved); err != nil {
			return err
		}
	}
	if p.usher != nil {
		p.dismiss = process.InBackground(p.usher.Run)
	}
	if all := p.rereads(); len(all) > 0 {
		p.settled = process.InBackground(func(ctx context.Context) {
			tick := time.NewTicker(rereadEvery)
			defer tick.Stop()
			rereadAll(ctx, all, tick.C, p.log)
		})
	}
	if p.admin != nil {
		p.admin.open(handlers.Admin)
		p.log.Info("serving operators", "url", urlOf(p.admin.Addr()))
	}
	if p.cfg.Gateway {
		// Most stores answer at once, so that the first guests need not come again.
		soon, cancel := context.WithTimeout(context.Background(), learnPatience)
		_ = p.people.Learn(soon) // Run says what is wrong, and tries again
		cancel()
		p.forget = process.InBackground(p.people.Run)
		if p.listed != nil {
			p.unlist = process.InBackground(p.listed.Run)
		}
		process.WarnOfDescriptors(commandline.Descriptors(), p.cfg.Transport(p.log).Descriptors()+operatorsMost, p.log)
		return server.Open(host{p.node}, handlers.All)
	}
	operators.open(handlers.All)
	return nil
}

// learnPatience is how long the start waits for the secret of the canvas.
const learnPatience = time.Second

// identity names the Redis that the pod keeps the canvas in, once the pod knows it. A pod with
// others has no other store.
func (p *pod) identity() string {
	if known, ok := p.store.(interface{ Identity() string }); ok {
		return known.Identity()
	}
	return ""
}

// host is the node as transport sees it.
type host struct{ *actors.Node }

func (h host) Connect(v canvas.ViewerID, network canvas.Network, person canvas.Person, out actors.Outbox) transport.ConnectionActor {
	return h.Node.Connect(v, network, person, out)
}

// url is where a browser on this computer finds the pod.
func (p *pod) url() string { return urlOf(p.front.Addr()) }

func urlOf(at net.Addr) string {
	host, port, _ := net.SplitHostPort(at.String()) // a listener's address is well formed
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, port)
}

// Clients are told when to come back, spread so that they don't all come at once. A server alone
// needs time to restart; in a cluster another pod takes them at once.
const (
	comeBack        = 500 * time.Millisecond
	comeBackSpread  = time.Second
	goElsewhere     = 20 * time.Millisecond
	elsewhereSpread = 500 * time.Millisecond
)

// close stops a pod from the top down. It tells whatever sends clients here; it hands its regions
// to other pods and sends its clients away at the same time; it lets the actors commit what they
// have accepted, leaves the cluster, and closes the store. Clients that have not left before ctx
// ends are cut off.
func (p *pod) close(ctx context.Context) error {
	p.draining.Store(true)
	if p.dismiss != nil {
		p.dismiss()
	}
	if p.forget != nil {
		p.forget()
	}
	if p.unlist != nil {
		p.unlist()
	}
	notice := transport.Notice{Text: "This server is restarting", Retry: comeBack, Spread: comeBackSpread}
	var failed error
	handed := make(chan error, 1) // sent to once, by the goroutine below
	if p.others != nil && p.node != nil {
		notice.Retry, notice.Spread = goElsewhere, elsewhereSpread
		if err := p.others.Drain(ctx); err != nil { // other pods hear of it when this one hands its regions over
			p.log.Warn("other servers may not have been told that this one drains", "err", err)
		}
		go func() { handed <- p.node.HandOver(ctx) }()
	} else {
		handed <- nil
	}
	if p.front != nil {
		failed = errors.Join(failed, p.front.Drain(ctx, notice))
		failed = errors.Join(failed, <-handed)
		p.front.Close()
	}
	if p.admin != nil {
		p.admin.Close()
	}
	if p.node != nil {
		p.node.Close()
	}
	if p.kept != nil {
		p.kept()
	}
	if p.settled != nil {
		p.settled()
	}
	if p.others != nil {
		if err := p.others.Leave(ctx); err != nil { // other pods, if any are left, find out by themselves
			p.log.Warn("other servers may not have been told that this one leaves", "err", err)
		}
		failed = errors.Join(failed, p.others.Close())
	}
	if p.offered != nil {
		p.offered()
	}
	if p.store != nil {
		failed = errors.Join(failed, p.store.Close())
	}
	if p.untidy != nil {
		p.untidy()
	}
	if p.traced != nil { // last: a collector that hangs keeps nobody waiting
		p.traced()
	}
	return failed
}
