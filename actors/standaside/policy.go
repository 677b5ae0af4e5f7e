package standaside

import (
	"slices"
	"time"
)

// policy decides whether a pod stands aside, that is, whether others get its regions because
// its store takes no commits and theirs does. It is given the results of the pod's own calls to the
// store, and what others say of theirs. It makes no calls itself.
//
// A store that is away for everybody moves nothing: others must have said that theirs takes
// commits, and again later, all while every call of this pod failed. A pod comes back when its
// calls have succeeded for a while: the longer, the more often it has stood aside recently.
type policy struct {
	aside bool
	blank bool // no call has succeeded since the start: the first success brings the pod back

	calls   []time.Time // when the calls under way began, oldest first
	failing time.Time   // when the first call began that has failed, or takes long, since one succeeded; zero: none has
	good    time.Time   // when the first call returned that has succeeded since one failed; zero: none has
	can     time.Time   // since when the others have said each time that they can commit; zero: they don't
	heard   time.Time   // when the question was asked to which they last said so
	proven  bool        // a call that began since can has failed
	cannot  time.Time   // since when they have said each time that they can't; zero: they don't
	shared  bool        // they have said that since calls began to fail here

	falls int       // times that it stood aside recently: see fallMemory
	fell  time.Time // when it last did
}

const (
	// callEvery is how often a store that answers is called, retryEvery how often one that does
	// not. With asideAfter, and the time that others take to hear of it and to claim, a region
	// stands still for less than two seconds.
	callEvery, retryEvery = 400 * time.Millisecond, 200 * time.Millisecond
	// callTime is how long a call may take. Others have less time to say that they can commit.
	callTime = 800 * time.Millisecond
	// asideAfter is how long a pod's calls must fail before it stands aside.
	asideAfter = 800 * time.Millisecond
	// canFor is how long others must have been saying that they can commit. proofAfter is how long
	// a call that began since then must have been under way, unless it has failed.
	canFor, proofAfter = 700 * time.Millisecond, 500 * time.Millisecond
	// canForAfterAll is canFor if the others could not commit before either: a store that comes
	// back for all need not come back for all at once, and moving everything would be worse than
	// waiting.
	canForAfterAll = 3 * time.Second
	// canFresh is how old the others' last word may be.
	canFresh = 600 * time.Millisecond
	// silentFor is how far apart two questions may be, both answered with "we can", for the others
	// to count as having said so each time: one question without an answer may lie between.
	silentFor = 2 * canFresh
	// doubtAfter is how long a call is under way before the others are asked.
	doubtAfter = 200 * time.Millisecond
	// maxCalls bounds the calls under way.
	maxCalls = 4
	// backAfter is how long calls must succeed before a pod comes back that stood aside once
	// recently. Each further time doubles it, up to backAtMost.
	backAfter  = 5 * time.Second
	backAtMost = time.Minute
	// fallMemory is how long a pod must have kept its regions to be as trusted as at first.
	fallMemory = 10 * time.Minute
	// cannotFor is how long others must say that they can't commit before a pod that can comes back
	// at once.
	cannotFor = time.Second
)

// due reports whether it is time for a call, if the last one began at a time, and notes the call. A
// call that takes long counts as failed until it succeeds.
func (p *policy) due(last, now time.Time) bool {
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

// succeeded notes that the call that began at a time has succeeded. It drops the calls before that
// one, which may be on dead connections.
func (p *policy) succeeded(began, now time.Time) {
	p.calls = slices.DeleteFunc(p.calls, func(b time.Time) bool { return !b.After(began) })
	p.failing = time.Time{}
	if p.good.IsZero() {
		p.good = now
	}
	if !p.aside {
		p.forget()
	}
}

// failed notes that the call that began at a time has failed, and reports whether that counts. It
// does not if a later call has succeeded.
func (p *policy) failed(began time.Time) bool {
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

// told notes what the others say to a question that was asked at a time: whether one of them can
// commit. It is not called if none of them says anything. It ignores an answer that comes when it
// no longer matters, which says nothing about the next failure. Nor do answers from before a long
// silence count.
func (p *policy) told(can bool, asked, now time.Time) {
	if !p.asks() {
		return
	}
	if !can {
		p.can, p.proven, p.shared = time.Time{}, false, true
		if p.cannot.IsZero() {
			p.cannot = now
		}
		return
	}
	if p.can.IsZero() || asked.Sub(p.heard) > silentFor {
		p.can, p.proven = now, false
	}
	p.cannot, p.heard = time.Time{}, asked
}

// forget drops what the others have said.
func (p *policy) forget() {
	p.can, p.heard, p.cannot, p.proven, p.shared = time.Time{}, time.Time{}, time.Time{}, false, false
}

// asks reports whether it matters what the others say.
func (p *policy) asks() bool {
	if p.aside {
		return !p.good.IsZero() && !p.blank
	}
	return !p.failing.IsZero()
}

// asksAgain reports whether the others must be asked once more before the pod stands aside: since
// they were last asked, a store that this pod has found slow may have gone for all.
func (p *policy) asksAgain(asked, now time.Time) bool {
	last := p.failing.Add(asideAfter)
	return !p.aside && !p.failing.IsZero() && !now.Before(last) && asked.Before(last)
}

// decide reports whether the pod now begins to stand aside, or comes back.
func (p *policy) decide(now time.Time) (changed bool) {
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

func (p *policy) mustGo(now time.Time) bool {
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

func (p *policy) mayReturn(now time.Time) bool {
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

// settling is how long calls must have succeeded before the pod comes back.
func (p *policy) settling() time.Duration {
	return min(backAfter<<min(max(p.falls-1, 0), 10), backAtMost)
}
