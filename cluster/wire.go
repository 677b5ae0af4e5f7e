package cluster

import (
	"errors"
	"fmt"
	"sync"
)

// A message between pods is one MessagePack array
//
//	[version, kind, field, field, …]
//
// in the BytesValue that remote, which knows protobuf only, carries. A kind keeps its
// number and its fields for ever; it may grow at its end, since a reader passes over
// fields it does not know and takes those that are missing for zero. Whatever changes
// more is a new kind. Pods of other versions ignore kinds they don't know, and so they
// do with another version of the whole.
const wireVersion = 1

// formOf is the table of what travels, by kind, without gaps; nil: no such kind. The
// fields of each stand in wire_messages.go and wire_reports.go. To add a message: a line here, a function there.
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

// fields goes over the fields of a message, which it packs or sets as the packer says.
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

// Packers are pooled for their encoders and decoders.
var packers = sync.Pool{New: func() any { return newPacker() }}

// encode gives the wire form of a message; nil: it is of no kind. known may be nil.
func encode(message any, known *records) []byte {
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

// decode makes a message of what came from another pod: undecodable when it can't be read.
func decode(b []byte) any {
	p := packers.Get().(*packer)
	defer packers.Put(p)
	return p.decode(b)
}

var errNoSuchKind = errors.New("of a kind or version that this pod does not know")

// undecodable is a message of a kind or version that this pod does not know, or a broken one.
type undecodable struct {
	kind  uint64 // 0: not even that
	bytes int
	err   error
}

func (u undecodable) String() string {
	return fmt.Sprintf("message of kind %d in %d bytes: %v", u.kind, u.bytes, u.err)
}

func (p *packer) decode(b []byte) any {
	p.open(b)
	var version, kind uint64
	if len(b) > maxMessage {
		p.fail("%d bytes, at most %d", len(b), maxMessage)
	}
	number(p, &version)
	number(p, &kind)
	if version != wireVersion {
		p.fail("%w: version %d, not %d", errNoSuchKind, version, wireVersion)
	}
	f := formOf(kind)
	if f == nil {
		p.fail("%w", errNoSuchKind)
	}
	var message any
	if p.err == nil {
		message = f.read(p)
	}
	if err := p.close(); err != nil {
		return undecodable{kind, len(b), err}
	}
	return message
}
