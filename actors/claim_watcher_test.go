package actors

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/message"
	"pixelplayground/actors/regions"
	"pixelplayground/actors/store"
)

// TestClaimWatcher_Vouches shows that the watcher vouches for what was confirmed after it first saw
// the mark that it still sees.
func TestClaimWatcher_Vouches(t *testing.T) {
	n := &Node{cfg: DefaultConfig(), clock: realClock{}}
	v := &claimWatcher{pod: n}
	now := time.Now()
	if v.Covers(now, now, regions.VerifyAtLeast) {
		t.Error("it vouches before it has asked")
	}
	if v.answered("1", nil, now) {
		t.Error("the first answer is a change")
	}
	proven := v.since
	for _, c := range []struct {
		what        string
		proven, now time.Time
		want        bool
	}{
		{"proven since", proven, now, true},
		{"proven before", now.Add(-time.Second), now, false},
		{"never proven", time.Time{}, now, false},
		{"not asked of late", proven, now.Add(2 * heldBeats * n.cfg.Beat), false},
	} {
		if got := v.Covers(c.proven, c.now, regions.VerifyAtLeast); got != c.want {
			t.Errorf("%s: %v", c.what, got)
		}
	}
	later := now.Add(regions.VerifyAtLeast + time.Second)
	if v.answered("1", nil, later) {
		t.Error("the same answer is a change")
	}
	if v.Covers(proven, later, regions.VerifyAtLeast) {
		t.Error("it vouches for ever")
	}
	if v.answered("", errors.New("away"), later.Add(time.Second)) || v.held != later {
		t.Error("no answer counts for one")
	}
	if !v.answered("2", nil, now) {
		t.Error("another answer is no change")
	}
	if !v.Covers(v.since, now, regions.VerifyAtLeast) || v.Covers(v.since.Add(-1), now, regions.VerifyAtLeast) {
		t.Error("it vouches for what was proven before the change")
	}
}

// questions counts the questions of a node to its store.
type questions struct {
	store.Store
	holds, claims atomic.Int64
}

func (q *questions) Holds(ctx context.Context, id canvas.RegionID, term store.Term, reached uint64) error {
	q.holds.Add(1)
	return q.Store.Holds(ctx, id, term, reached)
}

func (q *questions) Claims(ctx context.Context) (string, error) {
	q.claims.Add(1)
	return q.Store.Claims(ctx)
}

// TestClaimWatcher_IdleRegionsAskAsOne shows that idle regions leave asking to the watcher. All
// regions are served and watched, and nobody draws. Then another owner claims one of them, and this
// pod notices.
func TestClaimWatcher_IdleRegionsAskAsOne(t *testing.T) {
	w := newWorld(t, nil)
	q := &questions{Store: w.store}
	useStore(w.node, q)
	c := w.connect(Hello{})
	w.watch(c, nil)
	w.converged(c)
	regions := int64(testGeometry.Regions())
	w.eventually("each region has asked for itself", func() bool { return q.holds.Load() >= regions })
	quiet := func(what string) {
		t.Helper()
		for range 20 {
			holds, claims := q.holds.Load(), q.claims.Load()
			w.eventually("the watcher goes on", func() bool { return q.claims.Load() >= claims+5 })
			if q.holds.Load() == holds { // over 15 beats, in which each region alone would have asked five times
				return
			}
		}
		t.Errorf("not so: %s", what)
	}
	quiet("they ask as one")
	before := w.node.Stats().Fenced.Load()
	if _, err := w.store.Claim(t.Context(), 1, "another"); err != nil {
		t.Fatal(err)
	}
	w.eventually("it is noticed", func() bool { return w.node.Stats().Fenced.Load() > before })
	quiet("they ask as one again")
}

// TestClaimWatcher_Turns shows that the watcher verifies each region that rests once in a turn, whatever
// their number, and none that does not.
func TestClaimWatcher_Turns(t *testing.T) {
	for _, count := range []int{1, 12, verifyTurns, 4096} {
		w := &claimWatcher{pod: &Node{pids: pids{regions: make([]*actor.PID, count)}}}
		for id := range count {
			w.Watch(canvas.RegionID(id), regions.WatchedClaim{Reached: uint64(id)})
		}
		w.Unwatch(0)
		asked, most := make(map[canvas.RegionID]int), 0
		for range verifyTurns {
			part := w.next()
			most = max(most, len(part))
			for id := range part {
				asked[id]++
			}
		}
		for id := range count {
			if want := min(id, 1); asked[canvas.RegionID(id)] != want {
				t.Errorf("of %d regions, %d is verified %d times", count, id, asked[canvas.RegionID(id)])
			}
		}
		if most > count/verifyTurns+1 {
			t.Errorf("%d of %d regions at once", most, count)
		}
	}
}

// TestClaimWatcher_RestEndsWithItsAnswers shows that regions that rest ask for themselves when the
// watcher gets no answer, and rest again when it does.
func TestClaimWatcher_RestEndsWithItsAnswers(t *testing.T) {
	w := newWorld(t, nil)
	c := w.connect(Hello{})
	w.watch(c, nil)
	resting := func() int {
		w.node.claimWatcher.mu.Lock()
		defer w.node.claimWatcher.mu.Unlock()
		return len(w.node.claimWatcher.watched)
	}
	w.eventually("all rest", func() bool { return resting() == testGeometry.Regions() })
	w.store.Fail(func(operation string, _ canvas.RegionID) error {
		if operation == "claims" {
			return store.ErrUnavailable
		}
		return nil
	})
	w.eventually("none rests", func() bool { return resting() == 0 })
	w.store.Fail(nil)
	w.eventually("all rest again", func() bool { return resting() == testGeometry.Regions() })
}

// TestClaimWatcher_FindsWhatTheStoreLost shows that a region that rests is repaired when the store has
// lost it.
func TestClaimWatcher_FindsWhatTheStoreLost(t *testing.T) {
	w, a, _ := drawn(t, nil)
	watcher := w.node.claimWatcher
	w.eventually("all rest", func() bool {
		watcher.mu.Lock()
		defer watcher.mu.Unlock()
		return len(watcher.watched) == testGeometry.Regions()
	})
	w.store.Forget(0)
	for range verifyTurns {
		watcher.verify(t.Context())
	}
	w.eventually("mended", func() bool { return w.node.Stats().Mended.Load() == 1 })
	w.kept(a)
}

// TestRelay_RestsBetweenRenewals shows that over a network relays rest while nothing happens, and
// no longer.
func TestRelay_RestsBetweenRenewals(t *testing.T) {
	p := newPods(t, 2, func(c *Config) { c.Beat = 20 * time.Millisecond })
	pod := p.members[0]
	var renewals, lost atomic.Int64
	var loses atomic.Bool
	p.change(func() {
		p.lose = func(l letter) bool {
			switch m := l.message.(type) {
			case *message.Attach:
				if m.Renews {
					renewals.Add(1)
				}
			case *message.Committed:
				return loses.Load() && lost.Add(1) > 0
			}
			return false
		}
	})
	c := pod.connect(Hello{})
	pod.watch(c, nil)
	pod.converged(c)
	far := 0
	for i := range testGeometry.Regions() {
		if owner, _ := p.owner(i); owner != pod {
			far++
		}
	}
	rested := false
	for range 20 {
		before := renewals.Load()
		<-time.After(12 * 20 * time.Millisecond) // 12 beats: 3 rests
		if rested = renewals.Load()-before <= int64(6*far); rested {
			break
		}
	}
	if !rested {
		t.Error("the relays do not rest")
	}

	// What is lost during a rest is found when the next renewal is answered.
	other := p.members[1]
	drawer := other.connect(Hello{})
	other.watch(drawer, nil)
	other.converged(drawer)
	loses.Store(true)
	for i := range testGeometry.Regions() {
		x, y, _, _ := testGeometry.Bounds(canvas.RegionID(i))
		drawer.conn.Send(Place{Num: uint64(i + 1), Dots: []canvas.Dot{dot(x, y, 7)}})
	}
	pod.eventually("something is lost", func() bool { return lost.Load() > 0 })
	loses.Store(false)
	began := time.Now()
	pod.eventually("all is shown", func() bool {
		for i := range testGeometry.Regions() {
			if r := c.replicas[canvas.RegionID(i)]; r == nil || r.tile.At(0) != 7 {
				return false
			}
		}
		return true
	})
	t.Logf("found after %v, %v beats", time.Since(began), int(time.Since(began)/(20*time.Millisecond)))
}
