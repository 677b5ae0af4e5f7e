package actors

import (
	"context"
	"sync"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/regions"
)

// claimWatcher asks the store, for all idle regions of the pod at once, whether anybody has claimed
// any region. If nobody has, all of them are still this pod's. The store has a mark that changes
// with every claim. As long as it stays the same, nobody has claimed anything. So the watcher can
// vouch for a region that the store has confirmed, by a commit or by answering Holds, since the
// watcher first saw the current mark. Any goroutine may ask it.
type claimWatcher struct {
	pod *Node

	mu     sync.Mutex
	closed bool
	asking bool
	mark   string    // what Store.Claims last returned
	since  time.Time // when mark was first seen; zero: never
	held   time.Time // when the last question was asked that was answered with mark
	doubts bool      // that is too long ago, and regions have been told

	watched map[canvas.RegionID]regions.WatchedClaim // of the regions that rest
	turn    int                                      // which part of the regions is verified next
}

const (
	// verifyTurns is in how many parts the watcher verifies the regions that rest, one with each
	// of its questions: each region once in 75 s.
	verifyTurns = 100
	// heldBeats is how old the watcher's last answer may be: a slow store must not be asked for
	// every region.
	heldBeats = 4 * regions.VerifyBeats
)

// open begins to ask. The watcher asks as long as the pod serves regions.
func (w *claimWatcher) open() { w.pod.clock.AfterFunc(regions.VerifyBeats*w.pod.cfg.Beat, w.tick) }

// close ends it: nothing is asked after it has returned.
func (w *claimWatcher) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
}

func (w *claimWatcher) tick() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return
	}
	w.open()
	if !w.since.IsZero() && !w.doubts && w.pod.clock.Now().Sub(w.held) > heldBeats*w.pod.cfg.Beat {
		w.doubts = true
		w.doubt()
	}
	if w.asking || w.pod.stats.Serving.Load() == 0 {
		return
	}
	w.asking = true
	w.pod.background(w.ask)
}

func (w *claimWatcher) ask(ctx context.Context) {
	began := w.pod.clock.Now()
	mark, err := w.pod.store.Claims(ctx)
	if err == nil {
		w.pod.silence.End()
	}
	if w.answered(mark, err, began) {
		w.doubt()
	}
	if err == nil {
		w.verify(ctx)
	}
}

// doubt makes all idle regions ask for themselves.
func (w *claimWatcher) doubt() {
	for _, pid := range w.pod.regions {
		w.pod.system.Root.Send(pid, regions.OwnershipDoubted{})
	}
}

// Watch verifies a region from now on in its place, until Unwatch.
func (w *claimWatcher) Watch(id canvas.RegionID, c regions.WatchedClaim) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.watched == nil {
		w.watched = make(map[canvas.RegionID]regions.WatchedClaim)
	}
	w.watched[id] = c
}

// Unwatch returns when the last call began by which the store has confirmed the region.
func (w *claimWatcher) Unwatch(id canvas.RegionID) (proven time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	proven = w.watched[id].Proven
	delete(w.watched, id)
	return proven
}

// verify asks the store about the next part of the regions that rest. One that it does not confirm
// asks for itself, and draws the conclusions.
func (w *claimWatcher) verify(ctx context.Context) {
	for id, c := range w.next() {
		began := w.pod.clock.Now()
		if w.pod.store.Holds(ctx, id, c.Term, c.Reached) != nil {
			w.pod.system.Root.Send(w.pod.regions[id], regions.OwnershipDoubted{})
			continue
		}
		w.mu.Lock()
		if now, ok := w.watched[id]; ok && now.Term == c.Term {
			now.Proven = began
			w.watched[id] = now
		}
		w.mu.Unlock()
	}
}

// next takes the next part of the regions that rest. The parts are of ids, so that the store is
// asked evenly.
func (w *claimWatcher) next() map[canvas.RegionID]regions.WatchedClaim {
	w.mu.Lock()
	defer w.mu.Unlock()
	part, all := make(map[canvas.RegionID]regions.WatchedClaim), len(w.pod.regions)
	for id := canvas.RegionID(w.turn * all / verifyTurns); int(id) < (w.turn+1)*all/verifyTurns; id++ {
		if c, ok := w.watched[id]; ok {
			part[id] = c
		}
	}
	w.turn = (w.turn + 1) % verifyTurns
	return part
}

// answered takes the store's answer, and reports whether regions must ask for themselves.
func (w *claimWatcher) answered(mark string, err error, began time.Time) (changed bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asking = false
	if err != nil {
		return false // regions that the watcher no longer covers ask for themselves
	}
	if mark != w.mark || w.since.IsZero() {
		changed = !w.since.IsZero()
		w.mark, w.since = mark, w.pod.clock.Now()
	}
	w.held, w.doubts = began, false
	return changed
}

// Covers reports whether a region is known to be still this pod's. proven is when the call began by
// which the store last confirmed it, which must be less than limit ago.
func (w *claimWatcher) Covers(proven, now time.Time, limit time.Duration) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return !w.since.IsZero() && !proven.Before(w.since) && now.Sub(w.held) <= heldBeats*w.pod.cfg.Beat && now.Sub(proven) < limit
}
