package store

import (
	"encoding/binary"
	"fmt"
	"math"

	"pixelplayground/actors/canvas"
)

// Users are the public ids of those who placed the ops of a record. They are kept beside the record
// and its origins, since pods of earlier versions refuse more in either:
//
//	version                 1 byte
//	runs of ops that have the same user, which cover all ops of the record:
//	  number of ops         uvarint
//	  user                  uvarint; 0: the author of each
//
// No bytes at all: 0 for all.
const usersVersion = 1

// AppendUsers appends the users of ops to dst; nothing if all are 0.
func AppendUsers(dst []byte, ops []canvas.Op) []byte {
	known := false
	for i := range ops {
		known = known || ops[i].User != 0
	}
	if !known {
		return dst
	}
	dst = append(dst, usersVersion)
	for first, i := 0, 1; i <= len(ops); i++ {
		if i == len(ops) || ops[i].User != ops[first].User {
			dst = binary.AppendUvarint(dst, uint64(i-first))
			dst = binary.AppendUvarint(dst, uint64(ops[first].User))
			first = i
		}
	}
	return dst
}

// DecodeUsers sets in ops what AppendUsers wrote of them. For any other input it returns an error that
// wraps ErrCorrupt, and may have set some.
func DecodeUsers(p []byte, ops []canvas.Op) error {
	if len(p) == 0 {
		return nil
	}
	r := recordReader{p: p}
	if version := r.byte("version"); version != usersVersion {
		r.fail("version %d, want %d", version, usersVersion)
	}
	for len(ops) > 0 && r.err == nil {
		n, user := r.uvarint("run", uint64(len(ops))), canvas.Author(r.uvarint("user", math.MaxUint64))
		if n == 0 {
			r.fail("a run of no ops")
		}
		for i := range ops[:n] {
			ops[i].User = user
		}
		ops = ops[n:]
	}
	if len(r.p) > 0 {
		r.fail("%d bytes too many", len(r.p))
	}
	if r.err != nil {
		return fmt.Errorf("users: %w", r.err)
	}
	return nil
}
