package rules

import (
	"math/bits"

	"pixelplayground/actors/canvas"
)

// palette is a set of colours: a hash table with open addressing, half empty at least.
type palette struct {
	act   *Act
	slots []uint32 // colour + 1; 0: free
	shift int      // bits of a hash that do not number a slot
}

// newPalette makes the set of an act; nil for any colour.
func newPalette(act *Act) *palette {
	if act == nil || len(act.Colors) == 0 {
		return nil
	}
	width := bits.Len(uint(2*len(act.Colors) - 1))
	p := &palette{act: act, slots: make([]uint32, 1<<width), shift: 32 - width}
	for _, c := range act.Colors {
		p.slots[p.find(c)] = uint32(c) + 1
	}
	return p
}

// find is the slot of a colour, or the one that is free for it.
func (p *palette) find(c canvas.Color) int {
	const golden = 2654435769 // 2^32 by the golden ratio, as Knuth recommends (6.4)
	slot := int(uint32(c) * golden >> p.shift)
	for p.slots[slot] != 0 && p.slots[slot] != uint32(c)+1 {
		slot = (slot + 1) % len(p.slots)
	}
	return slot
}

func (p *palette) has(c canvas.Color) bool { return p.slots[p.find(c)] != 0 }
