package timelapse

// lzw compresses indices as GIF does. Most of a frame is transparent, so runs of zeros are looked up by
// their length: a 1080p frame with 1,440 changed pixels takes a tenth of what compress/lzw takes
// (BenchmarkLZW).
type lzw struct {
	out   []byte
	bits  uint32 // not yet in out
	count uint   // of them
	width uint   // of a code

	clear, next uint16
	runs        []uint16          // runs[n]: the code of n+1 zeros
	table       [1 << 14]lzwEntry // open addressing: what a code and an index are together
	generation  uint32            // of entries that count
}

type lzwEntry struct {
	generation uint32
	key        uint32 // code << 8 | index
	code       uint16
}

// mostCodes is how many codes are used. GIF has one more, which some decoders don't expect.
const mostCodes = 1<<12 - 1

// encode returns the codes of indices that take up to `literal` bits, until it is called again.
func (l *lzw) encode(indices []byte, literal int) []byte {
	l.out, l.bits, l.count, l.clear = l.out[:0], 0, 0, 1<<literal
	l.width = uint(literal) + 1
	l.emit(l.clear)
	l.reset(uint(literal) + 1)
	for i := 0; i < len(indices); {
		i = l.longest(indices, i, uint(literal)+1)
	}
	l.widen() // whoever reads learns a sequence with the last code too
	l.emit(l.clear + 1)
	if l.count > 0 {
		l.out = append(l.out, byte(l.bits))
	}
	return l.out
}

// longest emits the code of the longest known sequence at i, learns that sequence with the index after
// it, and returns where it ends.
func (l *lzw) longest(indices []byte, i int, first uint) int {
	code := uint16(indices[i])
	run := 0 // zeros that code stands for, if it stands for nothing else
	if code == 0 {
		run = 1
	}
	var slot *lzwEntry
	for i++; i < len(indices); i++ {
		if run > 0 && indices[i] == 0 {
			zeros := 0
			for most := min(len(l.runs)-run, len(indices)-i); zeros < most && indices[i+zeros] == 0; zeros++ {
			}
			if zeros > 0 {
				run += zeros
				code, i = l.runs[run-1], i+zeros-1
				continue
			}
		}
		if slot = l.find(uint32(code)<<8 | uint32(indices[i])); slot.generation != l.generation {
			break
		}
		code, run = slot.code, 0
	}
	l.emit(code)
	if i == len(indices) {
		return i
	}
	l.learn(slot, uint32(code)<<8|uint32(indices[i]), run > 0 && indices[i] == 0, first)
	return i
}

func (l *lzw) learn(slot *lzwEntry, key uint32, run bool, first uint) {
	if l.next == mostCodes {
		l.emit(l.clear)
		l.reset(first)
		return
	}
	*slot = lzwEntry{l.generation, key, l.next}
	if run {
		l.runs = append(l.runs, l.next)
	}
	l.widen()
	l.next++
}

// widen makes codes wider if the next sequence's code needs that.
func (l *lzw) widen() {
	if l.next == 1<<l.width && l.width < 12 {
		l.width++
	}
}

func (l *lzw) find(key uint32) *lzwEntry {
	for at := key * 2654435761 >> 18; ; at = (at + 1) % uint32(len(l.table)) {
		if e := &l.table[at]; e.generation != l.generation || e.key == key {
			return e
		}
	}
}

// reset forgets all sequences.
func (l *lzw) reset(first uint) {
	l.generation++
	l.width, l.next = first, l.clear+2
	l.runs = append(l.runs[:0], 0)
}

func (l *lzw) emit(code uint16) {
	l.bits |= uint32(code) << l.count
	for l.count += l.width; l.count >= 8; l.count -= 8 {
		l.out = append(l.out, byte(l.bits))
		l.bits >>= 8
	}
}
