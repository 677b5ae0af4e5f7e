package wire

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/vmihailenco/msgpack/v5"
	"github.com/vmihailenco/msgpack/v5/msgpcode"
)

// packer packs the fields of one message or sets them. One function per message goes over its
// fields in both directions, so that the two can't differ.
//
// When reading, the first error sticks, and what follows it stays zero. Every length is compared
// with the bytes that are left before anything is allocated for it: at most about 35 bytes for each
// of them.
type packer struct {
	reading bool
	fields  int // of the current array: written so far, or left to read

	// Writing. Appending to memory can't fail, so the encoder's errors are dropped.
	enc   *msgpack.Encoder // to the packer
	out   []byte
	known *Records

	// Reading.
	dec *msgpack.Decoder // from src
	in  []byte
	src bytes.Reader // over what is left of in
	err error
}

func newPacker() *packer {
	p := new(packer)
	p.enc, p.dec = msgpack.NewEncoder(p), msgpack.NewDecoder(&p.src)
	return p
}

// Write and WriteByte are what the encoder writes to.
func (p *packer) Write(b []byte) (int, error) {
	p.out = append(p.out, b...)
	return len(b), nil
}

func (p *packer) WriteByte(b byte) error {
	p.out = append(p.out, b)
	return nil
}

// smallMessage is a size, in bytes, that most messages fit in.
const smallMessage = 64

// begin starts a message to be written.
func (p *packer) begin(kind uint64, known *Records) {
	p.reading, p.fields, p.known = false, 2, known
	p.out = append(make([]byte, 0, smallMessage), msgpcode.Array16, 0, 0) // the number of fields is filled in last
	_ = p.enc.EncodeUint(wireVersion)
	_ = p.enc.EncodeUint(kind)
}

// finish returns the message, which is then the caller's.
func (p *packer) finish() []byte {
	binary.BigEndian.PutUint16(p.out[1:], uint16(p.fields))
	out := p.out
	p.out, p.known = nil, nil
	return out
}

// open starts a message to be read.
func (p *packer) open(b []byte) {
	p.reading, p.in, p.err = true, b, nil
	p.src.Reset(b)
	p.fields = p.length("message", p.dec.DecodeArrayLen)
}

// close returns the error, if there was one. A message may have more fields than were read, but
// nothing may follow them.
func (p *packer) close() error {
	if p.fields == 0 && p.src.Len() > 0 {
		p.fail("%d bytes after the message", p.src.Len())
	}
	err := p.err
	p.in, p.err = nil, nil
	p.src.Reset(nil)
	return err
}

func (p *packer) fail(format string, args ...any) {
	if p.err == nil {
		p.err = fmt.Errorf(format, args...)
	}
}

// next steps to the next field of the current array. It returns false if there is nothing to do:
// when reading, after an error or at the end of a shorter message.
func (p *packer) next() bool {
	if !p.reading {
		p.fields++
		return true
	}
	if p.err != nil || p.fields == 0 {
		return false
	}
	p.fields--
	return true
}

// length reads how many elements or bytes follow. Each takes at least one byte.
func (p *packer) length(what string, decode func() (int, error)) int {
	n, err := decode()
	switch {
	case err != nil:
		p.fail("%s: %w", what, err)
	case n < 0 || n > p.src.Len():
		p.fail("%s: %d of length in %d bytes", what, n, p.src.Len())
	}
	if p.err != nil {
		return 0
	}
	return n
}

// number passes unsigned integers.
func number[T ~uint8 | ~uint16 | ~uint32 | ~uint64](p *packer, vs ...*T) {
	for _, v := range vs {
		if !p.next() {
			return
		}
		if !p.reading {
			_ = p.enc.EncodeUint(uint64(*v))
			continue
		}
		n, err := p.dec.DecodeUint64()
		switch {
		case err != nil:
			p.fail("number: %w", err)
		case uint64(T(n)) != n:
			p.fail("number: %d is too large", n)
		default:
			*v = T(n)
		}
	}
}

// integer passes signed integers.
func integer[T ~int | ~int64](p *packer, vs ...*T) {
	for _, v := range vs {
		if !p.next() {
			return
		}
		if !p.reading {
			_ = p.enc.EncodeInt(int64(*v))
			continue
		}
		n, err := p.dec.DecodeInt64()
		if err != nil {
			p.fail("integer: %w", err)
			return
		}
		*v = T(n)
	}
}

func boolean(p *packer, vs ...*bool) {
	for _, v := range vs {
		if !p.next() {
			return
		}
		if !p.reading {
			_ = p.enc.EncodeBool(*v)
			continue
		}
		b, err := p.dec.DecodeBool()
		if err != nil {
			p.fail("boolean: %w", err)
			return
		}
		*v = b
	}
}

func text(p *packer, vs ...*string) {
	for _, v := range vs {
		if !p.next() {
			return
		}
		if !p.reading {
			_ = p.enc.EncodeString(*v)
			continue
		}
		*v = string(p.take("text"))
	}
}

// bin passes bytes. When reading, it copies them.
func bin[T ~[]byte](p *packer, v *T) {
	if !p.next() {
		return
	}
	if p.reading {
		*v = T(bytes.Clone(p.take("bin")))
		return
	}
	_ = p.enc.EncodeBytesLen(len(*v))
	p.out = append(slices.Grow(p.out, len(*v)), *v...)
}

// take reads a text or a bin, without copying.
func (p *packer) take(what string) []byte {
	n := p.length(what, p.dec.DecodeBytesLen)
	at := len(p.in) - p.src.Len()
	p.src.Reset(p.in[at+n:])
	return p.in[at : at+n]
}

// listStart is how many elements a list has room for when reading begins. Beyond that, the length
// it claims is believed only as its elements arrive.
const listStart = 1024

// each passes a slice.
func each[T any](p *packer, s *[]T, element fields[T]) {
	if !p.next() {
		return
	}
	around := p.fields
	if !p.reading {
		_ = p.enc.EncodeArrayLen(len(*s))
		for i := range *s {
			element(p, &(*s)[i])
		}
	} else if p.fields = p.length("list", p.dec.DecodeArrayLen); p.fields > 0 {
		read := make([]T, 0, min(p.fields, listStart))
		for n := p.fields; n > 0 && p.err == nil; n-- {
			read = append(read, *new(T))
			element(p, &read[len(read)-1])
		}
		*s = read
	}
	p.fields = around
}

// group begins an array of n fields within a message. It returns what end needs once they have been
// passed: defer p.end(p.group(n)). Unlike a message, a group can't grow.
func (p *packer) group(n int) (around int) {
	if !p.next() {
		return p.fields
	}
	around = p.fields
	if !p.reading {
		_ = p.enc.EncodeArrayLen(n)
	} else if p.fields = p.length("group", p.dec.DecodeArrayLen); p.fields != n {
		p.fail("group: %d fields, want %d", p.fields, n)
	}
	return around
}

// end goes on with the array around a group.
func (p *packer) end(around int) { p.fields = around }

// optional passes what m points to, or nil.
func optional[T any](p *packer, m **T, f fields[T]) {
	if !p.reading {
		if *m == nil {
			p.next()
			_ = p.enc.EncodeNil()
			return
		}
		f(p, *m)
		return
	}
	if p.err != nil || p.fields == 0 {
		return
	}
	if code, err := p.dec.PeekCode(); err == nil && code == msgpcode.Nil {
		p.next()
		p.err = p.dec.DecodeNil()
		return
	}
	*m = new(T)
	f(p, *m)
}
