package actors

import (
	"context"

	"github.com/asynkron/protoactor-go/actor"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/decisions"
	"pixelplayground/actors/message"
	"pixelplayground/actors/rollbacks"
	"pixelplayground/actors/rules"
)

// Decided is an act that is durable, and how far it is obeyed.
type Decided = decisions.Decided

// Rules are the rules as this pod knows them. Any goroutine may ask, at any time.
func (n *Node) Rules() *rules.Rules { return n.rules.Load().Rules }

// Decide makes an act durable, and returns once no pod commits any more what it forbids, or ctx ends: see
// decisions.Pod.Decide.
func (n *Node) Decide(ctx context.Context, want rules.Act) (Decided, error) {
	return n.decisions.Decide(ctx, want)
}

// Acts returns acts as the store has them now, the last of them first: at most limit, before number before
// (0: from the last on).
func (n *Node) Acts(ctx context.Context, before uint64, limit int) ([][]byte, error) {
	return n.decisions.Acts(ctx, before, limit)
}

// KnownActs is like Acts, but returns what this pod has in memory.
func (n *Node) KnownActs(ctx context.Context, before uint64, limit int) ([][]byte, error) {
	return n.decisions.Known(ctx, before, limit)
}

// newDecisions makes this pod's part in deciding.
func (n *Node) newDecisions(ports Ports) *decisions.Pod {
	n.rules.Store(&decisions.InForce{Rules: rules.None(), Generation: 1})
	return decisions.New(decisions.Needs{
		System: n.system, Documents: ports.Documents, Geometry: n.cfg.Geometry, Stats: &n.stats, Log: n.log,
		Members: func() []decisions.Member { return n.placement.Keepers() }, Regions: n.owning.Owned, Publish: n.publish,
		Now: n.clock.Now, Later: n.later, Background: n.background, Unhandled: n.unhandled,
		StoreTimeout: n.cfg.StoreTimeout, Yield: n.cfg.Yield,
	})
}

// newRollbacks makes what carries out the acts that take back what was drawn.
func (n *Node) newRollbacks(ports Ports) *rollbacks.Pod {
	return rollbacks.New(rollbacks.Needs{
		Past: ports.Past, Documents: ports.Documents, Geometry: n.cfg.Geometry, Version: func() uint64 { return n.Rules().Version() },
		Spares: func(by rules.By, region canvas.RegionID) func(uint16) bool {
			return n.Rules().Spares(by, region, n.clock.Now())
		},
		Acts: n.KnownActs, Place: n.placeOwn, Node: n.cfg.Node, Now: n.clock.Now, Log: n.log,
	})
}

// publish puts rules in force on this pod. Only the rules actor calls it.
func (n *Node) publish(now *rules.Rules, announced string) (generation uint64) {
	generation = n.rules.Load().Generation + 1
	n.rules.Store(&decisions.InForce{Rules: now, Generation: generation})
	n.audience.Ruled(now, announced)
	if n.cfg.Gateway {
		n.system.Root.Send(n.system.NewLocalPID(rosterName), ruled{})
	}
	if n.rollbacks != nil {
		n.rollbacks.Look()
	}
	return generation
}

// spawner starts an actor of this pod under a name.
type spawner func(kind message.Kind, name string, producer func() actor.Actor) (*actor.PID, error)

// openDecisions reads the acts and starts the rules actor.
func (n *Node) openDecisions(spawn spawner) (err error) {
	if n.decisions.Documents == nil {
		return nil
	}
	n.rules.Store(&decisions.InForce{Rules: n.decisions.Load(), Generation: 1})
	n.decider, err = spawn(message.KindRules, message.RulesName, func() actor.Actor { return decisions.NewKeeper(n.decisions) })
	return err
}
