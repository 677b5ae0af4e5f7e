package timelapse

import "slices"

// bitWriter packs numbers into bytes, lowest bits first.
type bitWriter struct {
	out  []byte
	bits uint64
	n    uint // how many of bits are in use: less than 8 between calls
}

func (w *bitWriter) put(value uint32, n uint) {
	w.bits |= uint64(value) << w.n
	for w.n += n; w.n >= 8; w.n -= 8 {
		w.out = append(w.out, byte(w.bits))
		w.bits >>= 8
	}
}

// end returns all that was put, and begins anew.
func (w *bitWriter) end() []byte {
	if w.n > 0 {
		w.put(0, 8-w.n)
	}
	out := w.out
	w.out = w.out[:0]
	return out
}

// prefixCode is a canonical Huffman code: for each symbol how long its code is (0: it has none), and its bits in the order in which
// they are put.
type prefixCode struct {
	lengths []uint8
	codes   []uint16
}

// newPrefixCode makes a code, with no symbol longer than most bits, for symbols that are used so often. It is for two symbols at least:
// where fewer are used, others take part.
func newPrefixCode(counts []uint32, most int) prefixCode {
	weights := slices.Clone(counts)
	for used, i := inUse(counts), 0; used < 2; i++ {
		if weights[i] == 0 {
			weights[i] = 1
			used++
		}
	}
	p := prefixCode{lengths: make([]uint8, len(counts)), codes: make([]uint16, len(counts))}
	for !p.measure(weights, most) { // flatter weights have shorter codes
		for i, n := range weights {
			weights[i] = (n + 1) / 2
		}
	}
	p.number()
	return p
}

// inUse is how many symbols there are.
func inUse(counts []uint32) (n int) {
	for _, count := range counts {
		if count > 0 {
			n++
		}
	}
	return n
}

// measure works out the lengths, by Huffman's algorithm. It returns false if one has more than most bits.
func (p *prefixCode) measure(weights []uint32, most int) bool {
	type node struct {
		weight uint64
		parent int
	}
	var leaves []int // symbols
	for symbol, n := range weights {
		if n > 0 {
			leaves = append(leaves, symbol)
		}
	}
	slices.SortStableFunc(leaves, func(a, b int) int { return int(int64(weights[a]) - int64(weights[b])) })
	nodes := make([]node, 0, 2*len(leaves))
	for _, symbol := range leaves {
		nodes = append(nodes, node{weight: uint64(weights[symbol])})
	}
	// Leaves and inner nodes both come in order of weight, so the two lightest are in front.
	leaf, inner := 0, len(leaves)
	lightest := func() (least int) {
		if leaf < len(leaves) && (inner == len(nodes) || nodes[leaf].weight <= nodes[inner].weight) {
			leaf++
			return leaf - 1
		}
		inner++
		return inner - 1
	}
	for range len(leaves) - 1 {
		a, b := lightest(), lightest()
		nodes[a].parent, nodes[b].parent = len(nodes), len(nodes)
		nodes = append(nodes, node{weight: nodes[a].weight + nodes[b].weight})
	}
	depths := make([]int, len(nodes))
	for i := len(nodes) - 2; i >= 0; i-- {
		depths[i] = depths[nodes[i].parent] + 1
		if i < len(leaves) {
			if depths[i] > most {
				return false
			}
			p.lengths[leaves[i]] = uint8(depths[i])
		}
	}
	return true
}

// number gives the codes of each length, in order of symbols, the numbers that follow those of the shorter ones.
func (p *prefixCode) number() {
	next := uint16(0)
	for length := uint8(1); length <= 15; length++ {
		for symbol, l := range p.lengths {
			if l != length {
				continue
			}
			reversed := uint16(0) // a decoder reads the highest bit first
			for bit := range length {
				reversed |= next >> bit & 1 << (length - 1 - bit)
			}
			p.codes[symbol] = reversed
			next++
		}
		next <<= 1
	}
}
