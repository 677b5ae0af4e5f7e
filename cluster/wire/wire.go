// Package wire is the form in which messages travel between pods: which kinds there are, how their
// fields are written and read, and what must be true of the fields. cluster sends and receives them.
// Which actor a message is for is not decided here.
package wire

import (
	"errors"
	"fmt"
	"sync"
)

// A message between pods is one MessagePack array
//
//	[version, kind, field, field, …]
//
// in a BytesValue, since remote carries protobuf only. A kind keeps its number and its fields for
// ever. It may grow at its end: a reader skips fields that it does not know and takes missing ones
// for zero. Any other change needs a new kind. Pods ignore kinds that they don't know, and every
// message of another version.
const wireVersion = 1

// formOf is the table of the kinds that travel, without gaps; nil: no such kind. The fields of each
// are in messages.go and reports.go. To add a message, add a line here and a function
// there.
func formOf(kind uint64) form {
	switch kind {
	case 1:
		return formed(committed)
	case 2:
		return formed(submit)
	case 3:
		return formed(point)
	case 4:
		return formed(pointed)
	case 5:
		return formed(attach)
	case 6:
		return formed(attached)
	case 7:
		return formed(rejected)
	case 8:
		return formed(lapsed)
	case 9:
		return formed(detach)
	case 10:
		return formed(yield)
	case 11:
		return formed(yielded)
	case 12:
		return formed(roll)
	case 13:
		return formed(recall)
	case 14:
		return formed(shown)
	case 15:
		return formed(check)
	case 16:
		return formed(checked)
	case 17:
		return formed(inspect)
	case 18:
		return formed(report)
	case 19:
		return formed(listing)
	case 20:
		return formed(listed)
	case 21:
		return formed(look)
	case 22:
		return formed(view)
	case 23:
		return formed(act)
	case 24:
		return formed(acted)
	case 25:
		return formed(salvage)
	case 26:
		return formed(salvaged)
	}
	return nil
}

// form is one kind of message. It costs nothing to make.
type form interface {
	of(message any) bool
	write(p *packer, message any)
	read(p *packer) any
}

// fields goes over the fields of a message and packs or sets them, as the packer says.
type fields[T any] func(p *packer, m *T)

func formed[T any](f fields[T]) form { return f }

func (f fields[T]) of(message any) bool {
	_, ok := message.(*T)
	return ok
}

func (f fields[T]) write(p *packer, message any) { f(p, message.(*T)) }

func (f fields[T]) read(p *packer) any {
	m := new(T)
	f(p, m)
	return m
}

// Packers are pooled for the sake of their encoders and decoders.
var packers = sync.Pool{New: func() any { return newPacker() }}

// Encode returns the wire form of a message; nil: it is of no kind. known may be nil.
func Encode(message any, known *Records) []byte {
	kind := uint64(1)
	f := formOf(kind)
	for f != nil && !f.of(message) {
		kind++
		f = formOf(kind)
	}
	if f == nil {
		return nil
	}
	p := packers.Get().(*packer)
	defer packers.Put(p)
	p.begin(kind, known)
	f.write(p, message)
	return p.end()
}

// ErrUnknownKind is the reason why a message of another version can't be read.
var ErrUnknownKind = errors.New("of a kind or version that this pod does not know")

// Decode returns the message that came from another pod. Its errors say of which kind it was, as far
// as that could be read, and wrap ErrUnknownKind.
func Decode(b []byte) (any, error) {
	p := packers.Get().(*packer)
	defer packers.Put(p)
	return p.decode(b)
}

func (p *packer) decode(b []byte) (message any, err error) {
	p.open(b)
	var version, kind uint64
	if len(b) > MaxMessage {
		p.fail("more than %d bytes", MaxMessage)
	}
	number(p, &version)
	number(p, &kind)
	if version != wireVersion {
		p.fail("%w: version %d, not %d", ErrUnknownKind, version, wireVersion)
	}
	f := formOf(kind)
	if f == nil {
		p.fail("%w", ErrUnknownKind)
	}
	if p.err == nil {
		message = f.read(p)
	}
	if err := p.close(); err != nil {
		return nil, fmt.Errorf("message of kind %d in %d bytes: %w", kind, len(b), err)
	}
	return message, nil
}
