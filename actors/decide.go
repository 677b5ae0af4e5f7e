package actors

import (
	"context"

	"github.com/asynkron/protoactor-go/actor"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/decisions"
	"pixelplayground/actors/message"
	"pixelplayground/actors/rules"
)

// Decided is an act that is durable, and how far it is obeyed.
type Decided = decisions.Decided

// Rules are the rules as this pod knows them. Any goroutine may ask, at any time.
func (n *Node) Rules() *rules.Rules { return n.rules.Load() }

// Decide makes an act durable, and returns once no pod commits any more what it forbids, or ctx ends: see
// decisions.Pod.Decide.
func (n *Node) Decide(ctx context.Context, want rules.Act) (Decided, error) {
	return n.decisions.Decide(ctx, want)
}

// Acts returns acts in the form in which they are stored, the last of them first: at most limit, before
// number before (0: from the last on).
func (n *Node) Acts(ctx context.Context, before uint64, limit int) ([][]byte, error) {
	return n.decisions.Acts(ctx, before, limit)
}

// newDecisions makes what there is of decisions on this pod.
func (n *Node) newDecisions(ports Ports) *decisions.Pod {
	return decisions.New(decisions.Needs{
		System: n.system, Documents: ports.Documents, Geometry: n.cfg.Geometry, Stats: &n.stats, Log: n.log,
		Publish: n.publish, Unsettled: func(version uint64) []canvas.RegionID { return n.begun.older(version) }, Fence: n.fence,
		Now: n.clock.Now, Later: n.later, Background: n.background, Unhandled: n.unhandled, StoreTimeout: n.cfg.StoreTimeout,
	})
}

// publish puts rules in force on this pod.
func (n *Node) publish(now *rules.Rules, announced string) {
	n.rules.Store(now)
	n.audience.Ruled(now, announced)
	if n.cfg.Gateway {
		n.system.Root.Send(n.system.NewLocalPID(rosterName), ruled{})
	}
}

// spawner starts an actor of this pod under a name.
type spawner func(kind message.Kind, name string, producer func() actor.Actor) (*actor.PID, error)

// openDecisions reads the acts and starts the rules actor.
func (n *Node) openDecisions(spawn spawner) (err error) {
	if n.decisions.Documents == nil {
		return nil
	}
	n.rules.Store(n.decisions.Load())
	n.decider, err = spawn(message.KindRules, message.RulesName, func() actor.Actor { return decisions.NewKeeper(n.decisions) })
	return err
}

// fence makes sure that nothing that is on its way to a region in the store arrives there any more.
// Whoever serves the region claims it anew.
func (n *Node) fence(ctx context.Context, region canvas.RegionID) error {
	on := uint64(0)
	if len(n.begun) > 0 {
		on = n.begun[region].Load()
	}
	claim, err := n.store.Claim(ctx, region, n.cfg.Node)
	if err != nil {
		return err
	}
	if on != 0 {
		n.begun[region].CompareAndSwap(on, 0)
	}
	return n.store.Release(ctx, region, claim.Term)
}
