package actors

import (
	"slices"
	"time"
)

// asidePolicy decides whether a pod stands aside: whether the others shall have its regions,
// because its store takes no commits and theirs does. It is given what the pod's own calls
// to the store come to, and what others say of theirs; it makes no calls itself.
//
// A store that is away for everybody moves nothing: others must have said that theirs takes
// commits, and again later, all while every call of this pod failed. A pod comes back when its
// calls have succeeded for a while, the longer the more often it stood aside of late.
type asidePolicy struct {
	aside bool
	blank bool // no call has succeeded since the start: the first that does brings it back

	calls   []time.Time // when those under way began, the oldest first
	failing time.Time   // when the first of those began that have failed, or take long, since one succeeded; zero: none does
	good    time.Time   // when the first of those came back that have succeeded since one failed; zero: none has
	can     time.Time   // since when the others say each time that they can; zero: they don't
	heard   time.Time   // when the question was asked to which they said so last
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

// due reports whether it is time for a call, the last of which began at a time, and notes it. One
// that takes long counts for one that fails until it succeeds.
func (p *asidePolicy) due(last, now time.Time) bool {
	if len(p.calls) > 0 && now.Sub(p.calls[0]) >= doubtAfter && p.failing.IsZero() {
		p.failing = p.calls[0]
	}
	every := callEvery
	if p.good.IsZero() || !p.failing.IsZero() {
		every = retryEvery
	}
	if now.Sub(last) < every || len(p.calls) == maxCalls {
		return false
	}
	p.calls = append(p.calls, now)
	return true
}

// succeeded notes that a call did that began at a time. Those before it may be on connections
// that are dead.
func (p *asidePolicy) succeeded(began, now time.Time) {
	p.calls = slices.DeleteFunc(p.calls, func(b time.Time) bool { return !b.After(began) })
	p.failing = time.Time{}
	if p.good.IsZero() {
		p.good = now
	}
	if !p.aside {
		p.forget()
	}
}

// failed notes that a call did that began at a time, and reports whether that counts: it does not
// when a later one has succeeded.
func (p *asidePolicy) failed(began time.Time) bool {
	i := slices.IndexFunc(p.calls, began.Equal)
	if i < 0 {
		return false
	}
	p.calls = slices.Delete(p.calls, i, i+1)
	p.good, p.cannot = time.Time{}, time.Time{}
	p.proven = p.proven || !p.can.IsZero() && !began.Before(p.can)
	if p.failing.IsZero() {
		p.failing = began
	}
	return true
}

// told notes what the others say to a question of a time: whether one of them can commit. When
// none says anything it is not called.
func (p *asidePolicy) told(can bool, asked, now time.Time) {
	if !can {
		p.can, p.proven, p.shared = time.Time{}, false, true
		if p.cannot.IsZero() {
			p.cannot = now
		}
		return
	}
	p.cannot, p.heard = time.Time{}, asked
	if p.can.IsZero() {
		p.can = now
	}
}

// forget drops what the others have said.
func (p *asidePolicy) forget() {
	p.can, p.heard, p.cannot, p.proven, p.shared = time.Time{}, time.Time{}, time.Time{}, false, false
}

// asks reports whether it matters what the others say.
func (p *asidePolicy) asks() bool {
	if p.aside {
		return !p.good.IsZero() && !p.blank
	}
	return !p.failing.IsZero()
}

// asksAgain reports whether the others must be asked once more before the pod stands aside: a
// store that this pod has found slow may have gone for all since they were asked last.
func (p *asidePolicy) asksAgain(asked, now time.Time) bool {
	last := p.failing.Add(asideAfter)
	return !p.aside && !p.failing.IsZero() && !now.Before(last) && asked.Before(last)
}

// decide reports whether the pod stands aside now and did not, or the other way round.
func (p *asidePolicy) decide(now time.Time) (changed bool) {
	if p.aside {
		changed = p.mayReturn(now)
	} else {
		changed = p.mustGo(now)
	}
	if !changed {
		return false
	}
	if p.aside = !p.aside; p.aside {
		if now.Sub(p.fell) > fallMemory {
			p.falls = 0
		}
		p.falls, p.fell = p.falls+1, now
	}
	p.blank = false
	p.forget()
	return true
}

func (p *asidePolicy) mustGo(now time.Time) bool {
	if p.failing.IsZero() || now.Sub(p.failing) < asideAfter {
		return false
	}
	patience := canFor
	if p.shared {
		patience = canForAfterAll
	}
	if p.can.IsZero() || now.Sub(p.can) < patience || now.Sub(p.heard) > canFresh || p.heard.Before(p.failing.Add(asideAfter)) {
		return false
	}
	return p.proven || slices.ContainsFunc(p.calls, func(b time.Time) bool { return !b.Before(p.can) && now.Sub(b) >= proofAfter })
}

func (p *asidePolicy) mayReturn(now time.Time) bool {
	switch {
	case p.good.IsZero():
		return false
	case p.blank:
		return true
	case !p.cannot.IsZero() && now.Sub(p.cannot) >= cannotFor:
		return true
	}
	return now.Sub(p.good) >= p.settling()
}

// settling is how long calls must have succeeded.
func (p *asidePolicy) settling() time.Duration {
	return min(backAfter<<min(max(p.falls-1, 0), 10), backAtMost)
}
