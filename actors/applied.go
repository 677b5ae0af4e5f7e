package actors

import "pixelplayground/actors/canvas"

// appliedAuthors bounds each of the two generations of applied: between 8,192 and
// 16,384 authors of one region are remembered, about 2.5 MB.
const appliedAuthors = 8192

// remembered is how many of an author's last op numbers a region knows of, and how far a
// connection lets them run ahead of its oldest op unanswered.
const remembered = 4 * Window

// applied remembers which ops a region has had (I4): per author the highest number and
// which of the remembered-1 numbers before it. Of an op older than that nothing is known: it
// can be neither applied (it may be a repetition) nor acknowledged (it may not).
//
// Authors are forgotten by generation: when the young one is full it becomes the old
// one, and the old one is dropped.
type applied struct {
	young, old map[canvas.Author]marks
}

// marks is the highest op number and a bit for each of the remembered numbers up to it:
// bit i of word w stands for high - 64*w - i.
type marks struct {
	high uint64
	bits [remembered / 64]uint64
}

func newApplied() applied {
	return applied{young: make(map[canvas.Author]marks)}
}

// had is what is known of an op.
type had int

const (
	hadNot had = iota
	hadIt
	hadMaybe
)

func (a *applied) has(id canvas.OpID) had {
	m, ok := a.young[id.Author]
	if !ok {
		if m, ok = a.old[id.Author]; !ok {
			return hadNot
		}
	}
	return m.has(id.Num)
}

func (a *applied) add(id canvas.OpID) {
	m, ok := a.young[id.Author]
	if !ok {
		m = a.old[id.Author]
		if len(a.young) >= appliedAuthors {
			a.young, a.old = make(map[canvas.Author]marks), a.young
		}
	}
	m.add(id.Num)
	a.young[id.Author] = m
}

// addBatches adds every op of a log.
func (a *applied) addBatches(batches []*canvas.Batch) {
	for _, b := range batches {
		for i := range b.Ops {
			a.add(b.Ops[i].ID)
		}
	}
}

func (m *marks) has(num uint64) had {
	age := m.high - num
	switch {
	case num > m.high:
		return hadNot
	case age >= remembered:
		return hadMaybe
	case m.bits[age/64]&(1<<(age%64)) != 0:
		return hadIt
	}
	return hadNot
}

func (m *marks) add(num uint64) {
	if num > m.high {
		m.shift(num - m.high)
		m.high = num
	}
	if age := m.high - num; age < remembered {
		m.bits[age/64] |= 1 << (age % 64)
	}
}

// shift makes every mark n numbers older.
func (m *marks) shift(n uint64) {
	if n >= remembered {
		m.bits = [remembered / 64]uint64{}
		return
	}
	words, bits := int(n/64), n%64
	for w := len(m.bits) - 1; w >= 0; w-- {
		var v uint64
		if from := w - words; from >= 0 {
			v = m.bits[from] << bits
			if bits > 0 && from > 0 {
				v |= m.bits[from-1] >> (64 - bits)
			}
		}
		m.bits[w] = v
	}
}
