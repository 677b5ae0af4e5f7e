package gateway

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"pixelplayground/cluster"
	"pixelplayground/transport"
	"pixelplayground/transport/stats"
)

// acquaintances is a company whose answers the test sets.
type acquaintances struct {
	members       []cluster.Member
	answers       bool
	own, theirs   error
	asked         int // how often canvas pods were asked for their store
	holds         bool
	connections   []int
	counters      stats.Counters
	gone, batches int
	all           bool
	before        time.Time
}

func (a *acquaintances) Members() []cluster.Member                   { return a.members }
func (a *acquaintances) Answers(context.Context, []string) bool      { return a.answers }
func (a *acquaintances) Ping(context.Context) error                  { return a.own }
func (a *acquaintances) Holds() bool                                 { return a.holds }
func (a *acquaintances) Connections(context.Context, []string) []int { return a.connections }
func (a *acquaintances) Counters() *stats.Counters                   { return &a.counters }

func (a *acquaintances) Store(context.Context, []string) error {
	a.asked++
	return a.theirs
}

func (a *acquaintances) SendAway(n int, before time.Time, all bool, _ transport.Notice) {
	a.gone, a.all, a.before = a.gone+n, all, before
	a.batches++
}

func newUsher(old time.Time) (*Usher, *acquaintances) {
	a := &acquaintances{answers: true, holds: true, members: []cluster.Member{
		{ID: "self", Peer: "self", Roles: cluster.RoleGateway, Self: true, Started: old},
		{ID: "g", Peer: "g", Roles: cluster.RoleGateway, Started: old}, {ID: "c", Peer: "c", Roles: cluster.RoleCanvas, Started: old},
	}}
	u := New(a, a, transport.Notice{}, slog.New(slog.DiscardHandler))
	u.See(a.members)
	return u, a
}

// Goal: a gateway that is cut off sends away all its clients, each once and in small portions. It
// does not do so again within a minute, whatever happens meanwhile.
func TestUsher_CutOffSendsEveryoneAwayOnce(t *testing.T) {
	now := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	u, a := newUsher(now.Add(-time.Hour))
	a.counters.Connections.Store(95)
	step := func(n int) {
		for range n {
			now = now.Add(time.Second)
			u.look(t.Context(), now)
			u.send()
			u.send()
		}
	}
	step(3)
	all := a.members
	a.members = all[:1]
	u.See(a.members)
	cut := now.Add(cutOffAfter)
	step(7)
	if a.gone != 0 || u.Views() == nil {
		t.Errorf("%d are sent away before /readyz was heard, which says %v", a.gone, u.Views())
	}
	step(20)
	if a.gone != 95 || a.batches != sendSteps || !a.all || !a.before.Equal(cut) {
		t.Errorf("%d of 95 in %d portions, all %v, of before %v, want %v", a.gone, a.batches, a.all, a.before, cut)
	}
	step(600) // the clients have come back
	if a.gone != 95 {
		t.Errorf("%d are sent away in all: who comes back must stay", a.gone)
	}
	a.members = all
	u.See(all)
	if step(2); u.Views() != nil || u.Draws() != nil {
		t.Errorf("together again: %v, %v", u.Views(), u.Draws())
	}
	for range 30 { // on and off
		a.members = all[:1]
		u.See(a.members)
		step(10)
		a.members = all
		u.See(all)
		step(2)
	}
	if a.gone > 95*8 { // in six minutes
		t.Errorf("%d are sent away in all", a.gone)
	}
}

// Clients that have not been told yet may stay when the gateway reaches the others again.
func TestUsher_StopsWhenTogetherAgain(t *testing.T) {
	now := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	u, a := newUsher(now.Add(-time.Hour))
	a.counters.Connections.Store(100)
	look := func() {
		now = now.Add(time.Second)
		u.look(t.Context(), now)
	}
	look()
	all := a.members
	a.members = all[:1]
	u.See(a.members)
	for range 30 {
		if look(); u.sending.left > 0 {
			break
		}
	}
	u.send()
	a.members = all
	u.See(all)
	look()
	for range sendSteps {
		u.send()
	}
	if a.gone != 100/sendSteps {
		t.Errorf("%d of 100 are sent away", a.gone)
	}
}

// No gateway can place: no client is sent away, and people may come to look.
func TestUsher_NobodyCanPlace(t *testing.T) {
	now := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	u, a := newUsher(now.Add(-time.Hour))
	a.counters.Connections.Store(95)
	u.look(t.Context(), now)
	away := errors.New("connection refused")
	for name, fault := range map[string]func(){
		"the store is away":   func() { a.own, a.theirs = away, away },
		"it is only for them": func() { a.theirs = away },
		"canvas servers are scaled to 0": func() {
			a.members[2].Draining = true
			u.See(a.members)
			a.members = a.members[:2]
			u.See(a.members)
		},
	} {
		u, a = newUsher(now.Add(-time.Hour))
		a.counters.Connections.Store(95)
		u.look(t.Context(), now)
		fault()
		for range 600 {
			now = now.Add(time.Second)
			u.look(t.Context(), now)
			u.send()
		}
		if u.Views() != nil || u.Draws() == nil || a.gone != 0 {
			t.Errorf("%s: views %v, draws %v, %d sent away", name, u.Views(), u.Draws(), a.gone)
		}
	}
}

// Drawing does not depend on this pod's own way to the store, as long as canvas pods have one.
func TestUsher_OwnStoreIsNotTheirs(t *testing.T) {
	now := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	u, a := newUsher(now.Add(-time.Hour))
	a.own = errors.New("connection refused")
	for range 100 {
		now = now.Add(time.Second)
		u.look(t.Context(), now)
	}
	if u.Views() != nil || u.Draws() != nil {
		t.Errorf("views %v, draws %v", u.Views(), u.Draws())
	}
	if a.own, a.asked = nil, 0; true {
		for range 100 {
			now = now.Add(time.Second)
			u.look(t.Context(), now)
		}
	}
	if a.asked > 100/doubtEvery {
		t.Errorf("asked %d times in 100 s for what is not in doubt", a.asked)
	}
}

// Goal: a gateway that was ready first and got all clients shares them with the others, unless
// clients move anyway.
func TestUsher_Shares(t *testing.T) {
	now := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	for name, test := range map[string]struct {
		change func(a *acquaintances)
		gone   int
	}{
		"60 of 60":            {func(*acquaintances) {}, 60},
		"a gateway has come":  {func(a *acquaintances) { a.members[1].ID = "new" }, 0},
		"its clock is ahead":  {func(a *acquaintances) { a.members[1].Started = now.Add(24 * time.Hour) }, 60},
		"one is leaving":      {func(a *acquaintances) { a.members[1].Draining = true }, 0},
		"nobody else is here": {func(a *acquaintances) { a.members = a.members[:1] }, 0},
		"nobody answers":      {func(a *acquaintances) { a.connections = nil }, 0},
	} {
		u, a := newUsher(now.Add(-time.Hour))
		a.counters.Connections.Store(60)
		a.connections = []int{0}
		u.look(t.Context(), now)
		u.compare(t.Context(), now.Add(-calmFor))
		test.change(a)
		for i := range 10 {
			u.compare(t.Context(), now.Add(time.Duration(i)*shareEvery))
		}
		for range 100 {
			u.send()
		}
		if a.gone != test.gone || a.all {
			t.Errorf("%s: %d are sent away, want %d; clients that don't resume: %v", name, a.gone, test.gone, a.all)
		}
	}
}
