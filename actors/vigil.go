package actors

import (
	"context"
	mathrand "math/rand/v2"
	"sync"
	"time"
)

// vigil asks the store, for all idle regions of the pod at once, whether anybody has claimed
// any region: when nobody has, all of them are still this pod's. Its answer counts for a
// region that the store has confirmed, by a commit or the answer to a question, after the
// vigil first saw what it still sees. Any goroutine may ask it.
type vigil struct {
	pod *Node

	mu     sync.Mutex
	closed bool
	asking bool
	mark   string    // Store.Claims, as it was last
	since  time.Time // when mark was seen first; zero: never
	held   time.Time // when the last question was asked whose answer was still mark
}

const (
	// confirmBeats is how many beats pass between two questions of the vigil, and between two
	// of a region for which it does not count: under a second.
	confirmBeats = 3
	// confirmAtLeast is how long a region relies on the vigil alone, or up to a half longer, so
	// that regions don't ask at one time: pods of earlier versions claim without a mark, and of
	// a store that has lost one region only that region learns.
	confirmAtLeast = time.Minute
	// heldBeats is how old an answer of the vigil may be: a store that is slow must not be asked
	// for every region.
	heldBeats = 4 * confirmBeats
)

// open begins to ask, as long as the pod has regions.
func (v *vigil) open() { v.pod.clock.AfterFunc(confirmBeats*v.pod.cfg.Beat, v.tick) }

// close ends it: nothing is asked when it has returned.
func (v *vigil) close() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.closed = true
}

func (v *vigil) tick() {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.closed {
		return
	}
	v.open()
	if v.asking || v.pod.stats.Serving.Load() == 0 {
		return
	}
	v.asking = true
	v.pod.background(v.ask)
}

func (v *vigil) ask(ctx context.Context) {
	began := v.pod.clock.Now()
	mark, err := v.pod.store.Claims(ctx)
	if err == nil {
		v.pod.silence.end()
	}
	if v.answered(mark, err, began) {
		for _, pid := range v.pod.regions {
			v.pod.system.Root.Send(pid, claimsChanged{})
		}
	}
}

// answered takes the store's answer, and tells whether regions must ask for themselves.
func (v *vigil) answered(mark string, err error, began time.Time) (changed bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.asking = false
	if err != nil {
		return false // regions that are not confirmed by it for long ask for themselves
	}
	if mark != v.mark || v.since.IsZero() {
		changed = !v.since.IsZero()
		v.mark, v.since = mark, v.pod.clock.Now()
	}
	v.held = began
	return changed
}

// trust is how long after the store has confirmed a region the vigil may vouch for it.
func trust() time.Duration { return confirmAtLeast + mathrand.N(confirmAtLeast/2) }

// vouches tells whether a region is known for this pod's of which the store last said so to a
// call that began at proven, as long as that is no longer ago than limit.
func (v *vigil) vouches(proven, now time.Time, limit time.Duration) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return !v.since.IsZero() && !proven.Before(v.since) && now.Sub(v.held) <= heldBeats*v.pod.cfg.Beat && now.Sub(proven) < limit
}
