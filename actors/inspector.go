package actors

import (
	"context"
	"fmt"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"pixelplayground/actors/message"
	"pixelplayground/actors/telemetry"
)

// inspector answers for the pod's actors: how many there are, what they do, and how each region is.
// It counts restarts and dead letters as they happen, and samples the counters once a second. It
// asks the regions only when it is asked itself. It also has done on this pod what operators ask
// for, and takes what other pods ask about all resting relays at once.
type inspector struct {
	pod         *Node
	unsubscribe func()
	samples     telemetry.Samples
}

// tick comes once a second.
type tick struct{ of *inspector }

const tickEvery = time.Second

func (i *inspector) Receive(ctx actor.Context) {
	switch m := ctx.Message().(type) {
	case *actor.Started:
		i.pod.stats.Live[message.KindInspector].Add(1)
		i.watch(ctx)
		i.tick(ctx)
	case *actor.Restarting, *actor.Stopped:
		i.pod.stats.Live[message.KindInspector].Add(-1)
		i.unsubscribe()
	case *actor.Stopping:
	case tick:
		if m.of == i {
			i.tick(ctx)
		}
	case *message.Resting:
		i.pod.rests.onResting(ctx, m)
	case *message.Rested:
		i.pod.rests.onRested(ctx, m)
	case *message.Inspect:
		i.inspect(ctx, *m)
	case *message.List:
		i.answer(ctx, func(c context.Context) any { return i.pod.list(c, m.Kind) })
	case *message.DescribeActor:
		i.answer(ctx, func(c context.Context) any { return i.pod.describeActor(c, m.Actor) })
	case *message.Act:
		i.answer(ctx, func(c context.Context) any { return i.pod.act(c, *m) })
	case *telemetry.Describe:
		telemetry.Description{State: "live", Facts: i.samples.Describe()}.Answer(ctx)
	default:
		i.pod.unhandled(message.KindInspector, m)
	}
}

// watch counts the failures that the actor system reports.
func (i *inspector) watch(ctx actor.Context) {
	stream := ctx.ActorSystem().EventStream
	subscription := stream.Subscribe(func(event any) {
		switch e := event.(type) {
		case *actor.DeadLetterEvent:
			i.pod.stats.CountLost(e.PID.Id)
		case *actor.SupervisorEvent:
			kind, _ := message.KindOf(e.Child.Id) // ours have no other children
			i.pod.stats.Restarts[kind].Add(1)
			i.pod.log.Error("actor failed", "kind", kind.String(), "actor", e.Child.Id, "reason", e.Reason, "directive", e.Directive.String())
			i.pod.events.Note(message.Event{Kind: message.EventRestarted, Region: message.NoRegion, Text: fmt.Sprintf("%s failed: %v", e.Child.Id, e.Reason)})
		}
	})
	i.unsubscribe = func() { stream.Unsubscribe(subscription) }
}

// tick samples the counters, and sets how many messages are timed.
func (i *inspector) tick(ctx actor.Context) {
	i.pod.later(ctx, tickEvery, tick{i})
	now := i.pod.clock.Now()
	i.pod.stats.Advance(now)
	i.pod.observe.Advance(now)
	i.samples.Add(i.pod.stats.Sample(now, i.pod.host.Process(), i.pod.host.Sockets()))
	recent := i.samples.Recent()
	for _, kind := range message.Kinds() {
		i.pod.observe.Pace(kind, recent.PerSecond(kind))
	}
}

// inspect gathers the report in the background, since it waits for the regions.
func (i *inspector) inspect(ctx actor.Context, m message.Inspect) {
	recent := i.samples.Recent()
	var history []message.Past
	if m.History {
		history = i.samples.History()
	}
	i.answer(ctx, func(c context.Context) any {
		report := i.pod.report(m.Brief)
		if m.Full {
			i.pod.complete(c, report, m, recent)
			report.History = history
		}
		return report
	})
}

// answer runs f in the background for a question that the inspector can't answer by itself, and
// sends the asker the answer.
func (i *inspector) answer(ctx actor.Context, f func(context.Context) any) {
	asker, system := ctx.Sender(), ctx.ActorSystem()
	i.pod.background(func(c context.Context) {
		c, cancel := context.WithTimeout(c, answerTimeout)
		defer cancel()
		system.Root.Send(asker, f(c))
	})
}

// answerTimeout bounds what an answer may wait for. The asker waits a little longer.
const answerTimeout = 700 * time.Millisecond
