// Package journey follows one op in so many on its way: from the connection through relay, region and
// store out to the viewers, and back to who placed it. Which ops are followed, and by which ids their
// spans are known, follows from the op's own id. So every pod knows it without being told, nothing
// travels for it, and an op that is not followed costs some arithmetic at each step. The actors and
// transport say what they see; package otlp sends it on.
package journey

import (
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
	"time"

	"pixelplayground/actors/canvas"
)

// Stage is a part of the way.
type Stage uint8

// Stages, in the order in which they begin.
const (
	Place  Stage = iota // from when an op's connection, or a call over HTTP, places it until that has its answer
	Relay               // from when its relay has its part of a region until the region has answered
	Region              // from when the region has it until it is durable and on its way to the relays
	Store               // the commit that it is in
	FanOut              // from when a pod's relay shows it until one of the pod's shards has written it to its viewers
	Ack                 // from when the relay has the answer until the connection, or the call, has it
)

// String names a stage as it is shown.
func (s Stage) String() string {
	return [...]string{"place", "relay", "region", "store", "fan-out", "ack"}[s]
}

// Span is a stage of one op.
type Span struct {
	Op     canvas.OpID
	Stage  Stage
	Region canvas.RegionID // not that of Place and Ack, which are about all regions of the op
	Began  time.Time
	Ended  time.Time
	Epoch  uint64 // of Region, Store and FanOut
	First  uint64 // sequence number of the op's first pixel; 0: not known
	Pixels int    // of the op, in the region if the stage has one
}

// Follower says which ops are followed, and takes what is seen of them. nil follows none. Any goroutine
// may call it.
type Follower struct {
	every uint64
	take  func(Span) // must return at once
}

// Follow follows one op in every so many, at least 1.
func Follow(every int, take func(Span)) *Follower { return &Follower{uint64(every), take} }

// Follows reports whether an op is followed.
func (f *Follower) Follows(id canvas.OpID) bool {
	return f != nil && mixed(id, 0)%f.every == 0
}

// Saw takes a span of an op that is followed.
func (f *Follower) Saw(s Span) { f.take(s) }

// TraceOf is the trace of an op that is followed, in hexadecimal digits; "": it is not.
func (f *Follower) TraceOf(id canvas.OpID) string {
	if !f.Follows(id) {
		return ""
	}
	trace := Span{Op: id}.Trace()
	return hex.EncodeToString(trace[:])
}

// InBatch lists the spans of ops in a batch that are followed, with what the batch says of them; nil, as a
// rule: none is.
func (f *Follower) InBatch(b *canvas.Batch, stage Stage, began time.Time) (all []Span) {
	if f == nil {
		return nil
	}
	first := b.From + 1
	for i := range b.Ops {
		op := &b.Ops[i]
		if f.Follows(op.ID) {
			all = append(all, Span{Op: op.ID, Stage: stage, Region: b.Region, Began: began, Epoch: b.Epoch, First: first, Pixels: len(op.Pixels)})
		}
		first += uint64(len(op.Pixels))
	}
	return all
}

// Trace is the id that all spans of an op have in common.
func (s Span) Trace() (id [16]byte) {
	binary.BigEndian.PutUint64(id[:8], mixed(s.Op, 1))
	binary.BigEndian.PutUint64(id[8:], mixed(s.Op, 2)|1) // a trace of zeros alone is none
	return id
}

// IDs are those of the span and of the one that it is a part of; that of Place is none.
func (s Span) IDs() (own, parent [8]byte) {
	switch s.Stage {
	case Place:
		return s.id(Place), parent
	case Relay:
		return s.id(Relay), s.id(Place)
	case Region:
		return s.id(Region), s.id(Relay)
	case Store:
		return s.id(Store), s.id(Region)
	case FanOut: // there is one for each shard of each pod
		binary.BigEndian.PutUint64(own[:], rand.Uint64()|1)
		return own, s.id(Region)
	}
	return s.id(Ack), s.id(Place)
}

func (s Span) id(stage Stage) (id [8]byte) {
	salt := 3 + uint64(stage)
	if stage != Place && stage != Ack {
		salt += 8 + uint64(s.Region)<<8
	}
	binary.BigEndian.PutUint64(id[:], mixed(s.Op, salt)|1)
	return id
}

// mixed is a number that pods compute alike, of what all of them know of an op: regions of earlier
// versions, and batches on their way to viewers, leave out its key. It is mixed as in SplitMix64 (Steele, Lea,
// Flood 2014).
func mixed(id canvas.OpID, salt uint64) uint64 {
	x := uint64(id.Author)*0x9E3779B97F4A7C15 ^ id.Num*0xD1342543DE82EF95 ^ salt*0xA0761D6478BD642F
	x = (x ^ x>>30) * 0xBF58476D1CE4E5B9
	x = (x ^ x>>27) * 0x94D049BB133111EB
	return x ^ x>>31
}
