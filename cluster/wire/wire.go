// Package wire is the form in which messages travel between pods: which kinds there are, how their
// fields are written and read, and what must be true of the fields. cluster sends and receives them.
// Which actor a message is for is not decided here.
package wire

import (
	"errors"
	"fmt"
	"slices"
	"sync"
)

// A message between pods is one MessagePack array
//
//	[version, kind, field, field, …]
//
// in a BytesValue, since remote carries protobuf only. While pods are replaced by those of a newer
// version, both have to understand each other:
//
//   - A kind keeps its number, and a field its place and meaning, for ever.
//   - A new field goes to the end of its message, never into the middle or into a group. An earlier
//     version skips it, and sends none, which reads as zero. So zero must mean what was so before.
//   - Any other change is a new kind, at the end of the table. An earlier version drops it, so
//     whoever sends it must get on without an answer.
//   - What a message may hold is bounded in rules.go. A bound that is raised makes earlier versions
//     drop what is above the old one.
//
// go test -update-wire writes the golden bytes after such a change. The bytes of before move to
// testdata/earlier.txt, and stay readable.
const wireVersion = 1

// Version is what pods tell operators of that, and of what members say of themselves: the second number
// counts the times that something was added. CHANGELOG.md has its history.
const Version = "1.1"

// kinds is the table of the messages that travel. It is only read. To add a message, add a line here,
// a function in messages.go, allowances.go, acts.go or reports.go, and the actor that it is for in cluster/peer/door.go.
var kinds = [...]form{
	1:  formed(committed),
	2:  formed(submit),
	3:  formed(point),
	4:  formed(pointed),
	5:  formed(attach),
	6:  formed(attached),
	7:  formed(rejected),
	8:  formed(lapsed),
	9:  formed(detach),
	10: formed(yield),
	11: formed(yielded),
	12: formed(podUsers),
	13: formed(resyncUsers),
	14: formed(shown),
	15: formed(check),
	16: formed(checked),
	17: formed(inspect),
	18: formed(report),
	19: formed(list),
	20: formed(listing),
	21: formed(describeActor),
	22: formed(actorDetails),
	23: formed(act),
	24: formed(acted),
	25: formed(salvage),
	26: formed(salvaged),
	27: formed(resting),
	28: formed(rested),
	29: formed(lease),
	30: formed(leased),
	31: formed(unspent),
	32: formed(yieldAllowance),
	33: formed(allowanceYielded),
	34: formed(moveAllowance),
	35: formed(allowanceMoved),
	36: formed(allowancesLeft),
	37: formed(rulesDecided),
	38: formed(rulesObeyed),
	39: formed(askRules),
	40: formed(rulesKnown),
}

// formOf returns nil if there is no such kind.
func formOf(kind uint64) form {
	if kind >= uint64(len(kinds)) {
		return nil
	}
	return kinds[kind]
}

// form is one kind of message.
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
	kind := slices.IndexFunc(kinds[:], func(f form) bool { return f != nil && f.of(message) })
	if kind < 0 {
		return nil
	}
	p := packers.Get().(*packer)
	defer packers.Put(p)
	p.begin(uint64(kind), known)
	kinds[kind].write(p, message)
	return p.finish()
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
