// Package gateway is how a gateway among others stands: whether people should be sent to it, and which of
// its clients should go to others.
package gateway

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"pixelplayground/actors/message"
	"pixelplayground/cluster"
	"pixelplayground/transport"
	"pixelplayground/transport/stats"
)

// Usher keeps a gateway's standing up to date. It sends all clients elsewhere when the gateway is
// cut off, and some of them when the gateway has more than its share. All of this is paced and
// bounded: each client is sent away once for one reason, and a client that comes back stays.
type Usher struct {
	rest   Company
	doors  Doors
	notice transport.Notice // to those who are sent away
	log    *slog.Logger

	met map[string]time.Time // when this gateway first saw each gateway, by id; compare's own

	mu       sync.Mutex // guards:
	standing standing
	share    share
	cut      time.Time // since when the gateway is cut off; zero: it is not
	sent     time.Time // when clients were last sent away for that
	sending  sending
	doubted  bool // a canvas pod has said that its store takes nothing
	looks    int
}

// New makes the usher of a gateway. notice is what clients that are sent away are told.
func New(rest Company, doors Doors, notice transport.Notice, log *slog.Logger) *Usher {
	return &Usher{rest: rest, doors: doors, notice: notice, log: log}
}

// Company is the rest of the cluster, as an usher asks it.
type Company interface {
	Members() []cluster.Member
	// Answers reports whether any of these canvas pods answers.
	Answers(ctx context.Context, canvases []string) bool
	// Store returns why none of these canvas pods would take a pixel; nil: one would.
	Store(ctx context.Context, canvases []string) error
	// Ping asks this pod's own store.
	Ping(ctx context.Context) error
	// Holds reports whether this pod can show all of the canvas.
	Holds() bool
	// Connections returns how many connections each of these gateways has, without those that don't
	// answer.
	Connections(ctx context.Context, gateways []string) []int
}

// Doors is where clients come in and go out: *transport.Server.
type Doors interface {
	SendAway(n int, before time.Time, all bool, notice transport.Notice)
	Counters() *stats.Counters
}

// sending is clients that are being sent away.
type sending struct {
	left, step int
	before     time.Time
	all        bool
}

const (
	// ushersEvery is an usher's step. Once the pod could place, the usher looks at every second
	// step only.
	ushersEvery = 500 * time.Millisecond
	lookTimeout = time.Second
	// fewAsked is how many pods of a kind are asked at once: one answer is enough.
	fewAsked = 2
	// doubtEvery is after how many looks a canvas pod is asked about its store even though this
	// pod's own store answers.
	doubtEvery = 5
	// comparedWith is how many other gateways a gateway compares itself with.
	comparedWith = 8
	// tellAfter is how long a gateway is cut off before it sends its clients away: by then whatever
	// sends clients here has asked /readyz and knows. It does so at most once in sendAgain.
	tellAfter, sendAgain = 5 * time.Second, time.Minute
	// sendSteps is the number of steps over which clients are sent away: five seconds.
	sendSteps = 10
)

// Run is the usher's loop, until ctx is done.
func (u *Usher) Run(ctx context.Context) {
	tick := time.NewTicker(ushersEvery)
	defer tick.Stop()
	compared := time.Now()
	for n := 0; ; n++ {
		if n%2 == 0 || u.starting() {
			u.look(ctx, time.Now())
		}
		if now := time.Now(); now.Sub(compared) >= shareEvery {
			compared = now
			u.compare(ctx, now)
		}
		u.send()
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (u *Usher) starting() bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return !u.standing.proven
}

// See takes the current members.
func (u *Usher) See(members []cluster.Member) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.standing.see(members)
}

// look asks how things are, and decides whether clients must go.
func (u *Usher) look(closing context.Context, now time.Time) {
	ctx, cancel := context.WithTimeout(closing, lookTimeout)
	defer cancel()
	seen := sight{at: now, holds: u.rest.Holds()}
	var canvases []string
	for _, m := range u.rest.Members() {
		if m.Roles.Has(cluster.RoleCanvas) {
			canvases = append(canvases, m.Peer)
			seen.answered = seen.answered || m.Self
		}
		if m.Roles.Has(cluster.RoleGateway) && !m.Self {
			seen.gateways++
		}
	}
	seen.canvases = len(canvases)
	canvases = message.SomeOf(canvases, fewAsked)
	u.looks++
	doubtful := u.doubted || u.looks%doubtEvery == 0
	var asking sync.WaitGroup
	if !seen.answered && len(canvases) > 0 {
		asking.Go(func() { seen.answered = u.rest.Answers(ctx, canvases) })
	}
	own, theirs := error(nil), errors.New("not asked")
	asking.Go(func() { own = u.rest.Ping(ctx) })
	if doubtful && len(canvases) > 0 {
		asking.Go(func() { theirs = u.rest.Store(ctx, canvases) })
	}
	asking.Wait()
	if own != nil && !doubtful && len(canvases) > 0 {
		ctx, cancel := context.WithTimeout(closing, lookTimeout) // the first question may have taken all the time
		theirs = u.rest.Store(ctx, canvases)
		cancel()
		doubtful = true
	}
	if seen.store = own; doubtful {
		seen.store = theirs
	}
	if closing.Err() != nil {
		return // a missing answer means nothing
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.doubted = seen.store != nil
	u.take(seen)
}

// take takes what a look found. mu must be held.
func (u *Usher) take(seen sight) {
	before := u.standing.views()
	u.standing.look(seen)
	if now := u.standing.views(); now != nil && before == nil {
		u.log.Warn("nobody should be sent here", "why", now)
	} else if now == nil && before != nil && before != errStarting {
		u.log.Info("people may be sent here again")
	}
	if !u.standing.cutOff() {
		u.cut = time.Time{}
		if u.sending.all { // clients that have not been told yet may stay
			u.sending = sending{}
		}
		return
	}
	if u.cut.IsZero() {
		u.cut = seen.at
	}
	if seen.at.Sub(u.cut) < tellAfter || seen.at.Sub(u.sent) < sendAgain || u.sent.After(u.cut) {
		return
	}
	u.sent = seen.at
	u.begin(int(u.doors.Counters().Connections.Load()), u.cut, true, "cut off from the others")
}

// begin starts sending clients away, from those that were here before a time. mu must be held.
func (u *Usher) begin(n int, before time.Time, all bool, why string) {
	if n == 0 {
		return
	}
	u.log.Warn("clients are asked to go to other gateways", "clients", n, "why", why)
	u.sending = sending{left: n, step: (n + sendSteps - 1) / sendSteps, before: before, all: all}
}

// send sends the next portion of them away.
func (u *Usher) send() {
	u.mu.Lock()
	n := min(u.sending.left, u.sending.step)
	u.sending.left -= n
	now := u.sending
	u.mu.Unlock()
	if n > 0 {
		u.doors.SendAway(n, now.before, now.all, u.notice)
	}
}

// gateways returns the other gateways, and whether none has come within calmFor or begins to leave.
// When one came is by this gateway's clock, since others' may be wrong.
func (u *Usher) gateways(now time.Time) (others []string, calm bool) {
	met := make(map[string]time.Time)
	calm = true
	for _, m := range u.rest.Members() {
		if !m.Roles.Has(cluster.RoleGateway) {
			continue
		}
		since, known := u.met[m.ID]
		if !known {
			since = now
		}
		met[m.ID] = since
		calm = calm && !m.Draining && now.Sub(since) >= calmFor
		if !m.Self {
			others = append(others, m.Peer)
		}
	}
	u.met = met
	return others, calm
}

// compare checks whether this gateway has more than its share.
func (u *Usher) compare(ctx context.Context, now time.Time) {
	others, calm := u.gateways(now)
	if !calm {
		return // clients are about to be moved anyway
	}
	mine := int(u.doors.Counters().Connections.Load())
	if len(others) == 0 || mine <= fewOver {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	theirs := u.rest.Connections(ctx, message.SomeOf(others, comparedWith))
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.standing.views() != nil {
		return
	}
	if n := u.share.excess(now, mine, theirs); n > 0 {
		u.begin(n, now, false, "more than this gateway's share")
	}
}

// Views returns why people should not be sent here; nil: they may be.
func (u *Usher) Views() error {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.standing.views()
}

// Draws returns why a pixel would not be taken now; nil: it would.
func (u *Usher) Draws() error {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.standing.draws()
}
