package ledger

import (
	"slices"
	"sort"
)

// Span is the numbers From+1 to To, as a frame covers them.
type Span struct {
	From uint64
	To   uint64
}

// Spans is a set of numbers. Its spans are sorted and disjoint, and no two touch. Most sets here
// grow at their end, which takes constant time.
type Spans []Span

// Add adds the numbers from+1 to to, and returns how many of them are new.
func (s *Spans) Add(from, to uint64) (fresh uint64) {
	if from >= to {
		return 0
	}
	set := *s
	if n := len(set); n == 0 || set[n-1].To < from {
		*s = append(set, Span{from, to})
		return to - from
	}
	// The spans from first up to, but not including, last touch the new one.
	first := sort.Search(len(set), func(i int) bool { return set[i].To >= from })
	last, known := first, uint64(0)
	joined := Span{from, to}
	for ; last < len(set) && set[last].From <= to; last++ {
		known += min(set[last].To, to) - max(set[last].From, from)
		joined.From, joined.To = min(joined.From, set[last].From), max(joined.To, set[last].To)
	}
	if last == first+1 {
		set[first] = joined
	} else {
		*s = slices.Replace(set, first, last, joined)
	}
	return to - from - known
}

// remove removes the numbers from+1 to to, and returns how many of them were in the set.
func (s *Spans) remove(from, to uint64) (gone uint64) {
	if from >= to {
		return 0
	}
	set := *s
	first := sort.Search(len(set), func(i int) bool { return set[i].To > from })
	last := first
	var rest []Span
	for ; last < len(set) && set[last].From < to; last++ {
		p := set[last]
		gone += min(p.To, to) - max(p.From, from)
		if p.From < from {
			rest = append(rest, Span{p.From, from})
		}
		if p.To > to {
			rest = append(rest, Span{to, p.To})
		}
	}
	if last > first {
		*s = slices.Replace(set, first, last, rest...)
	}
	return gone
}

// size counts the numbers in the set.
func (s Spans) size() (n uint64) {
	for _, p := range s {
		n += p.To - p.From
	}
	return n
}
