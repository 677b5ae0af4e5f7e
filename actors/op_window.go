package actors

// remembered is how many of a session's last op numbers a region remembers, and how far a
// connection lets them run ahead of its oldest unanswered op.
const remembered = 4 * Window

// opWindow is the highest op number, and a bit for each of the last remembered numbers: bit i of
// word w stands for high - 64*w - i.
type opWindow struct {
	high uint64
	bits [remembered / 64]uint64
}

// verdict is what is known of an op.
type verdict int

const (
	opNew verdict = iota
	opApplied
	opUnsure
)

func (w *opWindow) has(num uint64) verdict {
	age := w.high - num
	switch {
	case num > w.high:
		return opNew
	case age >= remembered:
		return opUnsure
	case w.bits[age/64]&(1<<(age%64)) != 0:
		return opApplied
	}
	return opNew
}

func (w *opWindow) add(num uint64) {
	if num > w.high {
		w.shift(num - w.high)
		w.high = num
	}
	if age := w.high - num; age < remembered {
		w.bits[age/64] |= 1 << (age % 64)
	}
}

// shift makes every mark n numbers older.
func (w *opWindow) shift(n uint64) {
	if n >= remembered {
		w.bits = [remembered / 64]uint64{}
		return
	}
	words, bits := int(n/64), n%64
	for i := len(w.bits) - 1; i >= 0; i-- {
		var v uint64
		if from := i - words; from >= 0 {
			v = w.bits[from] << bits
			if bits > 0 && from > 0 {
				v |= w.bits[from-1] >> (64 - bits)
			}
		}
		w.bits[i] = v
	}
}
