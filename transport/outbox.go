package transport

import (
	"fmt"
	"math"
	"time"

	"pixelplayground/actors"
	"pixelplayground/actors/canvas"
	"pixelplayground/codec"
	"pixelplayground/transport/frames"
)

var _ actors.Outbox = outbox{}

// outbox is the way from a connection's actor to its client. Frames are encoded here, on
// the actor's goroutine.
type outbox struct{ conn *conn }

// deliver sends a frame to one client.
type deliver struct {
	conn      *conn
	frame     []byte
	allowance int // pixels that the client may place now; negative: as before
}

func (m deliver) run(s *shard) {
	c := m.conn
	if c.state >= closing {
		return
	}
	if m.allowance >= 0 {
		c.allowance = int32(min(m.allowance, math.MaxInt32))
	}
	s.tell(c, m.frame)
}

func (m deliver) owner(*shard) *conn { return m.conn }

// welcome is the first of these: from now on it is known what others see the client as.
type welcome struct {
	deliver
	as canvas.Author
}

func (m welcome) run(s *shard) {
	c := m.conn
	if c.state >= closing {
		return
	}
	v := s.visitors[c.id]
	v.as = m.as
	s.visitors[c.id] = v
	if s.judge(c); c.state >= closing {
		return
	}
	m.deliver.run(s)
	s.welcomeToRules(c)
	if c.state == arriving && c.protocol == frames.Binary {
		s.arrive(c, live)
		s.resume(c)
	}
}

// arrive begins to show things to a client.
func (s *shard) arrive(c *conn, next state) {
	c.state = next
	regions := len(s.feeds)
	s.startCatchingUp(c, &catchingUp{follows: canvas.NewRegionSet(regions), synced: canvas.NewRegionSet(regions), pays: canvas.NewRegionSet(regions)})
}

func (o outbox) Welcome(w actors.Welcome) {
	var b []byte
	if o.conn.protocol == frames.JSON {
		b = codec.AppendJSONConnected(frames.Room(128), fmt.Sprintf("%012x", uint64(w.User)), w.Node)
	} else {
		b = codec.AppendWelcome(frames.Room(128), codec.Welcome{
			Session: w.Session, User: w.User, Node: w.Node, Time: w.Time, Geometry: o.conn.shard.server.cfg.Geometry,
			Rate: w.Rate, Burst: uint64(w.Burst), Window: uint64(w.Window),
		})
	}
	o.post(welcome{deliver{o.conn, frames.Seal(o.conn.protocol.OpCode(), b), w.Burst}, w.User})
}

// Ack sends a JSON client nothing: it will be shown its pixel.
func (o outbox) Ack(nums []uint64, left actors.Left) {
	if o.conn.protocol == frames.JSON {
		return
	}
	b := codec.AppendAck(frames.Room(25+9*len(nums)), codec.Ack{Ops: nums, Left: uint64(left.Pixels), Free: freeAt(left)})
	o.post(deliver{o.conn, frames.Seal(o.conn.protocol.OpCode(), b), left.Pixels})
}

func (o outbox) Refuse(num uint64, why canvas.Refusal, retry time.Duration, left actors.Left) {
	var b []byte
	if o.conn.protocol == frames.JSON {
		b = codec.AppendJSONRefused(frames.Room(128), why.Text(), retry)
	} else {
		why = codec.Told(why, retry, o.conn.knows)
		b = codec.AppendRefused(frames.Room(48), codec.Refused{Op: num, Code: why, Retry: retry, Left: uint64(left.Pixels), Free: freeAt(left)})
	}
	o.post(deliver{o.conn, frames.Seal(o.conn.protocol.OpCode(), b), left.Pixels})
}

// Allowance sends a JSON client nothing: it knows no allowance.
func (o outbox) Allowance(pace canvas.Pace, left actors.Left) {
	if o.conn.protocol == frames.JSON {
		return
	}
	m := codec.Allowance{Rate: pace.Rate, Burst: uint64(pace.Burst), Left: uint64(left.Pixels), Next: freeAt(left).At}
	o.post(deliver{o.conn, frames.Seal(o.conn.protocol.OpCode(), codec.AppendAllowance(frames.Room(48), m)), left.Pixels})
}

// freeAt is when the next pixel is free, rounded up so that no client is early.
func freeAt(left actors.Left) codec.Free {
	if left.Next.IsZero() {
		return codec.Free{Said: true}
	}
	return codec.Free{At: uint64(left.Next.Add(time.Millisecond - 1).UnixMilli()), Said: true}
}

func (o outbox) Waiting(nums []uint64) {
	b := codec.AppendWaiting(frames.Room(16+9*len(nums)), codec.Waiting{Ops: nums})
	o.post(deliver{o.conn, frames.Seal(o.conn.protocol.OpCode(), b), -1})
}

func (o outbox) Follow(marks []canvas.Mark)         { o.post(follow{o.conn, marks}) }
func (o outbox) Unfollow(regions []canvas.RegionID) { o.post(unfollow{o.conn, regions}) }

func (o outbox) Handled() {
	if o.conn.credit.handled() {
		o.post(handled(o))
	}
}

func (o outbox) Fail() { o.post(failed(o)) }

// post never fails: when the shard is closed, so is the connection.
func (o outbox) post(c command) { o.conn.shard.inbox.Post(c) }

// handled says that a connection's actor has given enough credit back.
type handled struct{ conn *conn }

func (m handled) run(s *shard)       { s.resume(m.conn) }
func (m handled) owner(*shard) *conn { return m.conn }

// failed says that a connection's actor is gone.
type failed struct{ conn *conn }

func (m failed) run(s *shard)       { s.fail(m.conn, codec.CloseInternal) }
func (m failed) owner(*shard) *conn { return m.conn }
