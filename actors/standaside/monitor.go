// Package standaside makes a pod whose store takes no commits stand aside, as long as the stores of others
// do: they get its regions, and it owns none. It decides that from what it sees of its own store and
// what others say of theirs, and leaves it to the pod's Deputies to let the others know.
package standaside

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"pixelplayground/actors/message"
	"pixelplayground/actors/telemetry"
)

// Deputies knows the other pods that could take this one's regions. No method blocks.
type Deputies interface {
	// Deputies lists the addresses of those that would: pods that are neither draining nor aside.
	Deputies() []string
	// StepAside makes this pod own nothing as long as others can, as if it were draining, or ends
	// that.
	StepAside(aside bool)
}

// Pod is what a monitor needs of its pod.
type Pod struct {
	Deputies   Deputies                                          // nil: nobody could stand in for it
	Ping       func(context.Context) error                       // calls the store
	Ask        func(context.Context, []string) []*message.Report // asks pods for brief reports, in the order of their addresses; nil: it gave none
	Background func(func(context.Context))                       // runs a call on its own goroutine
	Now        func() time.Time
	After      func(time.Duration, func()) // calls once, on its own goroutine
	Stats      *telemetry.Stats
	Log        *slog.Logger
}

// Monitor keeps checking whether a pod's store takes commits. It makes the pod stand aside when the
// store does not and that of others does: see policy. Any goroutine may call it.
type Monitor struct {
	pod   Pod
	aside atomic.Bool

	mu      sync.Mutex
	closed  bool
	policy  policy
	called  time.Time // when the last call began
	asking  bool      // others are being asked
	asked   time.Time // when they were last asked
	trouble error     // error of the last call; nil: it succeeded
	since   time.Time // when the pod stood aside
}

const (
	// lookEvery is how often it checks whether something is due.
	lookEvery = 100 * time.Millisecond
	// askEvery is how often others are asked, and askTime how long they have to answer.
	askEvery, askTime = 250 * time.Millisecond, 400 * time.Millisecond
	// askedAtOnce is how many of them are asked: one that can commit is enough.
	askedAtOnce = 3
)

// New makes a monitor that does nothing yet.
func New(pod Pod) *Monitor { return &Monitor{pod: pod} }

// Aside reports whether the pod stands aside.
func (m *Monitor) Aside() bool { return m.aside.Load() }

// Open begins to check. A pod whose store does not answer stands aside until the store has answered
// once: a pod that starts without its store must not be given regions that others can serve.
func (m *Monitor) Open(ctx context.Context) {
	if m.pod.Deputies == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	if err := m.pod.Ping(ctx); err != nil {
		m.mu.Lock()
		m.trouble, m.policy = err, policy{aside: true, blank: true}
		m.mu.Unlock()
		m.stand(true)
	}
	m.tick()
}

// Close ends it: no call begins after it has returned.
func (m *Monitor) Close() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = true
}

func (m *Monitor) tick() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return
	}
	m.pod.After(lookEvery, m.tick)
	now := m.pod.Now()
	if m.policy.due(m.called, now) {
		m.called = now
		m.pod.Background(func(ctx context.Context) { m.call(ctx, now) })
	}
	if !m.asking && m.policy.asks() && (now.Sub(m.asked) >= askEvery || m.policy.asksAgain(m.asked, now)) {
		m.asking, m.asked = true, now
		m.pod.Background(func(ctx context.Context) { m.ask(ctx, now) })
	}
	m.decide(now)
}

func (m *Monitor) call(ctx context.Context, began time.Time) {
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	err := m.pod.Ping(ctx)
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.pod.Now()
	if err == nil {
		m.trouble = nil
		m.policy.succeeded(began, now)
	} else if m.policy.failed(began) {
		m.trouble = err
	}
	m.decide(now)
}

// ask asks some of the pods that would get the regions whether their stores take commits now.
func (m *Monitor) ask(ctx context.Context, asked time.Time) {
	deputies := m.pod.Deputies.Deputies()
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	can, told := false, len(deputies) == 0
	for _, report := range m.pod.Ask(ctx, message.SomeOf(deputies, askedAtOnce)) {
		told = told || report != nil
		can = can || report != nil && report.Store == ""
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.asking = false
	now := m.pod.Now()
	if told {
		m.policy.told(can, asked, now)
	}
	m.decide(now)
}

// decide makes the pod stand aside, or come back, when it is time. mu must be held.
func (m *Monitor) decide(now time.Time) {
	if m.closed {
		return
	}
	starting, failing, good := m.policy.blank, m.policy.failing, m.policy.good
	if !m.policy.decide(now) {
		return
	}
	m.stand(m.policy.aside)
	switch {
	case m.policy.aside:
		m.since = now
		m.pod.Stats.StoodAside.Add(1)
		m.pod.Log.Warn("standing aside: this pod's store takes no commits and that of others does, so they get its regions",
			"failing", now.Sub(failing).Round(time.Millisecond), "err", m.trouble)
	case !starting:
		m.pod.Log.Info("the store takes commits again: this pod takes its share of the regions back",
			"after", now.Sub(m.since).Round(time.Millisecond), "good", now.Sub(good).Round(time.Millisecond))
	}
}

func (m *Monitor) stand(aside bool) {
	m.aside.Store(aside)
	n := int64(0)
	if aside {
		n = 1
	}
	m.pod.Stats.Aside.Store(n)
	m.pod.Deputies.StepAside(aside)
}

// Trouble returns why the last call failed; nil: it succeeded, or none was made.
func (m *Monitor) Trouble() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.trouble
}
