package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"pixelplayground/actors/canvas"
)

// ErrCorrupt is wrapped by every error of DecodeBatch: the bytes are not, or not any longer, what
// AppendBatch wrote.
var ErrCorrupt = errors.New("batch record is corrupt")

// A record is the form of a batch in a store's log and between pods:
//
//	version                        1 byte
//	region, epoch, from, to-from   uvarint each
//	time                           varint, Unix milliseconds
//	number of ops                  uvarint, then for each op:
//	  flags                        1 byte
//	  author                       uvarint; absent with sameAuthor
//	  name                         text; absent with sameName
//	  num                          uvarint
//	  spelling                     text; only with spelled
//	  number of pixels             uvarint, then 5 bytes each:
//	                               position (big-endian), red, green, blue
//
// A text is its length in bytes (uvarint), then its bytes. For the first op, the op before it
// counts as one of author 0 without a name. There are at most to-from pixels in all.
//
// Version 2 is followed by the origins of its ops. Where a pod of an earlier version may read a
// record, the two are kept apart, since it knows version 1 only.
const (
	recordVersion = 1
	wholeVersion  = 2
)

const (
	sameAuthor = 1 << iota // the author of the op before
	sameName               // the name of the op before
	alias
	spelled
	unknownFlags = 0xFF &^ (sameAuthor | sameName | alias | spelled)
)

const (
	pixelBytes = 5
	minOpBytes = 3 // flags, num, number of pixels: limits what a count can make us allocate
)

// AppendWhole appends the record of b to dst, with the origins of its ops.
func AppendWhole(dst []byte, b *canvas.Batch) []byte {
	at := len(dst)
	dst = AppendBatch(dst, b)
	plain := len(dst)
	if dst = AppendOrigins(dst, b.Ops); len(dst) > plain {
		dst[at] = wholeVersion
	}
	return dst
}

// AppendBatch appends the record of b to dst, without the origins of its ops. A pixel placed by
// itself takes about 35 bytes; each further pixel in the same op takes 5.
func AppendBatch(dst []byte, b *canvas.Batch) []byte {
	dst = append(dst, recordVersion)
	dst = binary.AppendUvarint(dst, uint64(b.Region))
	dst = binary.AppendUvarint(dst, b.Epoch)
	dst = binary.AppendUvarint(dst, b.From)
	dst = binary.AppendUvarint(dst, b.To-b.From)
	dst = binary.AppendVarint(dst, b.Time)
	dst = binary.AppendUvarint(dst, uint64(len(b.Ops)))
	before := &canvas.Op{}
	for i := range b.Ops {
		dst = appendOp(dst, &b.Ops[i], before)
		before = &b.Ops[i]
	}
	return dst
}

func appendOp(dst []byte, op, before *canvas.Op) []byte {
	at := len(dst)
	dst = append(dst, 0)
	if op.ID.Author == before.ID.Author {
		dst[at] |= sameAuthor
	} else {
		dst = binary.AppendUvarint(dst, uint64(op.ID.Author))
	}
	if op.Name == before.Name {
		dst[at] |= sameName
	} else {
		dst = appendText(dst, op.Name)
	}
	if op.Alias {
		dst[at] |= alias
	}
	dst = binary.AppendUvarint(dst, op.ID.Num)
	if op.Spelling != "" {
		dst[at] |= spelled
		dst = appendText(dst, op.Spelling)
	}
	dst = binary.AppendUvarint(dst, uint64(len(op.Pixels)))
	for _, p := range op.Pixels {
		dst = append(dst, byte(p.Pos>>8), byte(p.Pos), byte(p.Color>>16), byte(p.Color>>8), byte(p.Color))
	}
	return dst
}

func appendText(dst []byte, s string) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(s)))
	return append(dst, s...)
}

// DecodeBatch reads what AppendBatch or AppendWhole wrote. For any other input it returns an error
// that wraps ErrCorrupt. It allocates at most about 35 bytes for each byte of p, and keeps nothing
// of p.
func DecodeBatch(p []byte) (*canvas.Batch, error) {
	r := recordReader{p: p}
	version := r.byte("version")
	if version != recordVersion && version != wholeVersion {
		r.fail("version %d, want %d or %d", version, recordVersion, wholeVersion)
	}
	b := &canvas.Batch{
		Region: canvas.RegionID(r.uvarint("region", math.MaxUint32)),
		Epoch:  r.uvarint("epoch", math.MaxUint64),
		From:   r.uvarint("from", math.MaxUint64),
	}
	numbers := r.uvarint("to", math.MaxUint64-b.From)
	b.To, b.Time = b.From+numbers, r.varint("time")
	if n := r.count("ops", minOpBytes); n > 0 {
		b.Ops = make([]canvas.Op, n)
		r.pixels = make([]canvas.Pixel, min(numbers, uint64(len(r.p)/pixelBytes)))
	}
	before := &canvas.Op{}
	for i := range b.Ops {
		r.op(&b.Ops[i], before)
		before = &b.Ops[i]
	}
	if version == wholeVersion && r.err == nil {
		r.origins(b.Ops)
	}
	if len(r.p) > 0 {
		r.fail("%d bytes too many", len(r.p))
	}
	if r.err != nil {
		return nil, r.err
	}
	return b, nil
}

// recordReader takes a record apart. The first error sticks and empties p, so that all later reads
// return zero.
type recordReader struct {
	p      []byte         // what is left
	pixels []canvas.Pixel // what is left of the one allocation for the pixels of all ops
	err    error
}

func (r *recordReader) op(op, before *canvas.Op) {
	flags := r.byte("flags")
	if flags&unknownFlags != 0 {
		r.fail("unknown flags %#x", flags)
	}
	op.ID.Author, op.Name = before.ID.Author, before.Name
	if flags&sameAuthor == 0 {
		op.ID.Author = canvas.Author(r.uvarint("author", math.MaxUint64))
	}
	if flags&sameName == 0 {
		op.Name = r.text("name")
	}
	op.Alias = flags&alias != 0
	op.ID.Num = r.uvarint("num", math.MaxUint64)
	if flags&spelled != 0 {
		op.Spelling = r.text("spelling")
	}
	n := r.count("pixels", pixelBytes)
	if n > len(r.pixels) {
		r.fail("more pixels than sequence numbers")
	}
	if n == 0 || r.err != nil {
		return
	}
	op.Pixels, r.pixels = r.pixels[:n:n], r.pixels[n:]
	for i, p := 0, r.take(n*pixelBytes); i < n; i, p = i+1, p[pixelBytes:] {
		op.Pixels[i] = canvas.Pixel{
			Pos:   uint16(p[0])<<8 | uint16(p[1]),
			Color: canvas.Color(p[2])<<16 | canvas.Color(p[3])<<8 | canvas.Color(p[4]),
		}
	}
}

func (r *recordReader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf("%w: %s", ErrCorrupt, fmt.Sprintf(format, args...))
	}
	r.p = nil
}

// take removes n bytes. The caller knows that they are there.
func (r *recordReader) take(n int) []byte {
	taken := r.p[:n]
	r.p = r.p[n:]
	return taken
}

func (r *recordReader) byte(what string) byte {
	if len(r.p) == 0 {
		r.fail("ends before %s", what)
		return 0
	}
	return r.take(1)[0]
}

func (r *recordReader) uvarint(what string, limit uint64) uint64 {
	v, n := binary.Uvarint(r.p)
	switch {
	case n <= 0:
		r.fail("no number for %s", what)
		return 0
	case v > limit:
		r.fail("%s %d, at most %d", what, v, limit)
		return 0
	}
	r.take(n)
	return v
}

func (r *recordReader) varint(what string) int64 {
	v, n := binary.Varint(r.p)
	if n <= 0 {
		r.fail("no number for %s", what)
		return 0
	}
	r.take(n)
	return v
}

// count reads how many elements of at least size bytes each follow.
func (r *recordReader) count(what string, size int) int {
	n := r.uvarint(what, math.MaxUint64)
	if n > uint64(len(r.p)/size) {
		r.fail("%d %s in %d bytes", n, what, len(r.p))
		return 0
	}
	return int(n)
}

func (r *recordReader) text(what string) string {
	return string(r.take(r.count(what, 1)))
}
