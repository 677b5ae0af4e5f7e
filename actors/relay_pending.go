package actors

import (
	"slices"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/journey"
	"pixelplayground/actors/message"
)

// pendingOps holds, in order, the ops that a relay has taken and the region has not answered.
// Whenever the relay attaches anew, all of them are sent again (I4). It is bounded in pixels, and
// outlives a relay that fails.
type pendingOps struct {
	limit  int // pixels
	pixels int
	ops    []pendingOp         // in order; an op answered out of turn stays until its turn comes
	first  int                 // the number of ops[0]; that of ops[i] is first+i
	known  map[canvas.OpID]int // the number of each op without an answer
	sent   int                 // ops[:sent] have been submitted on the current stream
}

func newPendingOps(limit int) *pendingOps {
	return &pendingOps{limit: limit, known: make(map[canvas.OpID]int)}
}

type pendingOp struct {
	place
	also     []*actor.PID // others that placed it again: see push
	since    time.Time
	tried    bool   // it has been submitted, by this relay, an earlier one or another pod's, and may be durable
	after    uint64 // if it was applied before, then after this sequence number
	told     bool   // opsWaiting has been sent to all who placed it
	answered bool   // the other fields are void
}

// Events to whoever placed an op.
type (
	opsAcked struct {
		nums []uint64
		at   time.Time // when the relay heard it
	}
	opRefused struct {
		num    uint64
		pixels int // of the part of the op that was refused
		why    canvas.Refusal
		retry  time.Duration
	}
	// opUnanswered says that an op can be neither taken now nor refused: only its region
	// knows whether it is a repetition.
	opUnanswered struct{}
	// opsWaiting says that ops have had no answer for as long as one should wait, and may or may
	// not be durable. An answer follows when it is known.
	opsWaiting struct{ nums []uint64 }
)

func (p *pendingOps) count() int { return len(p.known) }

// push appends an op; false: there is no room. If the op is here already, it was sent again by a
// client whose connection broke, or that has two connections: the answer goes to both.
func (p *pendingOps) push(m place, now time.Time) bool {
	if o := p.find(m.op.ID); o != nil {
		if m.repeated { // it may also have been placed on another pod, before or meanwhile
			o.tried, o.after = true, 0
		}
		if o.from != m.from && !slices.Contains(o.also, m.from) {
			o.also, o.told = append(o.also, m.from), false
		}
		return true
	}
	if p.pixels+len(m.op.Pixels) > p.limit {
		return false
	}
	p.known[m.op.ID] = p.first + len(p.ops)
	p.ops = append(p.ops, pendingOp{place: m, since: now, tried: m.repeated})
	p.pixels += len(m.op.Pixels)
	return true
}

// find returns the op with an id that has no answer yet; nil: there is none. Regions of earlier
// versions name an op by author and number. They mean the first that fits, since they took any
// other for the same op.
func (p *pendingOps) find(id canvas.OpID) *pendingOp {
	if n, ok := p.known[id]; ok {
		return &p.ops[n-p.first]
	}
	for i := 0; id.Key == (canvas.Key{}) && i < len(p.ops); i++ {
		if o := &p.ops[i]; !o.answered && o.op.ID.Same(id) {
			return o
		}
	}
	return nil
}

// resetSent makes every op due to be sent again.
func (p *pendingOps) resetSent() { p.sent = 0 }

// send takes the next ops to submit, at most limit pixels but at least one op; nil: all have been
// submitted. The region has reached the sequence number now, or is past it.
func (p *pendingOps) send(limit int, now uint64) (ops []canvas.Op, again []message.Again) {
	for pixels := 0; p.sent < len(p.ops); p.sent++ {
		next := &p.ops[p.sent]
		if next.answered {
			continue
		}
		if pixels += len(next.op.Pixels); pixels > limit && len(ops) > 0 {
			break
		}
		if next.tried {
			again = append(again, message.Again{Op: len(ops), After: next.after})
		} else {
			next.tried, next.after = true, now
		}
		ops = append(ops, next.op)
	}
	return ops, again
}

// late lists the ops taken before a time that have never been submitted.
func (p *pendingOps) late(before time.Time) (ids []canvas.OpID) {
	for i := range p.ops {
		if o := &p.ops[i]; !o.answered && !o.tried && o.since.Before(before) {
			ids = append(ids, o.op.ID)
		}
	}
	return ids
}

// tellWaiting sends opsWaiting for the submitted ops that were taken before a time. The ops are in
// the order of their arrival.
func (p *pendingOps) tellWaiting(ctx actor.Context, before time.Time) {
	var byPlacer map[*actor.PID][]uint64
	for i := range p.ops {
		o := &p.ops[i]
		if o.answered || o.told || !o.tried {
			continue
		}
		if !o.since.Before(before) {
			break
		}
		if o.told = true; byPlacer == nil {
			byPlacer = make(map[*actor.PID][]uint64, 1)
		}
		byPlacer[o.from] = append(byPlacer[o.from], o.op.ID.Num)
		for _, pid := range o.also {
			byPlacer[pid] = append(byPlacer[pid], o.op.ID.Num)
		}
	}
	for pid, nums := range byPlacer {
		ctx.Send(pid, opsWaiting{nums})
	}
}

// remove takes out one op.
func (p *pendingOps) remove(id canvas.OpID) (pendingOp, bool) {
	o := p.find(id)
	if o == nil {
		return pendingOp{}, false
	}
	delete(p.known, o.op.ID)
	found := *o
	p.pixels -= len(found.op.Pixels)
	*o = pendingOp{answered: true}
	for len(p.ops) > 0 && p.ops[0].answered {
		p.ops = p.ops[1:]
		p.first++
		p.sent = max(0, p.sent-1)
	}
	if len(p.ops) > 2*len(p.known)+mostAnswered {
		p.compact()
	}
	return found, true
}

// mostAnswered is how many more ops with an answer than without one may be kept until their turn
// comes.
const mostAnswered = 256

// compact removes the ops that were answered out of turn.
func (p *pendingOps) compact() {
	var left []pendingOp
	sent := 0
	for i, o := range p.ops {
		if o.answered {
			continue
		}
		if i < p.sent {
			sent++
		}
		p.known[o.op.ID] = p.first + len(left)
		left = append(left, o)
	}
	p.ops, p.sent = left, sent
}

// ack removes durable ops and tells those who placed them, in one message each.
func (p *pendingOps) ack(ctx actor.Context, region canvas.RegionID, acks []canvas.OpID, pod *Node) {
	if len(acks) == 0 {
		return
	}
	now := pod.clock.Now()
	byPlacer := make(map[*actor.PID][]uint64, 1)
	for _, id := range acks {
		if found, ok := p.remove(id); ok {
			byPlacer[found.from] = append(byPlacer[found.from], id.Num)
			for _, pid := range found.also {
				byPlacer[pid] = append(byPlacer[pid], id.Num)
			}
			trace := pod.stats.Follower.TraceOf(id)
			pod.stats.CountAck(now.Sub(found.since), trace)
			if trace != "" {
				pod.stats.Follower.Saw(journey.Span{Op: id, Stage: journey.Relay, Region: region, Began: found.since, Ended: now, Pixels: len(found.op.Pixels)})
			}
		}
	}
	for from, nums := range byPlacer {
		ctx.Send(from, opsAcked{nums, now})
	}
}

func (p *pendingOps) refuse(ctx actor.Context, ids []canvas.OpID, why canvas.Refusal, retry time.Duration) {
	for _, id := range ids {
		if found, ok := p.remove(id); ok {
			answer := opRefused{num: id.Num, pixels: len(found.op.Pixels), why: why, retry: retry}
			ctx.Send(found.from, answer)
			for _, pid := range found.also {
				ctx.Send(pid, answer)
			}
		}
	}
}
