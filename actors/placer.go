package actors

import (
	"context"
	"strconv"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"pixelplayground/actors/allowances"
	"pixelplayground/actors/canvas"
	"pixelplayground/actors/mailbox"
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
	came    canvas.Person // as the caller knows them
	person  canvas.Person // with the role and pace that the rules give them
	user    canvas.Author
	strokes []Stroke
	asker   *actor.PID // gets placed

	purse  allowances.Purse
	aside  aside // strokes that only the person who placed them is shown
	parts  []int // of stroke i: not answered yet
	total  int   // pixels
	open   int   // strokes not answered yet
	failed []bool
	began  time.Time // when the strokes were placed
	result placed
}

// placed is what became of a call.
type placed struct {
	left    Left
	limited bool          // there is an allowance
	pixels  int           // of the strokes that are durable as a whole
	refused *RefusedError // nil: all are
}

func (p *placer) Receive(ctx actor.Context) {
	switch m := ctx.Message().(type) {
	case *actor.Started:
		p.pod.stats.Live[message.KindPlacer].Add(1)
		p.begin(ctx)
	case *actor.Stopping:
	case *actor.Stopped:
		p.pod.stats.Live[message.KindPlacer].Add(-1)
		p.purse.Close(ctx)
	case *message.Leased:
		p.purse.Leased(ctx, m)
		p.lease(ctx)
		p.looked(ctx)
	case allowances.PurseDue:
		p.purse.Wake(ctx)
		p.lease(ctx)
		p.looked(ctx)
	case opsAcked:
		for _, num := range m.nums {
			p.acked(num, m.at)
			p.answered(ctx, num, nil)
		}
	case opRefused:
		if givenBack(m.why) {
			p.purse.Give(ctx, m.pixels)
		}
		p.answered(ctx, m.num, &RefusedError{Why: m.why, Retry: m.retry})
	case opsWaiting:
		p.onWaiting(ctx)
	case asideDue:
		p.onAside(ctx)
	default:
		p.pod.unhandled(message.KindPlacer, m)
	}
}

func (p *placer) begin(ctx actor.Context) {
	p.user = p.came.UserOf(p.session)
	if p.person = p.pod.under(p.came, p.user); p.person.Subject == (canvas.Subject{}) {
		p.person.Subject = canvas.Subject(p.session.Key())
	}
	p.purse = allowances.NewPurse(p.pod.leasing, p.person, false)
	for _, stroke := range p.strokes {
		p.total += len(stroke.Dots)
	}
	p.open = len(p.strokes)
	if p.open == 0 {
		p.purse.LookAtAll(ctx)
		p.looked(ctx)
		return
	}
	p.lease(ctx)
}

// looked ends a call that places nothing, once it is known what is left.
func (p *placer) looked(ctx actor.Context) {
	if len(p.strokes) == 0 && !p.purse.Asks() {
		p.end(ctx)
	}
}

// lease places everything once the pixels for all of it are there, or nothing.
func (p *placer) lease(ctx actor.Context) {
	if p.parts != nil || p.open == 0 { // it is being placed already, or refused
		return
	}
	for _, stroke := range p.strokes {
		if why, retry := p.pod.allowed(&p.came, p.user, stroke.Dots); why != 0 {
			p.refuse(ctx, why, retry)
			return
		}
	}
	t := p.purse.Take(ctx, p.total, p.pod.clock.Now())
	switch {
	case t.OK:
		p.place(ctx)
	case t.Why != 0:
		p.refuse(ctx, t.Why, t.Retry)
	}
}

// refuse ends a call without placing anything.
func (p *placer) refuse(ctx actor.Context, why canvas.Refusal, retry time.Duration) {
	p.open = 0
	p.pod.stats.Refused[why].Add(1)
	p.result.refused = &RefusedError{Why: why, Retry: retry}
	p.end(ctx)
}

// place numbers the strokes from 1 and hands their parts to the relays.
func (p *placer) place(ctx actor.Context) {
	p.parts, p.failed = make([]int, len(p.strokes)), make([]bool, len(p.strokes))
	p.began = p.pod.clock.Now()
	shadowed := p.pod.shadowed(&p.came, p.user)
	for i, stroke := range p.strokes {
		id := canvas.OpID{Author: p.session.Author(), Num: uint64(i + 1), Key: p.session.Key()}
		op := canvas.Op{ID: id, Network: canvas.NetworkHTTP, Spelling: stroke.Spelling}
		if p.user != id.Author {
			op.User = p.user
		}
		op.From, op.Role, op.Address, op.Owner = p.came.From, p.pod.rank(&p.came, p.user), p.came.Address, p.came.Owner()
		parts := split(p.pod.cfg.Geometry, stroke.Dots)
		p.pod.stats.CountOp(len(stroke.Dots))
		if shadowed {
			p.parts[i] = 1
			p.aside.add(ctx, p.pod, asideOp{id.Num, op, parts})
			continue
		}
		p.parts[i] = len(parts)
		for _, part := range parts {
			op.Pixels = part.pixels
			ctx.Send(p.pod.relays[part.region], place{op: op, from: ctx.Self()})
		}
	}
}

// acked tells of a stroke that is followed, with the answer to its last part.
func (p *placer) acked(num uint64, at time.Time) {
	id := canvas.OpID{Author: p.session.Author(), Num: num}
	if p.parts[num-1] == 1 && !p.failed[num-1] && p.pod.stats.Follower.Follows(id) {
		p.pod.arrived(id, followed{p.began, len(p.strokes[num-1].Dots)}, at)
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
	p.result.left.Pixels, p.result.left.Next, p.result.limited = p.purse.Remaining(p.pod.clock.Now())
	ctx.Send(p.asker, p.result)
	ctx.Stop(ctx.Self())
}

// RefusedError says that an op was not carried out, in part or in whole.
type RefusedError struct {
	Why   canvas.Refusal
	Retry time.Duration // 0: trying again is no use
}

func (e *RefusedError) Error() string { return "refused: " + e.Why.Text() }

// Placed is what became of a call of Place.
type Placed struct {
	Pixels  int  // of the strokes that are known to be durable; there may be more
	Limited bool // the person has an allowance,
	Left    Left // of which this is left
}

// Place writes strokes in their order for a person without a connection, and returns when they are
// durable. It takes all of their pixels from the person's allowance first, or places nothing. It fails
// with *RefusedError or ctx's error.
func (n *Node) Place(ctx context.Context, person canvas.Person, strokes []Stroke) (Placed, error) {
	if n.draining.Load() {
		return Placed{}, &RefusedError{Why: canvas.RefusedDraining}
	}
	result, err := n.placeBy(ctx, person, strokes)
	if err != nil {
		return Placed{}, err
	}
	done := Placed{Pixels: result.pixels, Limited: result.limited, Left: result.left}
	if result.refused != nil {
		return done, result.refused
	}
	return done, nil
}

func (n *Node) placeBy(ctx context.Context, person canvas.Person, strokes []Stroke) (placed, error) {
	future := actor.NewFuture(n.system, 2*n.cfg.Patience+2*n.cfg.StoreTimeout)
	props := n.props(message.KindPlacer, "", func() actor.Actor {
		return &placer{pod: n, session: n.newSession(), came: person, strokes: strokes, asker: future.PID()}
	})
	name := message.KindPlacer.String() + "/" + strconv.FormatUint(n.streams.Add(1), 36)
	pid, err := n.system.Root.SpawnNamed(props, name)
	if err != nil {
		return placed{}, err
	}
	answer, err := mailbox.Wait(ctx, future)
	if result, ok := answer.(placed); ok {
		return result, nil
	}
	n.system.Root.Stop(pid)
	if ctx.Err() != nil {
		return placed{}, err
	}
	return placed{}, &RefusedError{Why: canvas.RefusedUnavailable, Retry: time.Second}
}

// Left is what is left of a person's allowance; limited is false if it has none.
func (n *Node) Left(ctx context.Context, person canvas.Person) (left Left, limited bool, err error) {
	result, err := n.placeBy(ctx, person, nil)
	return result.left, result.limited, err
}
