package rules

import (
	"fmt"
	"iter"
	"strconv"
	"strings"
)

// Head names an act and, by its hash, all before it: who notes it can tell later whether they are still
// the same.
type Head struct {
	N    uint64 // 0: there is no act
	Hash string
}

// String is "N:HASH".
func (h Head) String() string { return strconv.FormatUint(h.N, 10) + ":" + h.Hash }

// ParseHead reads what String wrote.
func ParseHead(text string) (Head, error) {
	number, hash, _ := strings.Cut(text, ":")
	n, err := strconv.ParseUint(number, 10, 64)
	h := Head{n, strings.ToLower(hash)}
	if digits := strings.Trim(h.Hash, "0123456789abcdef"); err != nil || digits != "" || len(h.Hash) != 64 && n > 0 || h.Hash != "" && n == 0 {
		return Head{}, invalid("head %q: must be like 12:…, the number of an act and the 64 digits of its hash", text)
	}
	return h, nil
}

// Broken is the first link of a chain that does not hold.
type Broken struct {
	N   uint64 // of the act
	Why string
}

func (b *Broken) Error() string { return fmt.Sprintf("the chain is broken at act %d: %s", b.N, b.Why) }

// Verify goes through stored acts, from the first on, and returns the head of the chain that they are.
// An error that is a *Broken names the first link that does not hold; others are those of acts. known
// is a head that was noted before, or the zero Head: what came up to it must be there, and be the same.
func Verify(acts iter.Seq2[[]byte, error], known Head) (Head, error) {
	var head Head
	for stored, err := range acts {
		if err != nil {
			return head, err
		}
		var link link
		n := head.N + 1
		switch err := link.read(stored); {
		case err != nil:
			return head, &Broken{n, "it was changed: " + strings.TrimPrefix(err.Error(), ErrInvalid.Error()+": ")}
		case link.N > n:
			return head, &Broken{n, fmt.Sprintf("it is missing, act %d stands in its place", link.N)}
		case link.N < n:
			return head, &Broken{n, fmt.Sprintf("act %d stands in its place, out of order or a second time", link.N)}
		case link.Before != head.Hash && n == 1:
			return head, &Broken{n, "it was changed, since it follows another"}
		case link.Before != head.Hash:
			return head, &Broken{n, fmt.Sprintf("act %d before it was changed, or it was itself: %s is not the hash it has noted", head.N, head.Hash)}
		}
		head = Head{n, Hash(stored)}
		if n == known.N && head.Hash != known.Hash {
			return head, &Broken{n, fmt.Sprintf("it was changed, or an act before it: its hash is %s and was %s", head.Hash, known.Hash)}
		}
	}
	if head.N < known.N {
		return head, &Broken{head.N + 1, fmt.Sprintf("it is missing, as are all up to act %d, which was noted before", known.N)}
	}
	return head, nil
}
