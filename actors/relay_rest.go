package actors

import (
	mathrand "math/rand/v2"

	"github.com/asynkron/protoactor-go/actor"
)

// How a relay begins and ends to rest: see rests.

// quietBeats is after how many quiet beats a relay begins to rest. By then whatever was lost before
// has been found.
const quietBeats = 8

// mayRest reports whether the relay would rest if the region agreed: nothing has happened for a
// while, and nobody waits for anything.
func (r *relay) mayRest() bool {
	return r.quiet >= quietBeats && r.attached && r.pending.count() == 0 && len(r.waiting)+len(r.readers) == 0
}

// rest ends the beats if the region has agreed to it, and slows them down if it has not. Regions of
// earlier versions never agree, and forget a relay that does not renew. A relay that nobody views
// goes idle soon, and must see to that itself.
func (r *relay) rest(ctx actor.Context, agreed bool) {
	if !r.mayRest() {
		return
	}
	if !agreed || !r.pod.audience.Viewing(r.id) {
		r.beatAfter(ctx, calmBeats*r.pod.cfg.Beat)
		r.calm = true
		return
	}
	r.beating, r.calm, r.resting = false, false, true
	r.beats++
	r.pod.rests.relay(r.owner.Address, r.id, restSum(r.id, r.stream, r.Position, r.heard, r.submits))
}

// rouse ends the rest, before anything that the region should know of happens.
func (r *relay) rouse() {
	if r.resting {
		r.resting = false
		r.pod.rests.relay(r.owner.Address, r.id, 0)
	}
}

// onRestOver looks after the stream again, within a beat: others do so at the same time.
func (r *relay) onRestOver(ctx actor.Context, m restOver) {
	if r.resting && r.owner.Address == m.pod {
		r.beatAfter(ctx, mathrand.N(r.pod.cfg.Beat))
	}
}

// onUnviewed makes the relay idle, unless somebody has come meanwhile.
func (r *relay) onUnviewed(ctx actor.Context) {
	if r.resting && !r.needed() {
		r.letGo(ctx)
	}
}
