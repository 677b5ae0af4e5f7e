package regions

import (
	"github.com/asynkron/protoactor-go/actor"

	"pixelplayground/actors/message"
)

// How a region lets its relays rest, and rests itself when all of them do: see Needs.Rests and
// Needs.ClaimWatcher.

// rest makes a relay rest.
func (r *region) rest(s *subscriber) {
	s.resting = true
	r.pod.Rests.Region(s.relay.Address, r.id, message.RestSum(r.id, s.stream, r.Position, s.answers, s.next))
}

// rouse ends the rest of a relay, before anything else happens on its stream. Its lease begins anew.
func (r *region) rouse(s *subscriber) {
	if s.resting {
		s.resting, s.seen = false, r.pod.Now()
		r.pod.Rests.Region(s.relay.Address, r.id, 0)
	}
}

// rouseAll is for a region that gives up its claim, or fails.
func (r *region) rouseAll() {
	r.unwatch()
	for _, s := range r.subscribers {
		r.rouse(s)
	}
}

// onRestOver waits for a pod's relay as for those that don't rest.
func (r *region) onRestOver(ctx actor.Context, m RestOver) {
	for _, s := range r.subscribers {
		if s.resting && s.relay.Address == m.Pod {
			r.rouse(s)
			r.attend(ctx)
		}
	}
}

// idle reports whether a region that serves has nothing to do.
func (r *region) idle() bool {
	return r.phase == phaseServing && r.inflight == nil && r.queue.Empty() && !r.checking && r.mending.have == nil && r.handoff.notOwnedSince.IsZero()
}

// watch ends the sweeps of an idle region: the pod looks after its relays and its claim.
func (r *region) watch() {
	r.sweeping, r.calm, r.resting = false, true, true
	r.pod.ClaimWatcher.Watch(r.id, WatchedClaim{Term: r.term(), Reached: r.Position.Seq, Proven: r.proven})
}

// unwatch is called when a region is no longer idle, or no longer has its claim.
func (r *region) unwatch() {
	if r.resting {
		r.resting = false
		r.proven = r.pod.ClaimWatcher.Unwatch(r.id)
	}
}
