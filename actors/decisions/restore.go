package decisions

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"pixelplayground/actors/message"
	"pixelplayground/actors/rules"
	"pixelplayground/actors/store"
)

// A store can lose the end of the chain, as Redis may in a failover. Whoever knows the acts makes them
// durable again; and pods tell each other what they know when they meet. Until that is done, the rules
// stay as they were.

// longestPause is how long an act that does not fit is left alone at most before all are read again.
const longestPause = time.Minute

// doubt has all of the chain read, since the store does not seem to have what we have.
func (k *keeper) doubt() {
	if now := k.pod.Now(); now.Sub(k.doubted) >= k.pause {
		k.doubts, k.doubted = true, now
		k.pause = min(max(2*k.pause, compareEvery), longestPause)
	}
}

// compare takes in what the store has. What it has lost it is given again.
func (k *keeper) compare(ctx actor.Context, there [][]byte) {
	same := k.common(there)
	ours := k.acts
	switch {
	case same == len(ours) && same == len(there):
		k.pause = 0 // a moment ago it was different
	case same == len(ours):
		k.learn(uint64(same)+1, there[same:])
	case same == len(there):
		k.pod.Log.Error("the store has lost acts: they are given to it again", "first", same+1, "last", len(ours))
		k.pod.Background(func(c context.Context) { k.pod.giveBack(c, uint64(same), ours[same:]) })
	default:
		k.pod.Log.Error("the store has lost acts, and others have their numbers: they are decided again", "first", same+1, "last", len(ours))
		k.fork(ctx, ours, there)
	}
}

// giveBack makes acts durable under their numbers. If one of these has another act now, comparing will
// show that.
func (p *Pod) giveBack(ctx context.Context, after uint64, acts [][]byte) {
	for i, act := range acts {
		if other, err := p.acts.append(ctx, after+1+uint64(i), act); err != nil || other != nil {
			p.Log.Error("an act that the store has lost is not there again", "act", after+1+uint64(i), "err", err)
			return
		}
	}
}

// fork goes on from the chain that the store has, and decides again what is not in it.
func (k *keeper) fork(ctx actor.Context, ours, there [][]byte) {
	k.book.begin()
	for _, stored := range there {
		if _, err := k.add(stored); err != nil {
			k.refuse(err)
			break
		}
	}
	same := k.common(ours)
	k.gone, k.goneFrom, k.decidedAs = slices.Clone(ours[same:]), uint64(same)+1, make(map[uint64]uint64)
	k.restore(ctx)
}

// restore decides again what the store has lost.
func (k *keeper) restore(ctx actor.Context) {
	lost, from, numbers := k.gone, k.goneFrom, maps.Clone(k.decidedAs) // a call that an actor before us made may still go on
	self, system := ctx.Self(), ctx.ActorSystem()
	k.pod.Background(func(c context.Context) {
		left := k.pod.again(c, lost, from, numbers)
		system.Root.Send(self, restored{k, left, numbers})
	})
}

// again decides acts that are not in the chain, with the numbers that are free now, and notes these. It
// returns those that the store gives no answer for.
func (p *Pod) again(ctx context.Context, lost [][]byte, from uint64, numbers map[uint64]uint64) (left [][]byte) {
	for i, stored := range lost {
		want, err := rules.Decode(stored)
		if err != nil {
			p.Log.Error("an act that the store has lost can't be decided again", "err", err)
			continue
		}
		was := want.N
		switch now, moved := numbers[want.Of]; {
		case moved:
			want.Of = now
		case want.Of >= from: // what has this number now is something else
			p.Log.Error("an act that the store has lost is not decided again: nor is what it takes back", "act", was, "do", want.Do)
			continue
		}
		d, err := p.append(ctx, draft{want: *want, again: true})
		switch {
		case errors.Is(err, rules.ErrMoot):
		case errors.Is(err, store.ErrUnavailable):
			p.Log.Error("an act that the store has lost is not decided again yet", "act", was, "do", want.Do, "err", err)
			return lost[i:]
		case err != nil:
			p.Log.Error("an act that the store has lost is not decided again", "act", was, "do", want.Do, "err", err)
		default:
			numbers[was] = d.n
			p.Log.Warn("an act that the store has lost is decided again", "act", was, "now", d.n)
		}
		if d.stored != nil {
			_, _ = ask[learned](ctx, p, learn{n: d.n, stored: d.stored}) // else it is read from the store
		}
	}
	return nil
}

func (k *keeper) onRestored(ctx actor.Context, m restored) {
	if m.of != k {
		return
	}
	if k.gone, k.decidedAs = m.left, m.numbers; k.restoring() {
		k.pod.Later(ctx, lookEvery, restoreDue{k})
		return
	}
	k.publish("")
}

// meet asks the members that are new what they know.
func (k *keeper) meet(ctx actor.Context) {
	first, now := len(k.met) == 0, make(map[string]bool)
	for _, m := range k.pod.Members() {
		if m.Address == k.pod.System.Address() {
			continue
		}
		now[m.ID] = true
		if m.Obeys && !k.met[m.ID] {
			ctx.Request(m.keeper(), &message.AskRules{After: k.last()})
			if first { // before we serve anything
				k.asked[m.Address] = true
				k.askedUntil = k.pod.Now().Add(k.pod.Yield)
			}
		}
	}
	k.met = now
}

// onKnown learns what another pod knows, be it in the store or lost.
func (k *keeper) onKnown(ctx actor.Context, m *message.RulesKnown) {
	before := k.last()
	k.learn(m.First, m.Acts)
	if len(m.Acts) == message.MaxActsKnown && k.last() > before {
		ctx.Request(ctx.Sender(), &message.AskRules{After: k.last()})
		return
	}
	if delete(k.asked, ctx.Sender().Address); len(k.asked) == 0 && !k.reading {
		k.answer(ctx)
	}
}
