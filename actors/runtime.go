package actors

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"pixelplayground/actors/mailbox"
	"pixelplayground/actors/message"
	"pixelplayground/actors/telemetry"
)

// runtime is what a pod's actors run on.
type runtime struct {
	system          *actor.ActorSystem
	ownSystem       bool // Close shuts it down
	strategies      strategies
	workers         *mailbox.Workers
	mailboxes       func(*mailbox.Workers, message.Kind, string) actor.MailboxProducer // the observer's; benchmarks have others
	connectionProps *actor.Props                                                       // of all connections

	work     *sync.WaitGroup // store calls and reports under way
	workCtx  context.Context
	stopWork context.CancelFunc
}

// newRuntime makes what is needed to run actors in a system; nil: a new one.
func newRuntime(system *actor.ActorSystem, log *slog.Logger, observer *telemetry.Observer) runtime {
	r := runtime{system: system, strategies: newStrategies(), workers: mailbox.NewWorkers(), mailboxes: observer.Mailbox, work: new(sync.WaitGroup)}
	if r.system == nil {
		r.system, r.ownSystem = mailbox.NewSystem(log), true
	}
	r.workCtx, r.stopWork = context.WithCancel(context.Background())
	return r
}

// Pauses before the restart of actors that must never stay away: 10 ms more with each failure
// within ten seconds.
const (
	restartWindow = 10 * time.Second
	restartPause  = 10 * time.Millisecond
)

// strategies holds one supervisor for each way of failing; Proto.Actor makes one guardian of each.
type strategies struct {
	restart actor.SupervisorStrategy // regions, relays and the rest come back, from the store or from their peers
	stop    actor.SupervisorStrategy // a connection ends, and its socket with it; so does a placer, and an allowance, which is then unsure
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
	if kind == message.KindConnection || kind == message.KindPlacer || kind == message.KindAllowance && name == "" {
		strategy = n.strategies.stop
	}
	return actor.PropsFromProducer(producer, actor.WithGuardian(strategy), actor.WithMailbox(n.mailboxes(n.workers, kind, name)))
}

// unhandled counts a message that an actor has no case for. What comes back because a question found
// nobody is not one: pods die, and everybody who asks waits for an answer with a timer.
func (n *Node) unhandled(kind message.Kind, message any) {
	if _, back := message.(*actor.DeadLetterResponse); back {
		return
	}
	n.stats.Unhandled[kind].Add(1)
	n.log.Debug("message not handled", "kind", kind.String(), slog.Any("message", message))
}

// background runs f on its own goroutine with the store's time limit. Close waits for it.
func (n *Node) background(f func(context.Context)) {
	n.work.Add(1)
	go func() {
		defer n.work.Done()
		ctx, cancel := context.WithTimeout(n.workCtx, n.cfg.StoreTimeout)
		defer cancel()
		f(ctx)
	}()
}

// later sends message to the actor itself after d.
func (n *Node) later(ctx actor.Context, d time.Duration, message any) {
	self := ctx.Self()
	n.clock.AfterFunc(d, func() { n.system.Root.Send(self, message) })
}
