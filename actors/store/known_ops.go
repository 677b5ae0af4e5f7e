package store

import (
	"encoding/binary"
	"fmt"

	"pixelplayground/actors/canvas"
)

// beside is what is known of ops and stands beside their record and its origins, since pods of earlier
// versions refuse more in either:
//
//	version                 1 byte
//	runs of ops of which the same is known, which cover all ops of the record:
//	  number of ops         uvarint
//	  what is known         as the kind of it says
//
// No bytes at all: nothing is known of any op.
type beside struct {
	name    string // for errors
	version byte

	known func(op *canvas.Op) bool
	same  func(a, b *canvas.Op) bool
	write func(dst []byte, op *canvas.Op) []byte
	read  func(r *recordReader, op *canvas.Op)
	set   func(to, from *canvas.Op)
}

func (k beside) append(dst []byte, ops []canvas.Op) []byte {
	known := false
	for i := range ops {
		known = known || k.known(&ops[i])
	}
	if !known {
		return dst
	}
	dst = append(dst, k.version)
	for first, i := 0, 1; i <= len(ops); i++ {
		if i == len(ops) || !k.same(&ops[i], &ops[first]) {
			dst = k.write(binary.AppendUvarint(dst, uint64(i-first)), &ops[first])
			first = i
		}
	}
	return dst
}

// decode sets in ops what append wrote of them. For any other input it returns an error that wraps
// ErrCorrupt, and may have set some.
func (k beside) decode(p []byte, ops []canvas.Op) error {
	if len(p) == 0 {
		return nil
	}
	r := recordReader{p: p}
	if version := r.byte("version"); version != k.version {
		r.fail("version %d, want %d", version, k.version)
	}
	var op canvas.Op // one for all runs, since it escapes
	for len(ops) > 0 && r.err == nil {
		n := r.uvarint("run", uint64(len(ops)))
		op = canvas.Op{}
		if k.read(&r, &op); n == 0 {
			r.fail("a run of no ops")
		}
		for i := range ops[:n] {
			k.set(&ops[i], &op)
		}
		ops = ops[n:]
	}
	if len(r.p) > 0 {
		r.fail("%d bytes too many", len(r.p))
	}
	if r.err != nil {
		return fmt.Errorf("%s: %w", k.name, r.err)
	}
	return nil
}
