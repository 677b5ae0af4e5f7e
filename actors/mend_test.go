package actors

import (
	"context"
	"slices"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/store"
)

// losses returns the ways in which the store can lose region 0, or a part of it, after it was
// saved.
func losses(w *world, saved func()) map[string]func() {
	return map[string]func(){
		"all of it":        func() { w.store.Forget(0) },
		"the last commits": saved,
		"its pixels":       func() { w.store.Break(0, true) },
		"its log":          func() { w.store.Break(0, false) },
	}
}

// drawn makes a client draw in region 0. The store keeps an earlier state of the region as well.
func drawn(t *testing.T, change func(*Config)) (w *world, a *client, rewind func()) {
	w = newWorld(t, change)
	a = w.connect(Hello{})
	w.watch(a, nil)
	for num := range uint64(6) {
		if num == 3 {
			saved := w.store.Save(0)
			rewind = func() { w.store.Rewind(saved) }
		}
		a.conn.Send(Place{Num: num + 1, Dots: []canvas.Dot{dot(int(num), 1, canvas.Color(0xA0+num))}})
		w.eventually("acknowledged", func() bool { return len(a.acked) == int(num)+1 })
	}
	return w, a, rewind
}

// kept claims region 0 and checks that the store has what the client shows.
func (w *world) kept(c *client) {
	w.t.Helper()
	w.node.Close()
	claim, err := w.store.Claim(context.Background(), 0, "test")
	if err != nil || claim.Damage != nil {
		w.t.Fatalf("the store has lost something: %v, %v", err, claim.Damage)
	}
	w.crowd.mu.Lock()
	defer w.crowd.mu.Unlock()
	if r := c.replicas[0]; !slices.Equal(r.tile, claim.Tile) || r.position != claim.Position {
		w.t.Errorf("the client is at %v, the store at %v, or their pixels differ", r.position, claim.Position)
	}
}

// I1: what was acknowledged is durable again after the store has lost it, because the owner still
// has it. Drawing goes on, and nobody notices.
func TestMend_OwnerGivesBackWhatItServes(t *testing.T) {
	for name := range losses(nil, nil) {
		t.Run(name, func(t *testing.T) {
			w, a, rewind := drawn(t, nil)
			before := w.node.Stats().Resumes.Load() + w.node.Stats().Snapshots.Load()
			losses(w, rewind)[name]()
			a.conn.Send(Place{Num: 7, Dots: []canvas.Dot{dot(9, 9, 7)}})
			w.eventually("acknowledged", func() bool { return len(a.acked) == 7 })
			if s := w.node.Stats(); s.Damaged.Load() != 1 || s.Mended.Load() != 1 || s.Fenced.Load() != 0 || s.Serving.Load() != int64(testGeometry.Regions()) {
				t.Errorf("damaged %d, mended %d, fenced %d, serving %d", s.Damaged.Load(), s.Mended.Load(), s.Fenced.Load(), s.Serving.Load())
			}
			if n := w.node.Stats().Resumes.Load() + w.node.Stats().Snapshots.Load(); n != before {
				t.Errorf("%d viewers had to be brought up to date", n-before)
			}
			w.kept(a)
		})
	}
}

// Nobody draws: the owner asks the store now and then whether it still is the owner.
func TestMend_IdleOwnerNotices(t *testing.T) {
	for name := range losses(nil, nil) {
		t.Run(name, func(t *testing.T) {
			w, a, rewind := drawn(t, nil)
			losses(w, rewind)[name]()
			w.node.claimWatcher.mu.Lock()
			w.node.claimWatcher.since = time.Time{} // as if it had vouched for as long as it may
			w.node.claimWatcher.mu.Unlock()
			w.eventually("mended", func() bool { return w.node.Stats().Mended.Load() == 1 })
			w.kept(a)
		})
	}
}

// A commit under way when the store loses the region is repeated, and applied once.
func TestMend_CommitUnderWay(t *testing.T) {
	for name := range losses(nil, nil) {
		t.Run(name, func(t *testing.T) {
			w, a, rewind := drawn(t, nil)
			release := w.holdCommit(a, Place{Num: 7, Dots: []canvas.Dot{dot(9, 9, 7)}})
			losses(w, rewind)[name]()
			a.conn.Send(Place{Num: 8, Dots: []canvas.Dot{dot(10, 9, 8)}})
			release()
			w.eventually("acknowledged", func() bool { return len(a.acked) == 8 })
			w.eventually("mended", func() bool { return w.node.Stats().Mended.Load() == 1 })
			w.kept(a)
		})
	}
}

// The store forgets a region, and somebody else claims what is left before the owner notices. The
// owner gives up. What it served comes back from its relay.
func TestMend_RelayGivesBackWhatItShows(t *testing.T) {
	w, a, _ := drawn(t, nil)
	w.store.Forget(0)
	var epoch uint64
	for own := w.node.Stats().Epoch.Load(); epoch <= uint64(own); { // so that the epoch is above the owner's
		claim, err := w.store.Claim(context.Background(), 0, "other")
		if err != nil {
			t.Fatal(err)
		}
		epoch = claim.Epoch
	}
	w.eventually("mended", func() bool { return w.node.Stats().Mended.Load() >= 1 })
	a.conn.Send(Place{Num: 7, Dots: []canvas.Dot{dot(9, 9, 7)}})
	w.eventually("acknowledged", func() bool { return len(a.acked) == 7 })
	w.crowd.mu.Lock()
	for num := range 6 {
		if got, want := a.replicas[0].tile.At(uint16(16+num)), canvas.Color(0xA0+num); got != want {
			t.Errorf("pixel %d is %v, want %v", num, got, want)
		}
	}
	w.crowd.mu.Unlock()
	w.kept(a)
}

// The owner dies, and at the same time the store loses its last second. The next owner gets the
// pixels that a relay of another pod shows.
func TestMend_AfterTheOwnersDeath(t *testing.T) {
	p := newPods(t, 3, nil)
	owner, _ := p.owner(0)
	var gateway *testPod
	for _, pod := range p.members {
		if pod != owner {
			gateway = pod
		}
	}
	a := gateway.connect(Hello{})
	gateway.watch(a, nil)
	saved := p.store.Save(0)
	for num := range uint64(5) {
		a.conn.Send(Place{Num: num + 1, Dots: []canvas.Dot{dot(int(num), 1, canvas.Color(0xA0+num))}})
	}
	gateway.eventually("acknowledged", func() bool { return len(a.acked) == 5 })
	gateway.eventually("shown", func() bool { return a.replicas[0].position.Seq == 5 })
	p.kill(owner)
	owner.node.Close()
	p.store.Rewind(saved)
	gateway.eventually("mended", func() bool {
		mended := int64(0)
		for _, pod := range p.members {
			mended += pod.node.Stats().Mended.Load()
		}
		return mended > 0
	})
	a.conn.Send(Place{Num: 6, Dots: []canvas.Dot{dot(9, 9, 7)}})
	gateway.eventually("acknowledged", func() bool { return len(a.acked) == 6 })
	for num := range 5 {
		if got, want := a.replicas[0].tile.At(uint16(16+num)), canvas.Color(0xA0+num); got != want {
			t.Errorf("pixel %d is %v, want %v", num, got, want)
		}
	}
}

// What nobody has is lost. The loss is reported, and the region goes on under a position that no
// earlier viewer can hold.
func TestMend_GoesOnWithWhatIsLeft(t *testing.T) {
	w, _, _ := drawn(t, nil)
	before := w.node.Stats().Epoch.Load()
	w.node.Close()
	w.store.Break(0, true)
	next := openWorld(t, w.store, nil)
	b := next.connect(Hello{})
	next.watch(b, nil)
	b.conn.Send(Place{Num: 1, Dots: []canvas.Dot{dot(9, 9, 7)}})
	next.eventually("acknowledged", func() bool { return len(b.acked) == 1 })
	if s := next.node.Stats(); s.Damaged.Load() != 1 || s.Mended.Load() != 1 {
		t.Errorf("damaged %d, mended %d", s.Damaged.Load(), s.Mended.Load())
	}
	next.crowd.mu.Lock()
	at, tile := b.replicas[0].position, b.replicas[0].tile
	next.crowd.mu.Unlock()
	if at.Epoch <= uint64(before) || at.Seq != 8 || tile.At(16) != canvas.Background || tile.At(9*16+9) != 7 {
		t.Errorf("at %v: %v and %v", at, tile.At(16), tile.At(9*16+9))
	}
	next.kept(b)
}

// If the store fails during a repair, the repair is tried again.
func TestMend_Outage(t *testing.T) {
	w, a, _ := drawn(t, nil)
	failed := 0
	w.store.Fail(func(operation string, _ canvas.RegionID) error {
		if operation == "mend" && failed < 3 {
			failed++
			return store.ErrUnavailable
		}
		return nil
	})
	w.store.Forget(0)
	a.conn.Send(Place{Num: 7, Dots: []canvas.Dot{dot(9, 9, 7)}})
	w.eventually("acknowledged", func() bool { return len(a.acked) == 7 })
	if failed != 3 || w.node.Stats().Outages.Load() != 3 {
		t.Errorf("failed %d times, counted %d", failed, w.node.Stats().Outages.Load())
	}
	w.kept(a)
}
