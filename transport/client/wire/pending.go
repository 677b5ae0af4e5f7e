package wire

import (
	"cmp"
	"slices"

	"github.com/gobwas/ws"

	"pixelplayground/actors/canvas"
	"pixelplayground/codec"
)

// Pending is the ops of a session that have not been answered, in the order of their numbers.
// A value of type T is kept with each op and returned when the op is answered.
type Pending[T any] struct {
	Last   uint64 // number of the newest op
	Sent   uint64 // number of the newest op that was ever sent
	Window uint64 // from WELCOME: all unanswered numbers must be less than this apart
	Held   bool   // the server takes no more ops: the rest is for the next connection

	ops  []pendingOp[T]
	sent int // ops[:sent] were sent on this connection
}

type pendingOp[T any] struct {
	num   uint64
	frame []byte // the same each time that it is sent
	tag   T
}

// Hello is the HELLO of a connection on which the ops go on; the session is zero if there was no connection yet.
func (p *Pending[T]) Hello(session canvas.Session) codec.Hello {
	sent := p.Sent
	return codec.Hello{Session: session, Resume: session != canvas.Session{}, Sent: &sent, Knows: canvas.LastRefusal}
}

// Add makes a PLACE op, with the next number, and returns that.
func (p *Pending[T]) Add(dots []canvas.Dot, tag T) uint64 {
	p.Last++
	frame := AppendFrame(nil, ws.OpBinary, codec.AppendPlace(nil, codec.Place{Op: p.Last, Dots: dots}))
	p.ops = append(p.ops, pendingOp[T]{num: p.Last, frame: frame, tag: tag})
	return p.Last
}

// Full reports whether the next number would be too far above the oldest op without an
// answer: the server remembers that many numbers of a session, answered or not.
func (p *Pending[T]) Full() bool { return len(p.ops) > 0 && p.Last+1-p.ops[0].num >= p.Window }

// Append appends the frames of ops that may be sent now and have not been sent on this connection,
// the oldest first, until there are enough bytes.
func (p *Pending[T]) Append(dst []byte, enough int) []byte {
	for !p.Held && p.sent < len(p.ops) && p.ops[p.sent].num-p.ops[0].num < p.Window && len(dst) < enough {
		dst = append(dst, p.ops[p.sent].frame...)
		p.Sent = max(p.Sent, p.ops[p.sent].num)
		p.sent++
	}
	return dst
}

// Rewind makes all ops due to be sent on a new connection, and returns how many of them were
// sent on the one before.
func (p *Pending[T]) Rewind(window uint64) (again int) {
	again = p.sent
	p.sent, p.Held, p.Window = 0, false, window
	return again
}

// Take removes an op that was answered, which is usually the first.
func (p *Pending[T]) Take(num uint64) (tag T, ok bool) {
	i, found := slices.BinarySearchFunc(p.ops, num, func(o pendingOp[T], num uint64) int { return cmp.Compare(o.num, num) })
	if !found {
		return tag, false
	}
	tag = p.ops[i].tag
	if i == 0 {
		p.ops[0] = pendingOp[T]{}
		p.ops = p.ops[1:]
	} else {
		p.ops = slices.Delete(p.ops, i, i+1)
	}
	if i < p.sent {
		p.sent--
	}
	return tag, true
}

// Len counts the ops.
func (p *Pending[T]) Len() int { return len(p.ops) }

// Clear removes all ops.
func (p *Pending[T]) Clear() (tags []T) {
	for _, o := range p.ops {
		tags = append(tags, o.tag)
	}
	p.ops, p.sent = nil, 0
	return tags
}
