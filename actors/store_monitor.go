package actors

import (
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"pixelplayground/actors/message"
)

// storeMonitor keeps checking whether this pod's store takes commits. It makes the pod stand aside
// when the store does not and that of others does: see asidePolicy. Only on a pod with deputies
// does it do anything. Any goroutine may call it.
type storeMonitor struct {
	pod   *Node
	aside atomic.Bool

	mu      sync.Mutex
	closed  bool
	policy  asidePolicy
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

// open begins to check. A pod whose store does not answer stands aside until the store has answered
// once: a pod that starts without its store must not be given regions that others can serve.
func (m *storeMonitor) open() {
	if m.pod.deputies == nil || !m.pod.cfg.Canvas {
		return
	}
	ctx, cancel := context.WithTimeout(m.pod.workCtx, callTime)
	defer cancel()
	if err := m.pod.store.Ping(ctx); err != nil {
		m.mu.Lock()
		m.trouble, m.policy = err, asidePolicy{aside: true, blank: true}
		m.mu.Unlock()
		m.stand(true)
	}
	m.tick()
}

// close ends it: no call begins after it has returned.
func (m *storeMonitor) close() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = true
}

func (m *storeMonitor) tick() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return
	}
	m.pod.clock.AfterFunc(lookEvery, m.tick)
	now := m.pod.clock.Now()
	if m.policy.due(m.called, now) {
		m.called = now
		m.pod.background(func(ctx context.Context) { m.call(ctx, now) })
	}
	if !m.asking && m.policy.asks() && (now.Sub(m.asked) >= askEvery || m.policy.asksAgain(m.asked, now)) {
		m.asking, m.asked = true, now
		m.pod.background(func(ctx context.Context) { m.ask(ctx, now) })
	}
	m.decide(now)
}

func (m *storeMonitor) call(ctx context.Context, began time.Time) {
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	err := m.pod.store.Ping(ctx)
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.pod.clock.Now()
	if err == nil {
		m.trouble = nil
		m.policy.succeeded(began, now)
	} else if m.policy.failed(began) {
		m.trouble = err
	}
	m.decide(now)
}

// ask asks some of the pods that would get the regions whether their stores take commits now.
func (m *storeMonitor) ask(ctx context.Context, asked time.Time) {
	deputies := m.pod.deputies.Deputies()
	rand.Shuffle(len(deputies), func(i, j int) { deputies[i], deputies[j] = deputies[j], deputies[i] })
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	can, told := false, len(deputies) == 0
	for _, report := range m.pod.Survey(ctx, deputies[:min(len(deputies), askedAtOnce)], message.Inspect{Full: true, Brief: true}) {
		told = told || report != nil
		can = can || report != nil && report.Store == ""
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.asking = false
	now := m.pod.clock.Now()
	if told {
		m.policy.told(can, asked, now)
	}
	m.decide(now)
}

// decide makes the pod stand aside, or come back, when it is time. mu must be held.
func (m *storeMonitor) decide(now time.Time) {
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
		m.pod.stats.StoodAside.Add(1)
		m.pod.log.Warn("standing aside: this pod's store takes no commits and that of others does, so they get its regions",
			"failing", now.Sub(failing).Round(time.Millisecond), "err", m.trouble)
	case !starting:
		m.pod.log.Info("the store takes commits again: this pod takes its share of the regions back",
			"after", now.Sub(m.since).Round(time.Millisecond), "good", now.Sub(good).Round(time.Millisecond))
	}
}

func (m *storeMonitor) stand(aside bool) {
	m.aside.Store(aside)
	n := int64(0)
	if aside {
		n = 1
	}
	m.pod.stats.Aside.Store(n)
	m.pod.deputies.StepAside(aside)
}

// wrong returns what is wrong with the store, as far as is known without asking it; "": nothing.
func (m *storeMonitor) wrong() string {
	m.mu.Lock()
	trouble := m.trouble
	m.mu.Unlock()
	if trouble == nil {
		trouble = m.pod.outage.trouble()
	}
	if trouble == nil {
		return ""
	}
	return trouble.Error()
}
