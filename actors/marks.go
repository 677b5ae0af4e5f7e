package actors

// remembered is how many of a session's last op numbers a region knows of, and how far a
// connection lets them run ahead of its oldest op unanswered.
const remembered = 4 * Window

// marks is the highest op number and a bit for each of the remembered numbers up to it:
// bit i of word w stands for high - 64*w - i.
type marks struct {
	high uint64
	bits [remembered / 64]uint64
}

// had is what is known of an op.
type had int

const (
	hadNot had = iota
	hadIt
	hadMaybe
)

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
