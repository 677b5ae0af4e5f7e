package actors

import (
	"context"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"pixelplayground/actors/canvas"
)

// inspector answers for the pod's actors: how many there are, what they do, and how each
// region is. It counts restarts and dead letters as they happen and asks the regions only
// when it is asked.
type inspector struct {
	pod         *Node
	unsubscribe func()
}

// Report is what the inspector tells about a pod. It travels between pods.
type Report struct {
	Node    string
	Uptime  time.Duration
	Users   int // connections of this pod
	Kinds   []KindReport
	Regions []RegionReport // those that are not dormant, in the order of their ids; one that didn't answer in time is absent
}

// KindReport counts the actors of one kind.
type KindReport struct {
	Kind      string
	Live      int64
	Messages  int64 // handled since the start
	Unhandled int64
	Restarts  int64
}

// RegionReport is the state of one region.
type RegionReport struct {
	Region     canvas.RegionID
	State      string // asking, claiming, serving, fenced or retiring
	Epoch, Seq uint64
	Relays     int // subscribed
	PendingOps int // accepted, not yet durable
}

// RollReport is the users of one pod as presence knows them.
type RollReport struct {
	Address string // of the pod
	Users   int
}

// Inspect asks an inspector, also that of another pod; answered with *Report.
type Inspect struct{}

// describe asks a region or presence; answered with RegionReport, []RollReport.
type describe struct{}

// describeTimeout is how long a report waits for a region.
const describeTimeout = 500 * time.Millisecond

func (i *inspector) Receive(ctx actor.Context) {
	switch m := ctx.Message().(type) {
	case *actor.Started:
		i.pod.stats.Live[KindInspector].Add(1)
		i.watch(ctx)
	case *actor.Restarting, *actor.Stopped:
		i.pod.stats.Live[KindInspector].Add(-1)
		i.unsubscribe()
	case *actor.Stopping:
	case *Inspect:
		i.inspect(ctx)
	default:
		i.pod.unhandled(KindInspector, m)
	}
}

// watch counts what the actor system says of failures.
func (i *inspector) watch(ctx actor.Context) {
	stream := ctx.ActorSystem().EventStream
	subscription := stream.Subscribe(func(event any) {
		switch e := event.(type) {
		case *actor.DeadLetterEvent:
			i.pod.stats.DeadLetters.Add(1)
		case *actor.SupervisorEvent:
			kind := kindOf(e.Child)
			i.pod.stats.Restarts[kind].Add(1)
			i.pod.log.Error("actor failed", "kind", kind.String(), "actor", e.Child.Id, "reason", e.Reason, "directive", e.Directive.String())
		}
	})
	i.unsubscribe = func() { stream.Unsubscribe(subscription) }
}

// inspect gathers the report aside, since it waits for the regions.
func (i *inspector) inspect(ctx actor.Context) {
	asker, system := ctx.Sender(), ctx.ActorSystem()
	i.pod.background(func(context.Context) {
		system.Root.Send(asker, i.report())
	})
}

func (i *inspector) report() *Report {
	stats := &i.pod.stats
	report := &Report{Node: i.pod.cfg.Node, Uptime: i.pod.clock.Now().Sub(i.pod.opened), Users: int(stats.Live[KindConnection].Load())}
	for _, k := range Kinds() {
		report.Kinds = append(report.Kinds, KindReport{
			Kind: k.String(), Live: stats.Live[k].Load(), Messages: stats.Messages[k].Load(),
			Unhandled: stats.Unhandled[k].Load(), Restarts: stats.Restarts[k].Load(),
		})
	}
	futures := make([]*actor.Future, len(i.pod.regions))
	for n, pid := range i.pod.regions {
		futures[n] = i.pod.system.Root.RequestFuture(pid, describe{}, describeTimeout)
	}
	for _, f := range futures {
		if answer, err := f.Result(); err == nil {
			if r, ok := answer.(RegionReport); ok && r.State != "dormant" {
				report.Regions = append(report.Regions, r)
			}
		}
	}
	return report
}
