package regions

import (
	"slices"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/decisions"
	"pixelplayground/actors/oplog"
	"pixelplayground/actors/rules"
	"pixelplayground/actors/store"
)

// How a region obeys the rules: once an act is decided, nothing that it forbids is committed any more
// (I11). A region checks ops when it begins their batch, by the rules of that moment. Its pod notes under
// which rules the batch was begun that is on its way to the store. A new owner serves only after its pod
// has read the latest acts, since it may have missed some while it owned nothing.

// LongestRetry is the longest wait that a refusal names. Messages between pods carry no longer one.
const LongestRetry = 24 * time.Hour

// takeAllowed takes the next ops to commit from the queue, and refuses those that are not allowed.
func (r *region) takeAllowed(ctx actor.Context, now time.Time) (ops []*oplog.Queued) {
	ops, _ = r.queue.Take(r.pod.BatchPixels)
	for {
		in := r.pod.Rules()
		r.pod.Owned.begin(r.id, in.Generation)
		ops = r.allowed(ctx, in.Rules, ops, now)
		// The rules actor publishes new rules, then looks for batches begun earlier. So either it sees this
		// batch, or we see its rules.
		if r.pod.Rules() == in {
			break
		}
	}
	if ops = r.unpainted(ctx, ops); len(ops) == 0 {
		r.pod.Owned.ended(r.id)
	}
	return ops
}

// allowed returns those of the ops that the rules allow, and refuses the others.
func (r *region) allowed(ctx actor.Context, in *rules.Rules, ops []*oplog.Queued, now time.Time) []*oplog.Queued {
	if in.Version() == 0 {
		return ops
	}
	var refused map[rules.Verdict][]*oplog.Queued
	kept := ops // most often all are allowed. Others hold the slice too, so it must not be changed
	for i, q := range ops {
		v := check(in, r.id, &q.Op, now)
		switch {
		case v.Why == 0 && refused == nil:
			continue
		case v.Why == 0:
			kept = append(kept, q)
			continue
		case refused == nil:
			refused, kept = make(map[rules.Verdict][]*oplog.Queued, 1), slices.Clip(ops[:i])
		}
		refused[v] = append(refused[v], q)
	}
	for v, late := range refused {
		r.queue.Settle(late)
		for key, ids := range oplog.ByRelay(late) {
			why := v.Why
			if ids[0].Key == (canvas.Key{}) { // a relay of an earlier version: its pod can't read a reason that it does not know
				why = canvas.RefusedUnknown
			}
			if s := r.subscribers[key]; s != nil {
				r.rejectFor(ctx, s, ids, why, min(v.Retry, LongestRetry))
			}
		}
	}
	return kept
}

// check asks the rules about an op. What the server places itself passes all rules.
func check(in *rules.Rules, region canvas.RegionID, op *canvas.Op, now time.Time) rules.Verdict {
	if op.Cause != "" {
		return rules.Verdict{}
	}
	who := rules.Who{User: op.By(), Known: op.Known(), Owner: op.Owner, Network: op.From, Address: op.Address, Role: op.Role, Most: op.Role}
	return in.CheckPixels(who, region, op.Pixels, now)
}

// catchUp has the pod read on in the acts before the region serves under a claim.
func (r *region) catchUp(ctx actor.Context, claim *store.Claim) {
	r.pod.Owned.claimed(r.id, claim.Term)
	r.fresh = claim
	if r.pod.Decider() == nil {
		r.onCaughtUp(ctx, decisions.CaughtUp{For: claim})
		return
	}
	r.askToCatchUp(ctx, claim)
}

// caughtUpLate says that the rules actor has not answered for a while: the store may be away, or the
// question was lost with a fault.
type caughtUpLate struct{ fresh *store.Claim }

func (r *region) askToCatchUp(ctx actor.Context, claim *store.Claim) {
	ctx.Request(r.pod.Decider(), decisions.CatchUp{For: claim})
	r.pod.Later(ctx, r.pod.Patience, caughtUpLate{claim})
}

func (r *region) onCaughtUpLate(ctx actor.Context, m caughtUpLate) {
	if r.fresh == m.fresh {
		r.askToCatchUp(ctx, m.fresh)
	}
}

func (r *region) onCaughtUp(ctx actor.Context, m decisions.CaughtUp) {
	if m.For != any(r.fresh) || r.fresh == nil {
		return
	}
	claim := r.fresh
	r.fresh = nil
	r.recovered()
	if r.intact(ctx, claim) {
		r.serve(ctx, claim)
	}
}
