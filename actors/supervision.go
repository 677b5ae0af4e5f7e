package actors

import (
	"log/slog"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"pixelplayground/actors/message"
)

// Pauses before the restart of actors that must never stay away: 10 ms more with each failure
// within ten seconds.
const (
	restartWindow = 10 * time.Second
	restartPause  = 10 * time.Millisecond
)

// strategies holds one supervisor for each way of failing; Proto.Actor makes one guardian of each.
type strategies struct {
	restart actor.SupervisorStrategy // regions, relays and the rest come back, from the store or from their peers
	stop    actor.SupervisorStrategy // a connection ends, and its socket with it; so does a placer
}

func newStrategies() strategies {
	return strategies{
		restart: actor.NewExponentialBackoffStrategy(restartWindow, restartPause),
		stop:    actor.NewOneForOneStrategy(0, 0, func(any) actor.Directive { return actor.StopDirective }),
	}
}

// props makes the props of one kind of actor: supervised and observed. Only actors that
// live as long as the node have a name here.
func (n *Node) props(kind message.Kind, name string, producer func() actor.Actor) *actor.Props {
	strategy := n.strategies.restart
	if kind == message.KindConnection || kind == message.KindPlacer {
		strategy = n.strategies.stop
	}
	return actor.PropsFromProducer(producer, actor.WithGuardian(strategy), actor.WithMailbox(n.mailboxes(n.workers, kind, name)))
}

// keyOf returns a PID as the key of a map. PID.String would go through the protobuf text form, and
// this is called for every message between relays and regions.
func keyOf(pid *actor.PID) string { return pid.Address + "/" + pid.Id }

// unhandled counts a message that an actor has no case for.
func (n *Node) unhandled(kind message.Kind, message any) {
	n.stats.Unhandled[kind].Add(1)
	n.log.Debug("message not handled", "kind", kind.String(), slog.Any("message", message))
}
