package codec

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"unicode/utf8"

	"github.com/vmihailenco/msgpack/v5"
	"github.com/vmihailenco/msgpack/v5/msgpcode"
)

// reader takes one message apart. The first error sticks: later reads return zero values, and end
// returns the error, so decoders need not check after each element. Every length is compared with
// the caller's limit and with the bytes that are left before anything is allocated for it.
type reader struct {
	p    []byte
	src  bytes.Reader // over p; its offset is the reader's
	dec  *msgpack.Decoder
	kind messageType
	left int // elements of the message's array that no need has claimed yet
	err  error
}

// open begins a message: it reads the array's length and the type.
func open(p []byte, maxBytes int) *reader {
	r := &reader{p: p, dec: msgpack.GetDecoder()}
	r.src.Reset(p)
	r.dec.Reset(&r.src)
	if len(p) > maxBytes {
		r.fail("%d bytes, at most %d", len(p), maxBytes)
		return r
	}
	r.left = r.array("message", math.MaxInt, 1)
	r.need(1)
	r.kind = messageType(r.uint("type", math.MaxUint64))
	return r
}

// end skips elements that a newer version of the protocol may have added, makes sure that nothing
// follows the message, and returns the error. The reader can't be used afterwards.
func (r *reader) end() error {
	r.skip(r.left)
	if r.err == nil && r.src.Len() > 0 {
		r.fail("%d bytes after the message", r.src.Len())
	}
	msgpack.PutDecoder(r.dec)
	r.dec = nil
	return r.err
}

func (r *reader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf("decode %v: %s: %w", r.kind, fmt.Sprintf(format, args...), ErrMalformed)
	}
}

// check turns an error of the MessagePack decoder into ours. The decoder reads only memory.
func (r *reader) check(what string, err error) {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		r.fail("%s: the message ends early", what)
	} else if err != nil {
		r.fail("%s: %v", what, err)
	}
}

// need claims the next n elements of the message.
func (r *reader) need(n int) {
	if r.left -= n; r.left < 0 {
		r.fail("%d elements missing", -r.left)
		r.left = 0
	}
}

// code looks at the kind of the next value. After an error it is msgpcode.Nil.
func (r *reader) code(what string) byte {
	if r.err != nil {
		return msgpcode.Nil
	}
	c, err := r.dec.PeekCode()
	if err != nil {
		r.check(what, err)
		return msgpcode.Nil
	}
	return c
}

// array begins an array of at most maxLen elements of at least elemBytes bytes each.
func (r *reader) array(what string, maxLen, elemBytes int) int {
	if c := r.code(what); !isArray(c) {
		r.fail("%s: not an array", what)
		return 0
	}
	n, err := r.dec.DecodeArrayLen()
	switch {
	case err != nil:
		r.check(what, err)
		return 0
	case n > maxLen:
		r.fail("%s: %d elements, at most %d", what, n, maxLen)
		return 0
	case n > r.src.Len()/elemBytes:
		r.fail("%s: the message ends early", what)
		return 0
	}
	return n
}

// tuple reads an array of at least n elements: read takes those n, and any others, which a newer
// version of the protocol may have added, are skipped.
func (r *reader) tuple(what string, n int, read func()) {
	length := r.array(what, math.MaxInt, 1)
	if length < n {
		r.fail("%s: %d elements, at least %d", what, length, n)
	}
	read()
	r.skip(length - n)
}

// uint reads an integer of any width, 0 to maxValue.
func (r *reader) uint(what string, maxValue uint64) uint64 {
	var n uint64
	var err error
	switch c := r.code(what); {
	case c <= msgpcode.PosFixedNumHigh, c >= msgpcode.Uint8 && c <= msgpcode.Uint64:
		n, err = r.dec.DecodeUint64()
	case c >= msgpcode.Int8 && c <= msgpcode.Int64:
		var signed int64
		if signed, err = r.dec.DecodeInt64(); signed < 0 {
			r.fail("%s: negative", what)
		}
		n = uint64(signed)
	default:
		r.fail("%s: not an unsigned integer", what)
	}
	r.check(what, err)
	if n > maxValue {
		r.fail("%s: %d, at most %d", what, n, maxValue)
	}
	if r.err != nil {
		return 0
	}
	return n
}

// float reads a finite number of 0 or more, a float or an integer.
func (r *reader) float(what string) float64 {
	if c := r.code(what); c != msgpcode.Float && c != msgpcode.Double {
		return float64(r.uint(what, math.MaxUint64))
	}
	f, err := r.dec.DecodeFloat64()
	r.check(what, err)
	if math.IsNaN(f) || math.IsInf(f, 0) || f < 0 {
		r.fail("%s: %v is not a finite number of 0 or more", what, f)
		return 0
	}
	return f
}

func (r *reader) bool(what string) bool {
	if c := r.code(what); c != msgpcode.True && c != msgpcode.False {
		r.fail("%s: not a boolean", what)
		return false
	}
	b, err := r.dec.DecodeBool()
	r.check(what, err)
	return b
}

// null consumes a nil if that is the next value.
func (r *reader) null(what string) bool {
	if r.code(what) != msgpcode.Nil || r.err != nil {
		return false
	}
	r.check(what, r.dec.DecodeNil())
	return true
}

// bin reads a bin of at most maxBytes bytes. The result shares the message's memory.
func (r *reader) bin(what string, maxBytes int) []byte {
	if c := r.code(what); c < msgpcode.Bin8 || c > msgpcode.Bin32 {
		r.fail("%s: not a bin", what)
		return nil
	}
	return r.bytes(what, maxBytes)
}

// packed reads a bin of at most maxEntries entries of entryBytes bytes each.
func (r *reader) packed(what string, maxEntries, entryBytes int) []byte {
	b := r.bin(what, maxEntries*entryBytes)
	if len(b)%entryBytes != 0 {
		r.fail("%s: %d bytes are not whole entries of %d", what, len(b), entryBytes)
		return nil
	}
	return b
}

// rawText reads a string of any length, valid UTF-8 or not. The result shares the message's memory.
func (r *reader) rawText(what string) []byte {
	if c := r.code(what); !isText(c) {
		r.fail("%s: not a string", what)
		return nil
	}
	return r.bytes(what, math.MaxInt)
}

// text reads a string of at most maxBytes bytes of UTF-8.
func (r *reader) text(what string, maxBytes int) string {
	b := r.rawText(what)
	if len(b) > maxBytes {
		r.fail("%s: %d bytes, at most %d", what, len(b), maxBytes)
		return ""
	}
	if !utf8.Valid(b) {
		r.fail("%s: not UTF-8", what)
		return ""
	}
	return string(b)
}

func (r *reader) bytes(what string, maxBytes int) []byte {
	n, err := r.dec.DecodeBytesLen()
	r.check(what, err)
	if n > maxBytes {
		r.fail("%s: %d bytes, at most %d", what, n, maxBytes)
	}
	return r.take(what, n)
}

// take consumes n bytes.
func (r *reader) take(what string, n int) []byte {
	if n > r.src.Len() {
		r.fail("%s: the message ends early", what)
	}
	if r.err != nil {
		return nil
	}
	at := len(r.p) - r.src.Len()
	r.src.Reset(r.p[at+n:])
	return r.p[at : at+n : at+n]
}

func isUint(c byte) bool {
	return c <= msgpcode.PosFixedNumHigh || c >= msgpcode.Uint8 && c <= msgpcode.Uint64
}

func isArray(c byte) bool {
	return msgpcode.IsFixedArray(c) || c == msgpcode.Array16 || c == msgpcode.Array32
}

func isText(c byte) bool {
	return msgpcode.IsFixedString(c) || c >= msgpcode.Str8 && c <= msgpcode.Str32
}

// token reads what says who a client is.
func (r *reader) token() string { return r.text("token", MaxToken) }
