package allowances

import (
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/mailbox"
)

// watchers are the lessees of one allowance that want to know what others take of it.
type watchers struct {
	all map[string]*watcher // by mailbox.Key
}

type watcher struct {
	pid  *actor.PID
	told time.Time
	late bool // something has changed since
}

const (
	// watchEvery is the least time between two messages to one watcher.
	watchEvery = 500 * time.Millisecond
	// maxWatchers bounds those of one allowance: the tabs and devices of one person. More are not told.
	maxWatchers = 64
	// watchedPace: only who waits a second or more for a pixel is told of every change. Others see what
	// is left with each answer.
	watchedPace = time.Second
)

// Looks reports whether somebody of a pace is told of what is left before the first op.
func Looks(pace canvas.Pace) bool { return pace.Limit().Every >= int64(watchedPace) }

// watch begins or ends to tell a lessee.
func (w *watchers) watch(lessee *actor.PID, watches bool, limit canvas.Limit) {
	if lessee == nil || !watches && len(w.all) == 0 {
		return
	}
	key := mailbox.Key(lessee)
	switch {
	case !watches:
		delete(w.all, key)
	case w.all[key] != nil || len(w.all) >= maxWatchers || limit.Every < int64(watchedPace):
	default:
		if w.all == nil {
			w.all = make(map[string]*watcher)
		}
		w.all[key] = &watcher{pid: lessee}
	}
}

// count counts them.
func (w *watchers) count() int { return len(w.all) }

// changed notes that they have to be told, except those who know.
func (w *watchers) changed(knows func(*actor.PID) bool) {
	for _, one := range w.all {
		if !knows(one.pid) {
			one.late = true
		}
	}
}

// due tells those whose time has come. next is when it comes for the first of the others that have to
// be told; zero: there are none.
func (w *watchers) due(now time.Time, tell func(*actor.PID)) (next time.Time) {
	for _, one := range w.all {
		switch at := one.told.Add(watchEvery); {
		case !one.late:
		case now.Before(at):
			if next.IsZero() || at.Before(next) {
				next = at
			}
		default:
			one.late, one.told = false, now
			tell(one.pid)
		}
	}
	return next
}
