package actors

import (
	"slices"
	"time"
)

// footing decides whether a pod stands aside: whether the others shall have its regions,
// because its store takes no commits and theirs does. It is given what the pod's own calls
// to the store come to, and what others say of theirs; it makes no calls itself.
//
// A store that is away for everybody moves nothing: others must have said that theirs takes
// commits, and again later, all while every call of this pod failed. A pod comes back when its
// calls have succeeded for a while, the longer the more often it stood aside of late.
type footing struct {
	aside bool
	blank bool // no call has succeeded since the start: the first that does brings it back

	calls   []time.Time // when those under way began, the oldest first
	failing time.Time   // when the first of those began that have failed, or take long, since one succeeded; zero: none does
	good    time.Time   // when the first of those came back that have succeeded since one failed; zero: none has
	can     time.Time   // since when the others say each time that they can; zero: they don't
	heard   time.Time   // when they said so last
	proven  bool        // a call has failed since that began since
	cannot  time.Time   // since when they say each time that they can't; zero: they don't
	shared  bool        // they have said so since calls fail here

	falls int       // times that it stood aside of late
	fell  time.Time // the last of them
}

const (
	// callEvery is how often a store that answers is called, and retryEvery one that does not.
	// With asideAfter, and what it takes for the others to hear of it and to claim, a region
	// stands still for less than two seconds.
	callEvery, retryEvery = 400 * time.Millisecond, 200 * time.Millisecond
	// callTime is how long a call may take. Others have less to say that they can.
	callTime = 800 * time.Millisecond
	// asideAfter is how long a pod's calls fail before it stands aside.
	asideAfter = 800 * time.Millisecond
	// canFor is how long others must have been saying that they can, and proofAfter how long a
	// call that began when they already did must have been under way, unless it has failed.
	canFor, proofAfter = 700 * time.Millisecond, 500 * time.Millisecond
	// canForAfterAll is canFor when they could not either before: a store that comes back for
	// all need not come back for all at once, and moving everything would be worse than waiting.
	canForAfterAll = 3 * time.Second
	// canFresh is how old their last word may be.
	canFresh = 600 * time.Millisecond
	// doubtAfter is how long a call is under way before others are asked.
	doubtAfter = 200 * time.Millisecond
	// maxCalls bounds the calls under way.
	maxCalls = 4
	// backAfter is how long calls succeed before a pod that stood aside comes back, when it did
	// once of late. Each further time doubles it, up to backAtMost.
	backAfter  = 5 * time.Second
	backAtMost = time.Minute
	// fallMemory is how long a pod must have kept its regions to be as trusted as at first.
	fallMemory = 10 * time.Minute
	// cannotFor is how long others say that they can't before a pod that can comes back at once.
	cannotFor = time.Second
)

// due tells whether it is time for a call, the last of which began at a time, and notes it. One
// that takes long counts for one that fails until it succeeds.
func (f *footing) due(last, now time.Time) bool {
	if len(f.calls) > 0 && now.Sub(f.calls[0]) >= doubtAfter && f.failing.IsZero() {
		f.failing = f.calls[0]
	}
	every := callEvery
	if f.good.IsZero() || !f.failing.IsZero() {
		every = retryEvery
	}
	if now.Sub(last) < every || len(f.calls) == maxCalls {
		return false
	}
	f.calls = append(f.calls, now)
	return true
}

// succeeded notes that a call did that began at a time. Those before it may be on connections
// that are dead.
func (f *footing) succeeded(began, now time.Time) {
	f.calls = slices.DeleteFunc(f.calls, func(b time.Time) bool { return !b.After(began) })
	f.failing = time.Time{}
	if f.good.IsZero() {
		f.good = now
	}
	if !f.aside {
		f.forget()
	}
}

// failed notes that a call did that began at a time, and tells whether that counts: it does not
// when a later one has succeeded.
func (f *footing) failed(began time.Time) bool {
	i := slices.IndexFunc(f.calls, began.Equal)
	if i < 0 {
		return false
	}
	f.calls = slices.Delete(f.calls, i, i+1)
	f.good, f.cannot = time.Time{}, time.Time{}
	f.proven = f.proven || !f.can.IsZero() && !began.Before(f.can)
	if f.failing.IsZero() {
		f.failing = began
	}
	return true
}

// told notes what the others say: whether one of them can commit. When none says anything it
// is not called.
func (f *footing) told(can bool, now time.Time) {
	if !can {
		f.can, f.proven, f.shared = time.Time{}, false, true
		if f.cannot.IsZero() {
			f.cannot = now
		}
		return
	}
	f.cannot, f.heard = time.Time{}, now
	if f.can.IsZero() {
		f.can = now
	}
}

// forget drops what the others have said.
func (f *footing) forget() {
	f.can, f.heard, f.cannot, f.proven, f.shared = time.Time{}, time.Time{}, time.Time{}, false, false
}

// asks tells whether it matters what the others say.
func (f *footing) asks() bool {
	if f.aside {
		return !f.good.IsZero() && !f.blank
	}
	return !f.failing.IsZero()
}

// decide tells whether the pod stands aside now and did not, or the other way round.
func (f *footing) decide(now time.Time) (changed bool) {
	if f.aside {
		changed = f.mayReturn(now)
	} else {
		changed = f.mustGo(now)
	}
	if !changed {
		return false
	}
	if f.aside = !f.aside; f.aside {
		if now.Sub(f.fell) > fallMemory {
			f.falls = 0
		}
		f.falls, f.fell = f.falls+1, now
	}
	f.blank = false
	f.forget()
	return true
}

func (f *footing) mustGo(now time.Time) bool {
	if f.failing.IsZero() || now.Sub(f.failing) < asideAfter {
		return false
	}
	patience := canFor
	if f.shared {
		patience = canForAfterAll
	}
	if f.can.IsZero() || now.Sub(f.can) < patience || now.Sub(f.heard) > canFresh {
		return false
	}
	return f.proven || slices.ContainsFunc(f.calls, func(b time.Time) bool { return !b.Before(f.can) && now.Sub(b) >= proofAfter })
}

func (f *footing) mayReturn(now time.Time) bool {
	switch {
	case f.good.IsZero():
		return false
	case f.blank:
		return true
	case !f.cannot.IsZero() && now.Sub(f.cannot) >= cannotFor:
		return true
	}
	return now.Sub(f.good) >= f.settling()
}

// settling is how long calls must have succeeded.
func (f *footing) settling() time.Duration {
	return min(backAfter<<min(max(f.falls-1, 0), 10), backAtMost)
}
