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
	"pixelplayground/actors/store"
	"pixelplayground/transport"
	"pixelplayground/transport/api"
	"pixelplayground/web"
)

// pod is a running server: the store, the actors over it, and the transport over them.
// What is nil has not been started.
type pod struct {
	store    store.Store
	node     *actors.Node
	server   *transport.Server
	draining atomic.Bool // told to the API, and by it to who sends clients here
}

// open starts a pod, from the store up.
func open(cfg config, log *slog.Logger) (_ *pod, err error) {
	live, sockets, http := cfg.actors(), cfg.transport(log), cfg.api()
	if err := cmp.Or(live.Validate(), sockets.Validate(), http.Validate()); err != nil {
		return nil, err
	}
	p := &pod{}
	defer func() {
		if err != nil {
			_ = p.close(context.Background()) // the error to report is the other
		}
	}()

	// First the address: a server that can't listen must not make a data directory.
	server := transport.New(sockets)
	if err := server.Listen(); err != nil {
		return nil, err
	}
	p.server = server
	kept, counters, err := openStore(cfg, log)
	if err != nil {
		return nil, err
	}
	p.store = kept
	p.node = actors.New(live, actors.Ports{Store: p.store, Audience: server, Log: log})
	handler, err := api.New(http, api.Ports{
		Canvas: p.node, Store: p.store, Pages: web.Files(), Sockets: server.Counters(), Counters: counters,
		Origin: sockets.Allows, Draining: p.draining.Load, Log: log,
	})
	if err != nil {
		return nil, err
	}
	if err := p.node.Open(); err != nil {
		return nil, err
	}
	if err := server.Open(host{p.node}, handler); err != nil {
		return nil, err
	}
	return p, nil
}

// host is the node as transport sees it.
type host struct{ *actors.Node }

func (h host) Connect(v actors.ViewerID, out actors.Outbox) transport.Session {
	return h.Node.Connect(v, out)
}

// url is where a browser on this computer finds the pod.
func (p *pod) url() string {
	host, port, _ := net.SplitHostPort(p.server.Addr().String()) // a listener's address is well formed
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, port)
}

// Clients are told to come back soon after a restart, spread so that they don't all come at once.
const (
	comeBack       = 500 * time.Millisecond
	comeBackSpread = time.Second
)

// close stops a pod from the top down: it tells who sends clients here, lets the clients go,
// then lets the actors commit what they have accepted, then closes the store. Clients
// that don't go before ctx ends are cut off.
func (p *pod) close(ctx context.Context) error {
	p.draining.Store(true)
	var failed error
	if p.server != nil {
		failed = p.server.Drain(ctx, transport.Notice{Text: "This server is restarting", Retry: comeBack, Spread: comeBackSpread})
		p.server.Close()
	}
	if p.node != nil {
		p.node.Close()
	}
	if p.store != nil {
		failed = errors.Join(failed, p.store.Close())
	}
	return failed
}
