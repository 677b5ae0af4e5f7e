package oplog

// Remembered is how many of a session's last op numbers a region remembers, and how far a
// connection lets them run ahead of its oldest unanswered op.
const Remembered = 1024

// opWindow is the highest op number, and a bit for each of the last Remembered numbers: bit i of
// word w stands for high - 64*w - i.
type opWindow struct {
	high uint64
	bits [Remembered / 64]uint64
}

// Verdict is what is known of an op.
type Verdict int

const (
	NeverApplied Verdict = iota
	Applied
	Unsure
)

func (w *opWindow) has(num uint64) Verdict {
	age := w.high - num
	switch {
	case num > w.high:
		return NeverApplied
	case age >= Remembered:
		return Unsure
	case w.bits[age/64]&(1<<(age%64)) != 0:
		return Applied
	}
	return NeverApplied
}

func (w *opWindow) add(num uint64) {
	if num > w.high {
		w.shift(num - w.high)
		w.high = num
	}
	if age := w.high - num; age < Remembered {
		w.bits[age/64] |= 1 << (age % 64)
	}
}

// shift makes every mark n numbers older.
func (w *opWindow) shift(n uint64) {
	if n >= Remembered {
		w.bits = [Remembered / 64]uint64{}
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
