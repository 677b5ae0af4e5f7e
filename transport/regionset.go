package transport

import (
	"encoding/binary"
	"iter"
	"math/bits"
	"slices"

	"pixelplayground/actors/canvas"
)

// regionSet is a set of regions, a bit each: at most 512 bytes on the largest canvas.
type regionSet []uint64

func newRegionSet(regions int) regionSet { return make(regionSet, (regions+63)/64) }

func (s regionSet) has(r canvas.RegionID) bool { return s[r/64]&(1<<(r%64)) != 0 }
func (s regionSet) add(r canvas.RegionID)      { s[r/64] |= 1 << (r % 64) }
func (s regionSet) remove(r canvas.RegionID)   { s[r/64] &^= 1 << (r % 64) }
func (s regionSet) clone() regionSet           { return slices.Clone(s) }

// all yields the regions in rising order.
func (s regionSet) all() iter.Seq[canvas.RegionID] {
	return func(yield func(canvas.RegionID) bool) {
		for i, word := range s {
			for ; word != 0; word &= word - 1 {
				if !yield(canvas.RegionID(64*i + bits.TrailingZeros64(word))) {
					return
				}
			}
		}
	}
}

// key is the same for two sets if and only if they are equal.
func (s regionSet) key() string {
	b := make([]byte, 0, 8*len(s))
	for _, word := range s {
		b = binary.LittleEndian.AppendUint64(b, word)
	}
	return string(b)
}
