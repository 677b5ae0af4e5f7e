package store

import (
	"encoding/binary"
	"math"

	"pixelplayground/actors/canvas"
)

// users are the public ids of those who placed ops: of each a uvarint; 0: the op's author.
func users() beside {
	return beside{
		name: "users", version: 1,
		known: func(op *canvas.Op) bool { return op.User != 0 },
		same:  func(a, b *canvas.Op) bool { return a.User == b.User },
		write: func(dst []byte, op *canvas.Op) []byte { return binary.AppendUvarint(dst, uint64(op.User)) },
		read:  func(r *recordReader, op *canvas.Op) { op.User = canvas.Author(r.uvarint("user", math.MaxUint64)) },
		set:   func(to, from *canvas.Op) { to.User = from.User },
	}
}

// AppendUsers appends the users of ops to dst; nothing if all are 0.
func AppendUsers(dst []byte, ops []canvas.Op) []byte { return users().append(dst, ops) }

// DecodeUsers sets in ops what AppendUsers wrote of them. For any other input it returns an error that
// wraps ErrCorrupt, and may have set some.
func DecodeUsers(p []byte, ops []canvas.Op) error { return users().decode(p, ops) }
