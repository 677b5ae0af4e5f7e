package actors

import (
	"context"
	"fmt"
	"pixelplayground/actors/message"
	"time"

	"github.com/asynkron/protoactor-go/actor"
)

// inspector answers for the pod's actors: how many there are, what they do, and how each region is.
// It counts restarts and dead letters as they happen, and samples the counters once a second. It
// asks the regions only when it is asked itself. It also has done on this pod what operators ask
// for, and takes what other pods ask about all resting relays at once.
type inspector struct {
	pod         *Node
	unsubscribe func()
	samples     samples
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
	case *Resting:
		i.pod.rests.onResting(ctx, m)
	case *Rested:
		i.pod.rests.onRested(ctx, m)
	case *message.Inspect:
		i.inspect(ctx, *m)
	case *message.List:
		i.answer(ctx, func(c context.Context) any { return i.pod.list(c, m.Kind) })
	case *message.DescribeActor:
		i.answer(ctx, func(c context.Context) any { return i.pod.describeActor(c, m.Actor) })
	case *message.Act:
		i.answer(ctx, func(c context.Context) any { return i.pod.act(c, *m) })
	case *describe:
		description{"live", []message.Fact{count("seconds sampled", len(i.samples.recent)), count("points of history", len(i.samples.points))}}.answer(ctx)
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
			i.pod.stats.lost(e.PID)
		case *actor.SupervisorEvent:
			kind, _ := message.KindOf(e.Child.Id) // ours have no other children
			i.pod.stats.Restarts[kind].Add(1)
			i.pod.log.Error("actor failed", "kind", kind.String(), "actor", e.Child.Id, "reason", e.Reason, "directive", e.Directive.String())
			i.pod.events.note(message.Event{Kind: message.EventRestarted, Region: message.NoRegion, Text: fmt.Sprintf("%s failed: %v", e.Child.Id, e.Reason)})
		}
	})
	i.unsubscribe = func() { stream.Unsubscribe(subscription) }
}

// tick samples the counters, and sets how many messages are timed.
func (i *inspector) tick(ctx actor.Context) {
	i.pod.later(ctx, tickEvery, tick{i})
	now := i.pod.clock.Now()
	ended := i.samples.spanEnded(now)
	i.samples.add(i.pod.takeSample(now))
	i.pod.stats.advance(now)
	first, last := i.samples.ends()
	for k := range i.pod.observe.watches {
		w := &i.pod.observe.watches[k]
		w.took.advance(now)
		w.behind.advance(now)
		w.pace((last.messages[k] - first.messages[k]) / max(1, int64(last.at.Sub(first.at)/time.Second)))
	}
	for _, t := range i.pod.observe.all() {
		t.mark()
	}
	if ended {
		i.samples.addPoint(message.Past{
			At: now.Unix() / spanSeconds * spanSeconds, PixelsIn: int(last.pixels - first.pixels),
			Deliveries: last.sockets.Deliveries - first.sockets.Deliveries, PlaceToAck: i.pod.stats.acks.durations().P99,
			Connections: int(i.pod.stats.Live[message.KindConnection].Load()), Memory: last.process.Memory,
		})
	}
}

// inspect gathers the report in the background, since it waits for the regions.
func (i *inspector) inspect(ctx actor.Context, m message.Inspect) {
	first, last := i.samples.ends()
	var points []message.Past
	if m.History {
		points = append(points, i.samples.points...)
	}
	i.answer(ctx, func(c context.Context) any {
		report := i.pod.report(m.Brief)
		if m.Full {
			i.pod.complete(c, report, m, first, last)
			report.History = points
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
