package actors

import (
	"maps"
	mathrand "math/rand/v2"
	"slices"
	"sync"

	"github.com/asynkron/protoactor-go/actor"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/message"
	"pixelplayground/actors/regions"
)

// A relay rests at its region when both have agreed that nothing is happening: neither has a timer,
// and neither says anything to the other. A large canvas has thousands of them. What they would say,
// that both are there and that nothing was lost, their pods say for all of them at once: they
// compare sums over what each end of a stream knows of it. Before an actor sends or handles anything
// on a stream that rests, it takes the stream out of its pod's sums. So if the other end misses the
// message or has failed, the two pods' sums no longer match, and every relay in that sum (a 64th of
// them) goes back to renewing for itself.

const (
	// restBeats is how many beats pass between two questions about the relays that rest.
	restBeats = 3
	// restAnswer is how many beats the other pod has for an answer. It is asked again in between.
	// Then those that rest renew, as when they had noticed the silence themselves.
	restAnswer = 2
	// restLease is how many beats regions rely on a pod that does not ask. Then its relays have as long
	// to renew as any.
	restLease = regions.LeaseBeats
)

type (
	// restOver ends the rest between a relay and its region on another pod: see regions.RestOver, which
	// does so for a region.
	restOver struct{ pod string }
	// unviewed tells a relay that rests that nobody needs it.
	unviewed struct{}
)

// rests is what a pod knows of its relays and regions that rest. Relays and regions write it, each
// for itself. Any goroutine may call it.
type rests struct {
	pod *Node

	mu      sync.Mutex // guards:
	closed  bool
	relays  map[string]*restsWith // this pod's relays, by the address of their regions
	regions map[string]*restsWith // what this pod's regions know of relays, by the relays' address
	n       uint64                // of the last question
	beats   uint64
}

// restsWith is the relays that rest at the regions of one pod, or the regions at which relays of
// one pod rest.
type restsWith struct {
	restSums
	beats int    // since we first asked the last question, or that pod did
	n     uint64 // of our last question
	open  bool   // it has not been answered
}

// restSums is one end's view of the streams between two pods.
type restSums struct {
	streams map[canvas.RegionID]uint64 // what each stream has come to: see message.RestSum
	shares  [message.RestShares]uint64 // their sums
}

// set replaces what a stream has come to; 0: it does not rest.
func (s *restSums) set(id canvas.RegionID, sum uint64) {
	s.shares[id%message.RestShares] += sum - s.streams[id]
	if sum == 0 {
		delete(s.streams, id)
		return
	}
	if s.streams == nil {
		s.streams = make(map[canvas.RegionID]uint64)
	}
	s.streams[id] = sum
}

// take removes the streams of some shares, and lists their regions.
func (s *restSums) take(shares uint64) (ids []canvas.RegionID) {
	for id := range s.streams {
		if shares>>(id%message.RestShares)&1 == 1 {
			ids = append(ids, id)
		}
	}
	for _, id := range ids {
		s.set(id, 0)
	}
	return ids
}

// differ has a bit set for each share in which the ends of the streams disagree.
func (s *restSums) differ(theirs []uint64) (differ uint64) {
	for i := range s.shares {
		if i >= len(theirs) || s.shares[i] != theirs[i] {
			differ |= 1 << i
		}
	}
	return differ
}

func newRests(pod *Node) *rests {
	return &rests{pod: pod, relays: make(map[string]*restsWith), regions: make(map[string]*restsWith)}
}

// relay notes what the stream of a relay has come to that rests at a region of a pod; 0: it does not.
func (r *rests) relay(pod string, id canvas.RegionID, sum uint64) { r.set(r.relays, pod, id, sum) }

// Region is the same for a region at which a relay of a pod rests.
func (r *rests) Region(pod string, id canvas.RegionID, sum uint64) { r.set(r.regions, pod, id, sum) }

func (r *rests) set(side map[string]*restsWith, pod string, id canvas.RegionID, sum uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	with := side[pod]
	if with == nil && sum != 0 {
		with = new(restsWith)
		side[pod] = with
	}
	if with != nil {
		with.set(id, sum)
	}
}

// open begins to compare.
func (r *rests) open() { r.pod.clock.AfterFunc(r.pod.cfg.Beat, r.beat) }

// close ends it: nothing is sent after it has returned.
func (r *rests) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
}

// beat asks the pods whose turn it is, and doubts those that are silent. Beats are counted rather
// than timed: while this pod itself stands still, nobody else is silent.
func (r *rests) beat() {
	for _, id := range r.compareAll() {
		if !r.pod.audience.Viewing(id) {
			r.pod.system.Root.Send(r.pod.relays[id], unviewed{})
		}
	}
}

// compareAll does what is due in a beat. Now and then it returns the relays that rest.
func (r *rests) compareAll() (resting []canvas.RegionID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil
	}
	r.open()
	r.beats++
	for pod, at := range r.relays {
		if len(at.streams) == 0 {
			delete(r.relays, pod)
			continue
		}
		if r.beats%restBeats == 0 {
			resting = slices.AppendSeq(resting, maps.Keys(at.streams))
		}
		at.beats++
		switch {
		case at.open && at.beats >= restAnswer:
			at.open = false
			r.doubt(r.pod.relays, restOver{pod}, &at.restSums, allShares)
		case at.open:
			r.ask(pod, at)
		case at.beats >= restBeats:
			r.n++
			at.n, at.beats = r.n, 0
			r.ask(pod, at)
		}
	}
	for pod, at := range r.regions {
		if at.beats++; at.beats > restLease {
			r.doubt(r.pod.regions, regions.RestOver{Pod: pod}, &at.restSums, allShares)
		}
		if len(at.streams) == 0 {
			delete(r.regions, pod)
		}
	}
	return resting
}

const allShares = ^uint64(0)

// ask compares the relays that rest at a pod with what its regions know. mu must be held.
func (r *rests) ask(pod string, at *restsWith) {
	if pod == r.pod.system.Address() {
		r.doubt(r.pod.relays, restOver{pod}, &at.restSums, r.compare(pod, at.shares[:]))
		return
	}
	at.open = true
	inspector := actor.NewPID(pod, message.InspectorName)
	r.pod.system.Root.RequestWithCustomSender(inspector, &message.Resting{N: at.n, Sums: slices.Clone(at.shares[:])}, r.pod.inspector)
}

// compare returns where a pod's relays and this pod's regions disagree, and stirs these regions. mu
// must be held.
func (r *rests) compare(pod string, theirs []uint64) (differ uint64) {
	at := r.regions[pod]
	if at == nil {
		at = new(restsWith) // none of its relays rests here
	}
	at.beats = 0
	differ = at.differ(theirs)
	r.doubt(r.pod.regions, regions.RestOver{Pod: pod}, &at.restSums, differ)
	return differ
}

// doubt ends the rest of some shares between this pod's actors and another pod, and tells the actors
// that it is over. mu must be held.
func (r *rests) doubt(actors []*actor.PID, over any, at *restSums, shares uint64) {
	for _, id := range at.take(shares) {
		r.pod.stats.Doubted.Add(1)
		r.pod.system.Root.Send(actors[id], over)
	}
}

// onResting answers another pod.
func (r *rests) onResting(ctx actor.Context, m *message.Resting) {
	r.mu.Lock()
	differ := r.compare(ctx.Sender().Address, m.Sums)
	r.mu.Unlock()
	ctx.Request(ctx.Sender(), &message.Rested{N: m.N, Differ: differ}) // it must know who says so
}

func (r *rests) onRested(ctx actor.Context, m *message.Rested) {
	pod := ctx.Sender().Address
	r.mu.Lock()
	defer r.mu.Unlock()
	if at := r.relays[pod]; at != nil && at.open && at.n == m.N {
		at.open = false
		r.doubt(r.pod.relays, restOver{pod}, &at.restSums, m.Differ)
	}
}

// How a relay begins and ends to rest: see rests.

// quietBeats is after how many quiet beats a relay begins to rest. By then whatever was lost before
// has been found.
const quietBeats = 8

// idle reports whether nothing has happened for a while, and nobody waits for anything.
func (r *relay) idle() bool {
	return r.quiet >= quietBeats && r.attached && r.pending.count() == 0 && len(r.waiting)+len(r.readers) == 0
}

// mayRest reports whether the relay rests if the region agrees. One that nobody views goes idle soon,
// and must see to that itself.
func (r *relay) mayRest() bool { return r.idle() && r.pod.audience.Viewing(r.id) }

// rest ends the beats if the region has agreed to it, and slows them down if it has not. Regions of
// earlier versions never agree, and forget a relay that does not renew.
func (r *relay) rest(ctx actor.Context, agreed bool) {
	if !r.idle() {
		return
	}
	if !agreed || !r.mayRest() {
		r.beatAfter(ctx, regions.CalmBeats*r.pod.cfg.Beat)
		r.calm = true
		return
	}
	r.beating, r.calm, r.resting = false, false, true
	r.beats++
	r.pod.rests.relay(r.owner.Address, r.id, message.RestSum(r.id, r.stream, r.Position, r.heard, r.submits))
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
