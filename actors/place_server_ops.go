package actors

import (
	"context"
	"fmt"
	"strconv"

	"github.com/asynkron/protoactor-go/actor"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/mailbox"
	"pixelplayground/actors/message"
)

// ownPlacer places the server's own ops in one region, and stops when all have been answered.
type ownPlacer struct {
	pod    *Node
	region canvas.RegionID
	ops    []canvas.Op
	asker  *actor.PID // gets ownPlaced

	open   int // ops without an answer
	result ownPlaced
}

// ownPlaced is the outcome: nil, or why the first refused op was refused.
type ownPlaced struct{ refused *RefusedError }

func (p *ownPlacer) Receive(ctx actor.Context) {
	switch m := ctx.Message().(type) {
	case *actor.Started:
		p.pod.stats.Live[message.KindPlacer].Add(1)
		p.open = len(p.ops)
		for i := range p.ops {
			ctx.Send(p.pod.relays[p.region], place{op: p.ops[i], from: ctx.Self()})
		}
	case *actor.Stopping:
	case *actor.Stopped:
		p.pod.stats.Live[message.KindPlacer].Add(-1)
	case opsAcked:
		p.answered(ctx, len(m.nums))
	case opRefused:
		if p.result.refused == nil {
			p.result.refused = &RefusedError{Why: m.why, Retry: m.retry}
		}
		p.answered(ctx, 1)
	case opsWaiting: // an answer follows
	default:
		p.pod.unhandled(message.KindPlacer, m)
	}
}

func (p *ownPlacer) answered(ctx actor.Context, n int) {
	if p.open -= n; p.open == 0 {
		ctx.Send(p.asker, p.result)
		ctx.Stop(ctx.Self())
	}
}

// placeOwn places the server's own ops in a region, under ids of its own, and returns when all of them are
// durable. It returns *RefusedError if an op was refused. After any other error they may still become durable.
func (n *Node) placeOwn(ctx context.Context, region canvas.RegionID, ops []canvas.Op) error {
	if len(ops) == 0 {
		return nil
	}
	session := n.newSession()
	for i := range ops {
		ops[i].ID = canvas.OpID{Author: session.Author(), Num: uint64(i + 1), Key: session.Key()}
	}
	future := actor.NewFuture(n.system, 2*n.cfg.Patience+2*n.cfg.StoreTimeout)
	props := n.props(message.KindPlacer, "", func() actor.Actor {
		return &ownPlacer{pod: n, region: region, ops: ops, asker: future.PID()}
	})
	pid, err := n.system.Root.SpawnNamed(props, message.KindPlacer.String()+"/"+strconv.FormatUint(n.streams.Add(1), 36))
	if err != nil {
		return fmt.Errorf("place in region %d: %w", region, err)
	}
	answer, err := mailbox.Wait(ctx, future)
	if result, ok := answer.(ownPlaced); ok {
		if result.refused != nil {
			return result.refused
		}
		return nil
	}
	n.system.Root.Stop(pid)
	return fmt.Errorf("place in region %d: %w", region, err)
}
