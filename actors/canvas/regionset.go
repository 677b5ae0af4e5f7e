package canvas

import (
	"encoding/binary"
	"iter"
	"math/bits"
	"slices"
)

// RegionSet is a set of regions, a bit each: at most 512 bytes on the largest canvas.
type RegionSet []uint64

// NewRegionSet makes an empty set for a canvas of so many regions.
func NewRegionSet(regions int) RegionSet { return make(RegionSet, (regions+63)/64) }

// Has reports whether a region is in the set.
func (s RegionSet) Has(r RegionID) bool { return s[r/64]&(1<<(r%64)) != 0 }

// Add and Remove change the set itself.
func (s RegionSet) Add(r RegionID)    { s[r/64] |= 1 << (r % 64) }
func (s RegionSet) Remove(r RegionID) { s[r/64] &^= 1 << (r % 64) }

// Clone is a set of its own with the same regions.
func (s RegionSet) Clone() RegionSet { return slices.Clone(s) }

// All yields the regions in rising order.
func (s RegionSet) All() iter.Seq[RegionID] {
	return func(yield func(RegionID) bool) {
		for i, word := range s {
			for ; word != 0; word &= word - 1 {
				if !yield(RegionID(64*i + bits.TrailingZeros64(word))) {
					return
				}
			}
		}
	}
}

// Key is the same for two sets if and only if they are equal.
func (s RegionSet) Key() string {
	b := make([]byte, 0, 8*len(s))
	for _, word := range s {
		b = binary.LittleEndian.AppendUint64(b, word)
	}
	return string(b)
}
