package codec

import (
	"math"

	"github.com/vmihailenco/msgpack/v5/msgpcode"
)

// meaningless is the one code that MessagePack never uses.
const meaningless = 0xC1

// skip passes over n values of any kind, however deeply they are nested: each takes at
// least a byte, so the message's length bounds the work.
func (r *reader) skip(n int) {
	const what = "element"
	for ; n > 0 && r.err == nil; n-- {
		c := r.code(what)
		switch {
		case isArray(c):
			inner, err := r.dec.DecodeArrayLen()
			r.check(what, err)
			n += inner
		case msgpcode.IsFixedMap(c), c == msgpcode.Map16, c == msgpcode.Map32:
			inner, err := r.dec.DecodeMapLen()
			r.check(what, err)
			n += 2 * inner
		case isText(c), c >= msgpcode.Bin8 && c <= msgpcode.Bin32:
			r.bytes(what, math.MaxInt)
		case msgpcode.IsExt(c):
			_, size, err := r.dec.DecodeExtHeader()
			r.check(what, err)
			r.take(what, size)
		case c == meaningless:
			r.fail("%s: code %#x has no meaning", what, c)
		default:
			r.take(what, scalarBytes(c))
		}
	}
}

// scalarBytes returns the size of a value that has no length of its own.
func scalarBytes(c byte) int {
	switch c {
	case msgpcode.Uint8, msgpcode.Int8:
		return 2
	case msgpcode.Uint16, msgpcode.Int16:
		return 3
	case msgpcode.Uint32, msgpcode.Int32, msgpcode.Float:
		return 5
	case msgpcode.Uint64, msgpcode.Int64, msgpcode.Double:
		return 9
	}
	return 1 // nil, the booleans and the small integers
}
