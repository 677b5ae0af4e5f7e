package main

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"time"

	"pixelplayground/transport"
	"pixelplayground/transport/quota"
	"pixelplayground/transport/stats"
	"pixelplayground/transport/upgrade"
)

// operators is the front of a pod that is no gateway, and the port of --admin-listen: health,
// readiness, metrics, the dashboard. Strangers may reach it as they reach a gateway, so its connections
// are bounded in the same way.
type operators struct {
	acceptor *upgrade.Acceptor
	counters stats.Counters // of the acceptor
	refusals quota.Refusals
}

// operatorsPlaces is how many connections there are at most, besides the few for probes, and
// operatorsMost is all of them. It is far more than operators and what scrapes metrics ever have.
const (
	operatorsPlaces = 512
	operatorsMost   = operatorsPlaces + upgrade.SparePlaces
)

// operatorsHead is how long the head of a request may take.
const operatorsHead = 10 * time.Second

func newOperators(address string, proxies quota.Proxies, log *slog.Logger) *operators {
	proxies.Protocol = false // see --proxy-header: that is about where people are
	o := &operators{refusals: quota.NewRefusals(log, time.Now)}
	o.acceptor = upgrade.New(upgrade.Config{
		Listen: address, Proxies: proxies, Places: operatorsPlaces, Timeout: operatorsHead,
		Refusals: &o.refusals, Counters: &o.counters, Faults: stats.NewFaults(log, &o.counters.Faults), Log: log,
	})
	return o
}

func (o *operators) Listen() error { return o.acceptor.Listen() }

func (o *operators) open(handler http.Handler) { o.acceptor.Open(nil, handler) }

func (o *operators) Addr() net.Addr { return o.acceptor.Addr() }

// Drain does nothing: there are no clients to tell.
func (o *operators) Drain(context.Context, transport.Notice) error { return nil }

func (o *operators) Close() {
	o.acceptor.Stop()
	o.acceptor.Wait()
}
