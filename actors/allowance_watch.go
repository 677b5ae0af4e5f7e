package actors

import (
	"slices"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"pixelplayground/actors/message"
)

// This file is how an allowance tells lessees what others have taken of it.

// allowanceWatcher is a lessee that wants to know.
type allowanceWatcher struct {
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

func (a *allowance) watch(lessee *actor.PID, watches bool) {
	if lessee == nil || !watches && len(a.watchers) == 0 {
		return
	}
	key := keyOf(lessee)
	switch {
	case !watches:
		delete(a.watchers, key)
	case a.watchers[key] != nil || len(a.watchers) >= maxWatchers || a.limit.Every < int64(watchedPace):
	default:
		if a.watchers == nil {
			a.watchers = make(map[string]*allowanceWatcher)
		}
		a.watchers[key] = &allowanceWatcher{pid: lessee}
	}
}

// tell tells all watchers that pixels were taken or given back, except those whose questions have
// just been answered.
func (a *allowance) tell(ctx actor.Context, asked []leaseAsk, now time.Time) {
	if len(a.watchers) == 0 || len(asked) > 0 && !slices.ContainsFunc(asked, func(q leaseAsk) bool { return q.lease.Least > 0 || q.lease.Unused > 0 }) {
		return
	}
	for key, w := range a.watchers {
		if !slices.ContainsFunc(asked, func(q leaseAsk) bool { return q.lessee != nil && keyOf(q.lessee) == key }) {
			w.late = true
		}
	}
	a.tellLate(ctx, now)
}

func (a *allowance) tellLate(ctx actor.Context, now time.Time) {
	for _, w := range a.watchers {
		switch {
		case !w.late:
		case now.Sub(w.told) < watchEvery:
			a.wakeAt(ctx, w.told.Add(watchEvery))
		default:
			w.late, w.told = false, now
			ctx.Send(w.pid, &message.Leased{Subject: a.subject, Full: a.full})
		}
	}
}
