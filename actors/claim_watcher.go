package actors

import (
	"context"
	mathrand "math/rand/v2"
	"sync"
	"time"
)

// claimWatcher asks the store, for all idle regions of the pod at once, whether anybody has claimed
// any region. If nobody has, all of them are still this pod's. Its answer counts for a region that
// the store has confirmed, by a commit or by the answer to a question, since the watcher first saw
// the mark that it still sees. Any goroutine may ask it.
type claimWatcher struct {
	pod *Node

	mu     sync.Mutex
	closed bool
	asking bool
	mark   string    // what Store.Claims last returned
	since  time.Time // when mark was first seen; zero: never
	held   time.Time // when the last question was asked that was answered with mark
}

const (
	// verifyBeats is how many beats pass between two questions of the watcher, and between two
	// questions of a region that it does not cover: under a second.
	verifyBeats = 3
	// verifyAtLeast is how long a region relies on the watcher alone. It may be up to a half
	// longer, so that regions don't ask at the same time. They must ask, since pods of earlier
	// versions claim without a mark, and since only the region itself can learn that a store has
	// lost it.
	verifyAtLeast = time.Minute
	// heldBeats is how old the watcher's last answer may be: a slow store must not be asked for
	// every region.
	heldBeats = 4 * verifyBeats
)

// open begins to ask. The watcher asks as long as the pod serves regions.
func (w *claimWatcher) open() { w.pod.clock.AfterFunc(verifyBeats*w.pod.cfg.Beat, w.tick) }

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
		w.pod.silence.end()
	}
	if w.answered(mark, err, began) {
		for _, pid := range w.pod.regions {
			w.pod.system.Root.Send(pid, claimsChanged{})
		}
	}
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
	w.held = began
	return changed
}

// trust is how long the watcher may vouch for a region after the store has confirmed it.
func trust() time.Duration { return verifyAtLeast + mathrand.N(verifyAtLeast/2) }

// covers reports whether a region is known to be still this pod's. proven is when the call began by
// which the store last confirmed it, which must be less than limit ago.
func (w *claimWatcher) covers(proven, now time.Time, limit time.Duration) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return !w.since.IsZero() && !proven.Before(w.since) && now.Sub(w.held) <= heldBeats*w.pod.cfg.Beat && now.Sub(proven) < limit
}
