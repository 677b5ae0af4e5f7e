package regions

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/mailbox"
	"pixelplayground/actors/message"
	"pixelplayground/actors/store"
)

// A store can lose a part of a region: keys that Redis evicts, the last writes in a failover, or
// all of it. Whoever still has the pixels gives them back: an owner writes back what it serves, and
// a new owner asks the relays that hold more than the store. What nobody has is lost. The loss is
// reported, and the region goes on with what is left.
//
// Positions tell who has more: they only rise, and a relay holds only what was durable once. So a
// relay that is ahead of the store shows that the store has lost something.

// mending is the state of a region's repair.
type mending struct {
	have   *store.Claim // what the store is being given; nil: nothing
	claim  *store.Claim // what the store had when we claimed; nil: we have been serving
	source string       // where have comes from, for the log

	relays []*subscriber // that hold more and have not been asked, the one with the most first
	asked  uint64        // numbers the questions
}

type (
	salvageLate struct {
		of *region
		n  uint64
	}
	mended struct {
		of   *region
		have *store.Claim
		term store.Term
		err  error
	}
	mendAgain struct{ of *region }
)

// salvageTime is how long a relay has to answer. A relay of an earlier version never does.
const salvageTime = time.Second

// damaged handles a loss of the store's that was found while we serve: the store gets what we have.
// A commit under way finds the same, and is repeated when the store is whole.
func (r *region) damaged(ctx actor.Context, err error) {
	if r.mending.have != nil {
		return
	}
	r.noteDamage(err)
	r.mending = mending{source: "owner", have: &store.Claim{
		Term: r.term(), Position: r.Position, Tile: r.Snapshot(r.id).Tile, Recent: r.ring.All(),
	}}
	r.mend(ctx)
}

func (r *region) noteDamage(err error) {
	r.pod.Stats.Damaged.Add(1)
	r.log.Error("the store has lost a part of the region", "err", err)
	r.pod.Events.NoteRegion(message.EventDamaged, r.id, 0, fmt.Sprintf("region %d: %v", r.id, err))
}

// intact reports whether a claim brought all that there was. If it did not, the region is repaired
// first.
func (r *region) intact(ctx actor.Context, claim *store.Claim) bool {
	ahead := r.ahead(claim)
	switch {
	case claim.Damage != nil:
		r.noteDamage(claim.Damage)
	case len(ahead) > 0:
		r.noteDamage(fmt.Errorf("%w: it is at %v, and %v was shown", store.ErrDamaged, claim.Position, ahead[0].held))
	default:
		return true
	}
	r.mending = mending{claim: claim, relays: ahead, asked: r.mending.asked}
	r.phase = phaseMending
	r.salvage(ctx)
	return false
}

// ahead lists the relays that hold more than a claim has, the one with the most first.
func (r *region) ahead(claim *store.Claim) []*subscriber {
	var ahead []*subscriber
	for s := range maps.Values(r.subscribers) {
		if after(s.held, claim.Position) || claim.PixelsLost && s.held == claim.Position && s.held != (canvas.Position{}) {
			ahead = append(ahead, s)
		}
	}
	slices.SortFunc(ahead, func(a, b *subscriber) int {
		return cmp.Or(cmp.Compare(b.held.Epoch, a.held.Epoch), cmp.Compare(b.held.Seq, a.held.Seq))
	})
	return ahead
}

// after reports whether a region reaches position a only after position b.
func after(a, b canvas.Position) bool {
	return a.Epoch > b.Epoch || a.Epoch == b.Epoch && a.Seq > b.Seq
}

// outdated reports whether the region is repaired first for a relay that attaches while we serve:
// it is if the relay holds what we never had, and nothing has been committed since the claim. The
// region then becomes what that relay has. After a commit there is another history, and what the
// relay holds is lost.
func (r *region) outdated(ctx actor.Context, s *subscriber) bool {
	if !after(s.held, r.Position) {
		return false
	}
	if r.phase != phaseServing || r.inflight != nil || r.mending.have != nil {
		return false
	}
	claim := &store.Claim{Term: r.term(), Position: r.Position, Tile: r.Snapshot(r.id).Tile, Recent: r.ring.All()}
	r.letGo(ctx) // the other relays attach again
	r.subscribers[mailbox.Key(s.relay)] = s
	return !r.intact(ctx, claim)
}

// mendingFirst is the phase in which the claim is ours, and the store does not have all that there
// was. Relays that attach are answered when the region is repaired.
func (r *region) mendingFirst(ctx actor.Context) {
	switch m := ctx.Message().(type) {
	case *message.Attach:
		r.attach(ctx, m)
	case *message.Submit: // on a stream with an earlier instance or epoch
		ctx.Respond(&message.Lapsed{Stream: m.Stream})
	case *message.Check:
		ctx.Respond(&message.Lapsed{Stream: m.Stream})
	case *message.Salvaged:
		r.onSalvaged(ctx, m)
	case salvageLate:
		if m.of == r && m.n == r.mending.asked && r.mending.have == nil {
			r.salvage(ctx)
		}
	case mended:
		r.onMended(ctx, m)
	case mendAgain:
		r.onMendAgain(ctx, m)
	case *message.Yield:
		r.handoff.addYielder(ctx.Sender(), m.N)
	case Retire:
		r.stop(ctx)
	case HandOver:
		r.onHandOver(ctx)
	default:
		r.late(m)
	}
}

// salvage asks the next relay. If none is left, it goes on with what the store has.
func (r *region) salvage(ctx actor.Context) {
	m := &r.mending
	m.asked++
	if len(m.relays) > 0 {
		s := m.relays[0]
		m.relays = m.relays[1:]
		m.source = s.relay.Address
		ctx.Request(s.relay, &message.Salvage{N: m.asked})
		r.pod.Later(ctx, salvageTime, salvageLate{r, m.asked})
		return
	}
	left := *m.claim
	left.Damage = nil
	m.source = "store"
	if left.PixelsLost || left.Position == (canvas.Position{}) {
		// These are not the pixels that the position stood for: they need another position, which
		// nobody holds.
		left.Position = canvas.Position{Epoch: left.Epoch, Seq: left.Position.Seq + 1}
		left.Recent = nil
	}
	m.have = &left
	r.mend(ctx)
}

// onSalvaged takes what a relay has, unless it does not fit or is behind what the store has.
func (r *region) onSalvaged(ctx actor.Context, m *message.Salvaged) {
	if m.N != r.mending.asked || r.mending.have != nil {
		return
	}
	claim := r.mending.claim
	if m.Base == nil || len(m.Base.Tile) != len(claim.Tile) || after(claim.Position, m.Base.Position) {
		r.salvage(ctx)
		return
	}
	recent := m.Recent
	if n := len(recent); n > 0 && recent[n-1].Position() != m.Base.Position {
		recent = nil
	}
	r.mending.have = &store.Claim{Term: claim.Term, Position: m.Base.Position, Tile: m.Base.Tile, Recent: recent}
	r.mend(ctx)
}

// mend writes to the store what the region shall be.
func (r *region) mend(ctx actor.Context) {
	self, system, have := ctx.Self(), ctx.ActorSystem(), r.mending.have
	r.calling()
	r.pod.Background(func(c context.Context) {
		term, err := r.pod.Store.Mend(c, r.id, r.pod.Node, have)
		system.Root.Send(self, mended{r, have, term, err})
	})
}

func (r *region) onMendAgain(ctx actor.Context, m mendAgain) {
	if m.of == r && r.mending.have != nil {
		r.mend(ctx)
	}
}

func (r *region) onMended(ctx actor.Context, m mended) {
	if m.of != r || m.have != r.mending.have {
		return
	}
	switch {
	case errors.Is(m.err, store.ErrFenced):
		r.onFenced(ctx)
		return
	case m.err != nil:
		r.failed(m.err, "mend")
		r.pod.Later(ctx, backoff(r.failures), mendAgain{r})
		return
	}
	done := r.mending
	r.mending = mending{asked: done.asked}
	r.recovered()
	r.pod.Stats.Mended.Add(1)
	r.pod.Stats.CountClaim(m.term.Epoch)
	r.pod.Owned.mended(r.id, m.term)
	if done.claim != nil && done.source == "store" {
		r.log.Error("region goes on with what is left", "pixels_lost", done.claim.PixelsLost, "lost", done.claim.Damage, "seq", m.have.Position.Seq)
	} else {
		r.log.Warn("region mended: the store has its pixels again", "by", done.source, "seq", m.have.Position.Seq)
	}
	r.pod.Events.NoteRegion(message.EventMended, r.id, 0, fmt.Sprintf("region %d was mended with what the %s had", r.id, done.source))
	claim := claimOf(m.have, m.term)
	if done.claim != nil {
		r.serve(ctx, claim)
		return
	}
	r.resumeServing(ctx, m.term)
	r.beginRecording(ctx, claim)
}

// claimOf returns what a claim would bring right after Mend.
func claimOf(have *store.Claim, term store.Term) *store.Claim {
	claim := *have
	claim.Term, claim.Recorded = term, 0
	claim.LogStart, _ = store.Ends(claim.Recent, claim.Position)
	return &claim
}

// resumeServing goes on with what waited while we repaired a region that we were serving.
func (r *region) resumeServing(ctx actor.Context, term store.Term) {
	r.epoch, r.token, r.verified, r.proven = term.Epoch, term.Token, r.pod.Now(), time.Time{}
	if r.checking || len(r.others) > 0 { // answers to questions under the previous claim are ignored
		if r.others == nil {
			r.others = make(map[string]uint64)
		}
		maps.Copy(r.others, r.checkers)
		r.askStore(ctx)
	}
	if r.inflight == nil {
		r.advance(ctx)
		return
	}
	again := *r.inflight.batch
	again.Epoch = term.Epoch
	r.inflight.batch = &again
	r.calling()
	r.commit(ctx, r.inflight)
}
