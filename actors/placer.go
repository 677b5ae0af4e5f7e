package actors

import (
	"context"
	"strconv"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/message"
)

// Stroke is the pixels that one op places: all on the canvas, and no more than a client may place
// with one op. Spelling is that of canvas.Op.
type Stroke struct {
	Dots     []canvas.Dot
	Spelling string
}

// placer places for a caller without a connection (the HTTP API). Each call has its own placer,
// with a session of its own, since concurrent calls have no order to keep among them. The strokes
// of one call keep theirs. A placer ends when everything is answered.
type placer struct {
	pod     *Node
	session canvas.Session
	person  canvas.Person
	strokes []Stroke
	asker   *actor.PID // gets placed

	parts  []int // of stroke i: not answered yet
	open   int   // strokes not answered yet
	failed []bool
	result placed
}

// placed is what became of a call.
type placed struct {
	pixels  int           // of the strokes that are durable as a whole
	refused *RefusedError // nil: all are
}

func (p *placer) Receive(ctx actor.Context) {
	switch m := ctx.Message().(type) {
	case *actor.Started:
		p.pod.stats.Live[message.KindPlacer].Add(1)
		p.place(ctx)
	case *actor.Stopping:
	case *actor.Stopped:
		p.pod.stats.Live[message.KindPlacer].Add(-1)
	case opsAcked:
		for _, num := range m.nums {
			p.answered(ctx, num, nil)
		}
	case opRefused:
		p.answered(ctx, m.num, &RefusedError{Why: m.why, Retry: m.retry})
	case opsWaiting:
		p.onWaiting(ctx)
	default:
		p.pod.unhandled(message.KindPlacer, m)
	}
}

// place numbers the strokes from 1 and hands their parts to the relays.
func (p *placer) place(ctx actor.Context) {
	p.parts, p.failed, p.open = make([]int, len(p.strokes)), make([]bool, len(p.strokes)), len(p.strokes)
	if p.open == 0 {
		p.end(ctx)
	}
	for i, stroke := range p.strokes {
		id := canvas.OpID{Author: p.session.Author(), Num: uint64(i + 1), Key: p.session.Key()}
		op := canvas.Op{ID: id, Network: canvas.NetworkHTTP, Spelling: stroke.Spelling}
		if user := p.person.UserOf(p.session); user != id.Author {
			op.User = user
		}
		parts := split(p.pod.cfg.Geometry, stroke.Dots)
		p.parts[i] = len(parts)
		p.pod.stats.CountOp(len(stroke.Dots))
		for _, part := range parts {
			op.Pixels = part.pixels
			ctx.Send(p.pod.relays[part.region], place{op: op, from: ctx.Self()})
		}
	}
}

// answered counts one region's answer to a stroke. Only the first refusal is reported.
func (p *placer) answered(ctx actor.Context, num uint64, refused *RefusedError) {
	i := num - 1
	if refused != nil {
		p.failed[i] = true
		if p.result.refused == nil {
			p.result.refused = refused
			p.pod.stats.Refused[refused.Why].Add(1)
		}
	}
	if p.parts[i]--; p.parts[i] > 0 {
		return
	}
	if !p.failed[i] {
		p.result.pixels += len(p.strokes[i].Dots)
	}
	if p.open--; p.open == 0 {
		p.end(ctx)
	}
}

// onWaiting ends the call: the caller shall have an answer, and "not known yet" is one.
func (p *placer) onWaiting(ctx actor.Context) {
	if p.open == 0 {
		return
	}
	p.open = 0
	if p.result.refused == nil {
		p.result.refused = &RefusedError{Why: canvas.RefusedUnsure, Retry: time.Second}
		p.pod.stats.Refused[canvas.RefusedUnsure].Add(1)
	}
	p.end(ctx)
}

func (p *placer) end(ctx actor.Context) {
	ctx.Send(p.asker, p.result)
	ctx.Stop(ctx.Self())
}

// RefusedError says that an op was not carried out, in part or in whole.
type RefusedError struct {
	Why   canvas.Refusal
	Retry time.Duration // 0: trying again is no use
}

func (e *RefusedError) Error() string { return "refused: " + e.Why.Text() }

// Place writes strokes in their order for a person without a connection, and returns when they are
// durable. It fails with *RefusedError or ctx's error. durable counts the pixels of the strokes
// that are known to be durable; there may be more.
func (n *Node) Place(ctx context.Context, person canvas.Person, strokes []Stroke) (durable int, err error) {
	if n.draining.Load() {
		return 0, &RefusedError{Why: canvas.RefusedDraining}
	}
	future := actor.NewFuture(n.system, n.cfg.Patience+2*n.cfg.StoreTimeout)
	props := n.props(message.KindPlacer, "", func() actor.Actor {
		return &placer{pod: n, session: n.newSession(), person: n.paced(person), strokes: strokes, asker: future.PID()}
	})
	name := message.KindPlacer.String() + "/" + strconv.FormatUint(n.streams.Add(1), 36)
	pid, err := n.system.Root.SpawnNamed(props, name)
	if err != nil {
		return 0, err
	}
	answer, err := wait(ctx, future)
	result, ok := answer.(placed)
	switch {
	case ok && result.refused == nil:
		return result.pixels, nil
	case ok:
		return result.pixels, result.refused
	}
	n.system.Root.Stop(pid)
	if ctx.Err() != nil {
		return 0, err
	}
	return 0, &RefusedError{Why: canvas.RefusedUnavailable, Retry: time.Second}
}
