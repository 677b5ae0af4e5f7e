package metrics

import (
	"context"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"pixelplayground/actors/telemetry"
	"pixelplayground/transport/api/answer"
	"pixelplayground/transport/stats"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// namespace begins the name of every metric of this program.
const namespace = "pixelplayground"

// Metrics is the pod's metrics for Prometheus, in their own registry.
type Metrics struct {
	http.Handler
	answers *prometheus.CounterVec // by route and status
}

// Source is what the metrics are read from.
type Source struct {
	Version string // of the program
	Node    string // this pod's name
	Users   func() int
	Actors  *telemetry.Stats
	Sockets *stats.Counters
	More    []Counter // what else is shown, for example the store's own
}

// New makes the metrics. It sets the observers of Actors and Sockets, and so must be called
// before they are used.
func New(from Source) *Metrics {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m := &Metrics{
		Handler: promhttp.HandlerFor(prometheus.GathererFunc(once(registry.Gather)), promhttp.HandlerOpts{EnableOpenMetrics: from.Actors.Follower != nil}), // the form that has exemplars
		answers: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: namespace, Name: "http_responses_total", Help: "Requests answered, by route and status.",
		}, []string{"route", "code"}),
	}
	registry.MustRegister(m.answers)

	reg := register{registry}
	reg.gauge("build_info", "The program that is running; always 1.",
		prometheus.Labels{"version": from.Version, "node": from.Node}, func() float64 { return 1 })
	reg.gauge("users", "Users of the whole canvas, as this node shows it.", nil, func() float64 { return float64(from.Users()) })
	reg.actors(from.Actors)
	reg.sockets(from.Sockets)
	for _, c := range from.More {
		reg.counter(c.Name, c.Help, nil, c.read())
	}
	return m
}

// once makes callers share a read if they call at about the same time. They must not change the
// result.
func once[T any](read func() (T, error)) func() (T, error) {
	all := answer.NewShared[T]()
	return func() (T, error) {
		return all.Get(context.Background(), func(T) (T, error) { return read() }, nil)
	}
}

// Answered counts a response.
func (m *Metrics) Answered(route string, status int) {
	m.answers.WithLabelValues(route, strconv.Itoa(status)).Inc()
}

// register adds metrics whose values are read from elsewhere when Prometheus asks.
type register struct{ *prometheus.Registry }

func (r register) gauge(name, help string, labels prometheus.Labels, read func() float64) {
	r.MustRegister(prometheus.NewGaugeFunc(
		prometheus.GaugeOpts{Namespace: namespace, Name: name, Help: help, ConstLabels: labels}, read))
}

func (r register) count(name, help string, labels prometheus.Labels, value *atomic.Int64) {
	r.counter(name, help, labels, func() float64 { return float64(value.Load()) })
}

func (r register) counter(name, help string, labels prometheus.Labels, read func() float64) {
	r.MustRegister(prometheus.NewCounterFunc(
		prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help, ConstLabels: labels}, read))
}

// seconds adds a histogram of 15 buckets, each twice the one before.
func (r register) seconds(name, help string, least time.Duration) func(time.Duration) {
	observe := r.traced(name, help, least)
	return func(d time.Duration) { observe(d, "") }
}

// traced adds such a histogram. Each bucket has the last observation with a trace as its exemplar.
func (r register) traced(name, help string, least time.Duration) func(took time.Duration, trace string) {
	h := prometheus.NewHistogram(prometheus.HistogramOpts{
		Namespace: namespace, Name: name, Help: help, Buckets: prometheus.ExponentialBuckets(least.Seconds(), 2, 15),
	})
	r.MustRegister(h)
	return func(took time.Duration, trace string) {
		if trace == "" {
			h.Observe(took.Seconds())
			return
		}
		h.(prometheus.ExemplarObserver).ObserveWithExemplar(took.Seconds(), prometheus.Labels{"trace_id": trace})
	}
}

// tally adds counters of one name whose label values are known only when they are read.
func (r register) tally(name, help, label string, read func(count func(value string, n int64))) {
	r.MustRegister(tally{prometheus.NewDesc(prometheus.BuildFQName(namespace, "", name), help, []string{label}, nil), read})
}

type tally struct {
	desc *prometheus.Desc
	read func(count func(value string, n int64))
}

func (t tally) Describe(out chan<- *prometheus.Desc) { out <- t.desc }

func (t tally) Collect(out chan<- prometheus.Metric) {
	t.read(func(value string, n int64) {
		out <- prometheus.MustNewConstMetric(t.desc, prometheus.CounterValue, float64(n), value)
	})
}

// Counter is a number that only rises. Its name is without the program's prefix.
type Counter struct {
	Name, Help string
	Value      *atomic.Int64
	Read       func() float64 // in place of Value, if that is nil
}

func (c Counter) read() func() float64 {
	if c.Value == nil {
		return c.Read
	}
	return func() float64 { return float64(c.Value.Load()) }
}
