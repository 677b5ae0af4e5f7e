package client

import (
	"cmp"
	"slices"

	"pixelplayground/actors/canvas"
	"pixelplayground/codec"
)

// op is a PLACE that has not been answered.
type op struct {
	num     uint64
	message []byte      // as it is sent, however often
	done    func(error) // nil: nobody wants to know
}

// tell says to whoever placed the op what became of it.
func (o op) tell(err error) {
	if o.done != nil {
		o.done(err)
	}
}

// flight is the ops that have not been answered, in the order of their numbers.
type flight struct {
	last uint64 // number of the newest op
	ops  []op
	sent int  // ops[:sent] were sent on this connection
	held bool // the server takes no more: the rest is for the next connection
}

// push takes an op and numbers it.
func (f *flight) push(dots []canvas.Dot, done func(error)) uint64 {
	f.last++
	message := codec.AppendPlace(nil, codec.Place{Op: f.last, Dots: dots})
	f.ops = append(f.ops, op{num: f.last, message: message, done: done})
	return f.last
}

// full tells whether the next number would be too far above the oldest op without an
// answer: the server remembers that many numbers of a session, answered or not.
func (f *flight) full(window uint64) bool {
	return len(f.ops) > 0 && f.last+1-f.ops[0].num >= window
}

// next is the oldest op that is still to be sent on this connection; nil: there is none.
func (f *flight) next() []byte {
	if f.held || f.sent == len(f.ops) {
		return nil
	}
	f.sent++
	return f.ops[f.sent-1].message
}

// rewind makes all ops due to be sent on a new connection, and tells how many of them
// were sent on the one before.
func (f *flight) rewind() (again int) {
	again = f.sent
	f.sent, f.held = 0, false
	return again
}

// take removes an op that was answered; mostly that is the first.
func (f *flight) take(num uint64) (op, bool) {
	i, found := slices.BinarySearchFunc(f.ops, num, func(o op, num uint64) int { return cmp.Compare(o.num, num) })
	if !found {
		return op{}, false
	}
	taken := f.ops[i]
	if i == 0 {
		f.ops[0] = op{}
		f.ops = f.ops[1:]
	} else {
		f.ops = slices.Delete(f.ops, i, i+1)
	}
	if i < f.sent {
		f.sent--
	}
	return taken, true
}

// clear removes all.
func (f *flight) clear() []op {
	all := f.ops
	f.ops, f.sent = nil, 0
	return all
}
