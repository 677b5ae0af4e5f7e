package codec

import (
	"slices"

	"github.com/vmihailenco/msgpack/v5"
)

// writer appends one message to a slice. Numbers take their shortest form. Appending
// to memory can't fail, so the encoder's errors are dropped.
type writer struct {
	enc *msgpack.Encoder
	buf []byte
}

// begin starts a message with the given number of elements, including its type.
func begin(dst []byte, t messageType, elements int) *writer {
	w := &writer{enc: msgpack.GetEncoder(), buf: dst}
	w.enc.Reset(w)
	w.array(elements)
	w.uint(uint64(t))
	return w
}

// end returns the extended slice. The writer can't be used afterwards.
func (w *writer) end() []byte {
	msgpack.PutEncoder(w.enc)
	w.enc = nil
	return w.buf
}

// Write and WriteByte are what the encoder writes to.
func (w *writer) Write(p []byte) (int, error) {
	w.buf = append(w.buf, p...)
	return len(p), nil
}

func (w *writer) WriteByte(b byte) error {
	w.buf = append(w.buf, b)
	return nil
}

func (w *writer) array(n int)     { _ = w.enc.EncodeArrayLen(n) }
func (w *writer) uint(n uint64)   { _ = w.enc.EncodeUint(n) }
func (w *writer) float(f float64) { _ = w.enc.EncodeFloat64(f) }
func (w *writer) bool(b bool)     { _ = w.enc.EncodeBool(b) }
func (w *writer) text(s string)   { _ = w.enc.EncodeString(s) }
func (w *writer) null()           { _ = w.enc.EncodeNil() }

func (w *writer) bin(b []byte) {
	w.room(len(b))
	w.buf = append(w.buf, b...)
}

// room begins a bin of n bytes, which the caller appends to buf.
func (w *writer) room(n int) {
	_ = w.enc.EncodeBytesLen(n)
	w.buf = slices.Grow(w.buf, n)
}
