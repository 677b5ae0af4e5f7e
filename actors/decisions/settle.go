package decisions

import (
	"context"
	"slices"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/message"
)

// settling is somebody who waits until this pod obeys an act: it is in force, and no batch that was begun
// before is on its way to the store.
type settling struct {
	who        *actor.PID
	version    uint64
	held       bool // they also want to know which regions are ours
	until      time.Time
	generation uint64 // in which the act came into force; 0: it has not yet
}

type settleDue struct{ of *keeper }

const (
	// settleTime is how long a batch may be on its way before its region is fenced.
	settleTime = time.Second
	// settleLook is how often regions with batches on their way are looked at.
	settleLook = 2 * time.Millisecond
	// maxSettles bounds how many may wait. A pod that gets no answer counts us as silent.
	maxSettles = 1 << 10
)

// onDecided learns acts and answers when the pod obeys them.
func (k *keeper) onDecided(ctx actor.Context, m *message.RulesDecided) {
	k.learn(m.First, m.Acts)
	k.findMasks(ctx)
	if len(k.settles) >= maxSettles || len(m.Acts) == 0 {
		return
	}
	version := m.First + uint64(len(m.Acts)) - 1
	k.settles = append(k.settles, settling{who: ctx.Sender(), version: version, held: m.Held, until: k.pod.Now().Add(settleTime)})
	if k.last() < version { // we have missed some
		k.read(ctx)
	}
	k.settle(ctx)
}

// settle answers those for whom nothing is on its way any more, or who have waited for long enough.
func (k *keeper) settle(ctx actor.Context) {
	now, left := k.pod.Now(), k.settles[:0]
	for _, s := range k.settles {
		if s.generation == 0 && k.inForce() >= s.version && !k.restoring() {
			s.generation = k.generation
		}
		open := k.pod.Regions.Unsettled(s.generation)
		if (s.generation == 0 || len(open) > 0) && now.Before(s.until) {
			left = append(left, s)
			continue
		}
		k.obeyed(ctx, s, open)
	}
	if k.settles = left; len(left) > 0 && !k.settleComes {
		k.settleComes = true
		k.pod.Later(ctx, settleLook, settleDue{k})
	}
}

// obeyed answers one of those who waited. Regions with a batch that has been on its way for too long are
// fenced.
func (k *keeper) obeyed(ctx actor.Context, s settling, open []canvas.RegionID) {
	answer := &message.RulesObeyed{}
	if s.generation != 0 {
		answer.Version = k.inForce()
	}
	if len(open) == 0 && !s.held {
		ctx.Send(s.who, answer)
		return
	}
	system := ctx.ActorSystem()
	k.pod.Background(func(c context.Context) {
		answer.Open = k.pod.fenceAll(c, open)
		if s.held {
			answer.Held = slices.DeleteFunc(k.pod.Regions.Held(c), func(id canvas.RegionID) bool { return slices.Contains(open, id) })
		}
		system.Root.Send(s.who, answer)
	})
}
