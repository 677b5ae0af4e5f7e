package timelapse

import (
	"encoding/binary"
	"math/bits"
)

// packer packs pictures as a lossless WebP has them (RFC 9649, chapter 3), out of what pixel art needs: copies of what is to the left
// and above, and the colours used last. There is no library in Go that does it and is kept.
type packer struct {
	tokens []token
	recent [1 << recentBits]uint32 // colours, as they are numbered in the format
	to     bitWriter
}

const (
	recentBits = 8
	// longestCopy is how many pixels one token may copy.
	longestCopy  = 4096
	lengthCodes  = 24
	distances    = 40
	longestCode  = 15 // bits
	metaCodes    = 19
	longestMeta  = 7 // bits
	shortestCopy = 3 // pixels: fewer are no longer as recent colours
)

// token is one or more pixels of a picture.
type token struct {
	value  uint32 // a colour; a number in recent; how far away the copied pixels are, as the format numbers it
	length uint16 // of a copy
	kind   kind
}

type kind uint8

const (
	literal kind = iota
	known
	copied
)

// How the format numbers distances: the nearest have numbers of their own.
const (
	above  = 1
	toLeft = 2
)

// pack returns a picture as the content of a chunk "VP8L". rgba has four bytes a pixel, row by row. What is returned is valid until
// the next call.
func (v *packer) pack(rgba []byte, width, height int) []byte {
	v.tokenize(rgba, width)
	w := &v.to
	w.put(0x2F, 8)
	w.put(uint32(width-1), 14)
	w.put(uint32(height-1), 14)
	w.put(1, 1) // some pixels are transparent
	w.put(0, 3) // version
	w.put(0, 1) // no transformation
	w.put(1, 1) // recent colours
	w.put(recentBits, 4)
	w.put(0, 1) // one set of codes for all of the picture
	codes := v.codes()
	for i := range codes {
		codes[i].write(w)
	}
	for _, t := range v.tokens {
		switch t.kind {
		case literal:
			a, r, g, b := t.value>>24, t.value>>16&0xFF, t.value>>8&0xFF, t.value&0xFF
			for i, part := range [...]uint32{g, r, b, a} {
				codes[i].put(w, int(part))
			}
		case known:
			codes[0].put(w, 256+lengthCodes+int(t.value))
		case copied:
			symbol, extra, n := prefixOf(uint32(t.length))
			codes[0].put(w, 256+symbol)
			w.put(extra, n)
			symbol, extra, n = prefixOf(t.value)
			codes[4].put(w, symbol)
			w.put(extra, n)
		}
	}
	return w.end()
}

// tokenize finds the tokens of a picture.
func (v *packer) tokenize(rgba []byte, width int) {
	v.tokens = v.tokens[:0]
	clear(v.recent[:])
	n := len(rgba) / 4
	for i := 0; i < n; {
		length, from := 0, uint32(toLeft)
		if i > 0 {
			length = same(rgba, i, i-1)
		}
		if i >= width && length < longestCopy {
			if up := same(rgba, i, i-width); up > length {
				length, from = up, above
			}
		}
		if length >= shortestCopy {
			v.tokens = append(v.tokens, token{from, uint16(length), copied})
			if from == above { // what is to the left was used last anyway
				for at := i; at < i+length; at++ {
					v.use(argb(rgba, at))
				}
			}
			i += length
			continue
		}
		c := argb(rgba, i)
		if number := v.use(c); number >= 0 {
			v.tokens = append(v.tokens, token{uint32(number), 1, known})
		} else {
			v.tokens = append(v.tokens, token{c, 1, literal})
		}
		i++
	}
}

func argb(rgba []byte, at int) uint32 {
	return bits.RotateLeft32(binary.BigEndian.Uint32(rgba[4*at:]), -8)
}

// same is how many pixels from one on are as those from another on.
func same(rgba []byte, at, other int) int {
	a, b := rgba[4*at:], rgba[4*other:]
	if len(a) > 4*longestCopy {
		a = a[:4*longestCopy]
	}
	i := 0
	for ; i+8 <= len(a) && binary.LittleEndian.Uint64(a[i:]) == binary.LittleEndian.Uint64(b[i:]); i += 8 {
	}
	if i+4 <= len(a) && binary.LittleEndian.Uint32(a[i:]) == binary.LittleEndian.Uint32(b[i:]) {
		i += 4
	}
	return i / 4
}

// use makes a colour one of the recent ones, and returns its number if it was one; -1: it was not.
func (v *packer) use(color uint32) int {
	number := color * 0x1E35A7BD >> (32 - recentBits)
	if v.recent[number] == color {
		return int(number)
	}
	v.recent[number] = color
	return -1
}

// codes makes the codes for the tokens: for green, lengths and recent colours together, then for red, blue, alpha and distances.
func (v *packer) codes() [5]prefixCode {
	var counts [5][]uint32
	for i, size := range [...]int{256 + lengthCodes + len(v.recent), 256, 256, 256, distances} {
		counts[i] = make([]uint32, size)
	}
	for _, t := range v.tokens {
		switch t.kind {
		case literal:
			counts[0][t.value>>8&0xFF]++
			counts[1][t.value>>16&0xFF]++
			counts[2][t.value&0xFF]++
			counts[3][t.value>>24]++
		case known:
			counts[0][256+lengthCodes+t.value]++
		case copied:
			symbol, _, _ := prefixOf(uint32(t.length))
			counts[0][256+symbol]++
			symbol, _, _ = prefixOf(t.value)
			counts[4][symbol]++
		}
	}
	var codes [5]prefixCode
	for i := range codes {
		codes[i] = newPrefixCode(counts[i], longestCode)
	}
	return codes
}

// prefixOf is how the format writes lengths and distances, from 1 on: a symbol, and the bits that are behind it.
func prefixOf(n uint32) (symbol int, extra uint32, size uint) {
	n--
	if n < 4 {
		return int(n), 0, 0
	}
	high := uint(bits.Len32(n)) - 1
	size = high - 1
	return int(2*high + uint(n>>size&1)), n & (1<<size - 1), size
}

func (p *prefixCode) put(w *bitWriter, symbol int) {
	w.put(uint32(p.codes[symbol]), uint(p.lengths[symbol]))
}

// metaOrder is the order in which the format has the lengths of the code that lengths are written with.
var metaOrder = [metaCodes]int{17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}

// write writes the lengths of a code, which tell a decoder all of it. They have a code of their own, in which 17 and 18 are runs of
// symbols that are not used.
func (p *prefixCode) write(w *bitWriter) {
	type run struct {
		symbol int
		extra  uint32
		size   uint
	}
	var runs []run
	for i := 0; i < len(p.lengths); {
		zeros := 0
		for i+zeros < len(p.lengths) && zeros < 138 && p.lengths[i+zeros] == 0 {
			zeros++
		}
		switch {
		case zeros > 10:
			runs = append(runs, run{18, uint32(zeros - 11), 7})
		case zeros > 2:
			runs = append(runs, run{17, uint32(zeros - 3), 3})
		default:
			zeros = 1
			runs = append(runs, run{symbol: int(p.lengths[i])})
		}
		i += zeros
	}
	counts := make([]uint32, metaCodes)
	for _, r := range runs {
		counts[r.symbol]++
	}
	meta := newPrefixCode(counts, longestMeta)
	w.put(0, 1) // not one of the simple codes
	w.put(metaCodes-4, 4)
	for _, symbol := range metaOrder {
		w.put(uint32(meta.lengths[symbol]), 3)
	}
	w.put(0, 1) // the lengths of all symbols follow
	for _, r := range runs {
		meta.put(w, r.symbol)
		w.put(r.extra, r.size)
	}
}
