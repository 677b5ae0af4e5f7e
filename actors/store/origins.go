package store

import (
	"encoding/binary"
	"fmt"

	"pixelplayground/actors/canvas"
)

// Origins are what a record of version 1 does not say about its ops: whose they are beyond doubt.
// They are kept beside such a record wherever a pod of an earlier version may read it, since that
// pod refuses a longer record than it knows:
//
//	version                        1 byte
//	for each op of the record:
//	  flags                        1 byte
//	  key                          16 bytes; absent with sameOrigin
//	  network                      4 bytes, big-endian; absent with sameOrigin
//
// For the first op, the op before it counts as one of an unknown session. No bytes at all: nothing
// is known of any op.
const originsVersion = 1

const (
	sameOrigin = 1 << iota // key and network of the op before
	inTurn
	unknownOrigin = 0xFF &^ (sameOrigin | inTurn)
)

const originBytes = len(canvas.Key{}) + 4

// AppendOrigins appends the origins of ops to dst; nothing if none is known.
func AppendOrigins(dst []byte, ops []canvas.Op) []byte {
	known := false
	for i := range ops {
		known = known || ops[i].InTurn || originOf(&ops[i]) != origin{}
	}
	if !known {
		return dst
	}
	dst = append(dst, originsVersion)
	before := origin{}
	for i := range ops {
		o, flags := originOf(&ops[i]), byte(0)
		if ops[i].InTurn {
			flags |= inTurn
		}
		if o == before {
			dst = append(dst, flags|sameOrigin)
			continue
		}
		dst = append(append(dst, flags), o.key[:]...)
		dst = binary.BigEndian.AppendUint32(dst, uint32(o.network))
		before = o
	}
	return dst
}

// origin is what all ops of one client have in common.
type origin struct {
	key     canvas.Key
	network canvas.Network
}

func originOf(op *canvas.Op) origin { return origin{op.ID.Key, op.Network} }

// DecodeOrigins sets in ops what AppendOrigins wrote of them. For any other input it returns an
// error that wraps ErrCorrupt.
func DecodeOrigins(p []byte, ops []canvas.Op) error {
	if len(p) == 0 {
		return nil
	}
	r := recordReader{p: p}
	r.origins(ops)
	if len(r.p) > 0 {
		r.fail("%d bytes too many", len(r.p))
	}
	if r.err != nil {
		return fmt.Errorf("origins: %w", r.err)
	}
	return nil
}

func (r *recordReader) origins(ops []canvas.Op) {
	if version := r.byte("version"); version != originsVersion {
		r.fail("version %d, want %d", version, originsVersion)
	}
	before := origin{}
	for i := range ops {
		flags := r.byte("origin")
		switch {
		case flags&unknownOrigin != 0:
			r.fail("unknown flags %#x", flags)
		case flags&sameOrigin == 0 && len(r.p) < originBytes:
			r.fail("ends within an origin")
		case flags&sameOrigin == 0:
			p := r.take(originBytes)
			before = origin{canvas.Key(p), canvas.Network(binary.BigEndian.Uint32(p[len(canvas.Key{}):]))}
		}
		if r.err != nil {
			return
		}
		ops[i].ID.Key, ops[i].Network, ops[i].InTurn = before.key, before.network, flags&inTurn != 0
	}
}
