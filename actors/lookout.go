package actors

import (
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
)

// lookout keeps looking whether this pod's store takes commits, and has the pod stand aside
// when it does not and the others' does: see footing. Only a pod with deputies has one that
// does anything. Any goroutine may call it.
type lookout struct {
	pod   *Node
	aside atomic.Bool

	mu      sync.Mutex
	closed  bool
	footing footing
	called  time.Time // when the last call began
	asking  bool      // others are being asked
	asked   time.Time // when they were last
	trouble error     // of the last call; nil: it succeeded
	since   time.Time // when the pod stood aside
}

const (
	// lookEvery is how often it looks whether something is due.
	lookEvery = 100 * time.Millisecond
	// askEvery and askTime are how often others are asked, and how long they have.
	askEvery, askTime = 250 * time.Millisecond, 400 * time.Millisecond
	// askedAtOnce is how many of them: one that can is enough.
	askedAtOnce = 3
)

// open begins to look. A pod whose store does not answer stands aside until it has answered
// once: one that starts without it must not be given regions that others can serve.
func (l *lookout) open() {
	if l.pod.deputies == nil || !l.pod.cfg.Canvas {
		return
	}
	ctx, cancel := context.WithTimeout(l.pod.workCtx, callTime)
	defer cancel()
	if err := l.pod.store.Ping(ctx); err != nil {
		l.mu.Lock()
		l.trouble, l.footing = err, footing{aside: true, blank: true}
		l.mu.Unlock()
		l.stand(true)
	}
	l.tick()
}

// close ends it: no call begins when it has returned.
func (l *lookout) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
}

func (l *lookout) tick() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return
	}
	l.pod.clock.AfterFunc(lookEvery, l.tick)
	now := l.pod.clock.Now()
	if l.footing.due(l.called, now) {
		l.called = now
		l.pod.background(func(ctx context.Context) { l.call(ctx, now) })
	}
	if !l.asking && now.Sub(l.asked) >= askEvery && l.footing.asks() {
		l.asking, l.asked = true, now
		l.pod.background(l.ask)
	}
	l.decide(now)
}

func (l *lookout) call(ctx context.Context, began time.Time) {
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	err := l.pod.store.Ping(ctx)
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.pod.clock.Now()
	if err == nil {
		l.trouble = nil
		l.footing.succeeded(began, now)
	} else if l.footing.failed(began) {
		l.trouble = err
	}
	l.decide(now)
}

// ask asks some of those that would have the regions whether their stores take commits now.
func (l *lookout) ask(ctx context.Context) {
	deputies := l.pod.deputies.Deputies()
	rand.Shuffle(len(deputies), func(i, j int) { deputies[i], deputies[j] = deputies[j], deputies[i] })
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	can, told := false, len(deputies) == 0
	for _, report := range l.pod.Survey(ctx, deputies[:min(len(deputies), askedAtOnce)], Inspect{Full: true}) {
		told = told || report != nil
		can = can || report != nil && report.Store == ""
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.asking = false
	now := l.pod.clock.Now()
	if told {
		l.footing.told(can, now)
	}
	l.decide(now)
}

// decide has the pod stand aside, or come back, when it is time to. mu must be held.
func (l *lookout) decide(now time.Time) {
	if l.closed {
		return
	}
	starting, failing, good := l.footing.blank, l.footing.failing, l.footing.good
	if !l.footing.decide(now) {
		return
	}
	l.stand(l.footing.aside)
	switch {
	case l.footing.aside:
		l.since = now
		l.pod.stats.StoodAside.Add(1)
		l.pod.log.Warn("standing aside: this pod's store takes no commits and that of others does, so they get its regions",
			"failing", now.Sub(failing).Round(time.Millisecond), "err", l.trouble)
	case !starting:
		l.pod.log.Info("the store takes commits again: this pod takes its share of the regions back",
			"after", now.Sub(l.since).Round(time.Millisecond), "good", now.Sub(good).Round(time.Millisecond))
	}
}

func (l *lookout) stand(aside bool) {
	l.aside.Store(aside)
	n := int64(0)
	if aside {
		n = 1
	}
	l.pod.stats.Aside.Store(n)
	l.pod.deputies.StepAside(aside)
}

// wrong is what is wrong with the store as far as is known without asking it; "": nothing.
func (l *lookout) wrong() string {
	l.mu.Lock()
	trouble := l.trouble
	l.mu.Unlock()
	if trouble == nil {
		trouble = l.pod.outage.trouble()
	}
	if trouble == nil {
		return ""
	}
	return trouble.Error()
}
