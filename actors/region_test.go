package actors

import (
	"context"
	"errors"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/message"
	"pixelplayground/actors/oplog"
	"pixelplayground/actors/store"
	"pixelplayground/actors/store/memory"
)

// I1: nothing is shown or acknowledged until the store has said yes.
func TestRegion_ShowsNothingBeforeItIsDurable(t *testing.T) {
	w := newWorld(t, nil)
	a := w.connect(Hello{})
	w.watch(a, nil)
	w.converged(a)
	w.outage()
	a.conn.Send(Place{Num: 1, Dots: []canvas.Dot{dot(0, 0, 1)}})
	w.eventually("the commit is tried again", func() bool { return w.node.Stats().Outages.Load() >= 2 })
	w.eventually("nothing acknowledged or shown", func() bool {
		return len(a.acked) == 0 && a.replicas[0].position.Seq == 0
	})
	w.store.Fail(nil)
	w.eventually("acknowledged", func() bool { return len(a.acked) == 1 })
	w.converged(a)
}

// I3: a second owner fences the first, which gives up and comes back with what the store has.
func TestRegion_FencedOwnerGivesUpAndReclaims(t *testing.T) {
	w := newWorld(t, nil)
	a := w.connect(Hello{})
	w.watch(a, nil)
	w.converged(a)
	claim, err := w.store.Claim(context.Background(), 0, "other")
	if err != nil {
		t.Fatal(err)
	}
	other := &canvas.Batch{Epoch: claim.Epoch, From: claim.Position.Seq, To: claim.Position.Seq + 1,
		Ops: []canvas.Op{{ID: canvas.OpID{Author: 99, Num: 1}, Pixels: []canvas.Pixel{{Pos: 5, Color: 0xFF}}}}}
	if err := w.store.Commit(context.Background(), other, claim.Token); err != nil {
		t.Fatal(err)
	}
	a.conn.Send(Place{Num: 1, Dots: []canvas.Dot{dot(0, 0, 1)}})
	w.eventually("acknowledged after all", func() bool { return len(a.acked) == 1 })
	w.converged(a)
	if w.node.Stats().Fenced.Load() != 1 {
		t.Errorf("fenced %d times, want 1", w.node.Stats().Fenced.Load())
	}
}

func TestRegion_OpsWaitForTheStoreThenAreRefused(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Patience = 30 * time.Millisecond })
	a := w.connect(Hello{})
	w.watch(a, nil)
	w.converged(a)
	w.outage()
	a.conn.Send(Place{Num: 1, Dots: []canvas.Dot{dot(0, 0, 1)}}) // was offered to the store, so it must wait: it may be durable
	w.eventually("the outage is noticed", func() bool { return w.node.Stats().Outages.Load() > 0 })
	a.conn.Send(Place{Num: 2, Dots: []canvas.Dot{dot(1, 0, 2)}})
	w.eventually("the op that waited is refused", func() bool { return a.refused[2] == canvas.RefusedUnavailable })
	a.conn.Send(Place{Num: 3, Dots: []canvas.Dot{dot(2, 0, 3)}})
	w.eventually("a late one at once", func() bool { return a.refused[3] == canvas.RefusedUnavailable })
	var refused *RefusedError
	if err := place1(w, dot(3, 0, 4)); !errors.As(err, &refused) || refused.Why != canvas.RefusedUnavailable {
		t.Errorf("place without a connection: %v", err)
	}
	w.store.Fail(nil)
	w.eventually("the first is acknowledged", func() bool { return len(a.acked) == 1 && a.acked[0] == 1 })
	w.converged(a)
	if got := w.logged(a.welcome.User); len(got) != 1 || got[1] != 1 {
		t.Errorf("log %v, want op 1 once", got)
	}
}

// An op that a failed region was handling is answered by its successor, even if nobody draws there
// any more.
func TestRegion_RestartAnswersForWhatItHeld(t *testing.T) {
	w := newWorld(t, nil)
	a := w.connect(Hello{})
	w.watch(a, nil)
	w.converged(a)
	release := w.holdCommit(a, Place{Num: 1, Dots: []canvas.Dot{dot(0, 0, 1)}})
	w.node.system.Root.Send(w.node.regions[0], (*message.Submit)(nil))
	w.eventually("the region has restarted", func() bool { return w.node.Stats().Restarts[message.KindRegion].Load() == 1 })
	release()
	w.eventually("acknowledged", func() bool { return len(a.acked) == 1 })
	w.converged(a)

	// The same holds if the region has forgotten the op's relay meanwhile, as after a long pause.
	release = w.holdCommit(a, Place{Num: 2, Dots: []canvas.Dot{dot(1, 0, 1)}})
	w.node.system.Root.RequestWithCustomSender(w.node.regions[0], &message.Detach{}, w.node.relays[0])
	release()
	w.eventually("acknowledged", func() bool { return len(a.acked) == 2 })
	w.converged(a)
	if got := w.logged(a.welcome.User); got[1] != 1 || got[2] != 1 {
		t.Errorf("log %v, want each op once", got)
	}
}

// An op is acknowledged only if it is known to have been applied.
func TestRegion_AcksNoOldNumberItDoesNotKnow(t *testing.T) {
	w := newWorld(t, nil)
	a := w.connect(Hello{})
	a.conn.Send(Place{Num: 1 + 2*oplog.Remembered, Dots: []canvas.Dot{dot(0, 0, 1)}})
	w.eventually("acknowledged", func() bool { return len(a.acked) == 1 })
	b := w.connect(Hello{Session: a.welcome.Session, Resume: true})
	b.conn.Send(Place{Num: 1, Dots: []canvas.Dot{dot(1, 0, 2)}})
	w.eventually("refused, not acknowledged", func() bool { return b.refused[1] == canvas.RefusedUnsure })
	if len(b.acked) > 0 {
		t.Errorf("acknowledged %v", b.acked)
	}
}

// Ops also wait and are then refused if the region can't even be claimed, as at the start of a
// server.
func TestRelay_OpsWaitForAClaimThenAreRefused(t *testing.T) {
	s := memory.New(memory.Config{Geometry: testGeometry})
	s.Fail(func(string, canvas.RegionID) error { return store.ErrUnavailable })
	w := openWorld(t, s, func(c *Config) { c.Patience = 30 * time.Millisecond })
	a := w.connect(Hello{})
	a.conn.Send(Place{Num: 1, Dots: []canvas.Dot{dot(0, 0, 1)}})
	w.eventually("refused", func() bool { return a.refused[1] == canvas.RefusedUnavailable })
	s.Fail(nil)
	w.watch(a, nil)
	w.converged(a)
	a.conn.Send(Place{Num: 2, Dots: []canvas.Dot{dot(1, 0, 2)}})
	w.eventually("acknowledged when the store is there", func() bool { return len(a.acked) == 1 && a.acked[0] == 2 })
	if got := w.logged(a.welcome.User); got[1] != 0 {
		t.Error("a refused op was placed")
	}
}

// A repetition may already be durable, so it is not refused while nobody can tell.
func TestRelay_RepeatedOpIsNotRefusedUnseen(t *testing.T) {
	s := memory.New(memory.Config{Geometry: testGeometry})
	before := openWorld(t, s, nil)
	a := before.connect(Hello{})
	a.conn.Send(Place{Num: 1, Dots: []canvas.Dot{dot(0, 0, 1)}})
	before.eventually("acknowledged", func() bool { return len(a.acked) == 1 })
	before.node.Close()

	s.Fail(func(string, canvas.RegionID) error { return store.ErrUnavailable })
	w := openWorld(t, s, func(c *Config) { c.Patience = 30 * time.Millisecond })
	again := w.connect(Hello{Session: a.welcome.Session, Resume: true})
	again.conn.Send(Place{Num: 1, Dots: []canvas.Dot{dot(0, 0, 1)}})
	fresh := w.connect(Hello{})
	fresh.conn.Send(Place{Num: 1, Dots: []canvas.Dot{dot(1, 0, 2)}})
	w.eventually("a new op is refused", func() bool { return fresh.refused[1] == canvas.RefusedUnavailable })
	if why := again.refused[1]; why != 0 {
		t.Errorf("the repeated op was refused: %v", why)
	}
	s.Fail(nil)
	w.eventually("the repeated op is acknowledged", func() bool { return len(again.acked) == 1 })
	if got := w.logged(a.welcome.User); got[1] != 1 {
		t.Errorf("log %v, want op 1 once", got)
	}
}

// A store that hangs is no better than one that fails.
func TestRegion_PatienceCountsFromTheQuestion(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Patience = 50 * time.Millisecond; c.StoreTimeout = time.Hour })
	a := w.connect(Hello{})
	w.watch(a, nil)
	w.converged(a)
	release := w.holdCommit(a, Place{Num: 1, Dots: []canvas.Dot{dot(0, 0, 1)}})
	a.conn.Send(Place{Num: 2, Dots: []canvas.Dot{dot(0, 0, 2)}})
	w.eventually("what waited is refused", func() bool { return a.refused[2] == canvas.RefusedUnavailable })
	release()
	w.eventually("what the store had is acknowledged", func() bool { return len(a.acked) == 1 })
}
