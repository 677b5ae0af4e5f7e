package contend

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"pixelplayground/actors/canvas"
)

// explain returns what the server's own order can't explain in one spot's history. There are no
// faults if, with the writes in the order of their numbers, each operation can be given a moment
// between its beginning and its end so that every read shows the write before it. known is false if
// a write has no number, so that its place in the order is unknown.
//
// With the order of writes fixed, this takes no search. Each write is given the earliest moment
// that is after the write before it, after its own beginning, and after the beginnings of the reads
// that still show an earlier write. It fails if that moment is after the write's own end, or after
// the end of a read that shows it.
func explain(initial canvas.Color, writes []*write, reads []look, spot int, stale time.Duration) (faults []string, known bool) {
	steps, ranks, known := numbered(initial, writes, reads, spot)
	if !known {
		return nil, false
	}
	for _, r := range reads {
		if r.spot != spot {
			continue
		}
		rank, ok := ranks[r.color]
		if !ok {
			faults = append(faults, fmt.Sprintf("client %d read %v at %v (%s), which nobody wrote", r.client, r.color, r.ended, r.how))
			continue
		}
		steps[rank].reads = append(steps[rank].reads, r)
	}
	return append(faults, fit(steps, stale)...), true
}

// step is a write, and the reads that show it. The first step is how the pixel was before.
type step struct {
	write *write // nil for the first step
	reads []look
}

// numbered puts the writes in order, and returns the rank of each colour.
func numbered(initial canvas.Color, writes []*write, reads []look, spot int) (steps []step, ranks map[canvas.Color]int, known bool) {
	steps, ranks = []step{{}}, map[canvas.Color]int{initial: 0}
	for _, w := range writes {
		switch {
		case w.spot != spot || w.seq == 0 && w.at > 0 && w.why != 0:
		case w.seq > 0:
			steps = append(steps, step{write: w})
		case w.at > 0, slices.ContainsFunc(reads, func(r look) bool { return r.spot == spot && r.color == w.color }):
			return nil, nil, false // it happened, but nobody knows when
		}
	}
	slices.SortFunc(steps[1:], func(a, b step) int { return cmp.Compare(a.write.seq, b.write.seq) })
	for rank, s := range steps[1:] {
		ranks[s.write.color] = rank + 1
	}
	return steps, ranks, true
}

// fit gives every write its moment, and reports each write for which there is none.
func fit(steps []step, stale time.Duration) (faults []string) {
	moment, because := time.Duration(0), "the test began"
	after := func(at time.Duration, why func() string) {
		if at > moment {
			moment, because = at, why()
		}
	}
	for rank, s := range steps {
		if w := s.write; w != nil {
			after(w.call, func() string { return fmt.Sprintf("client %d began to write %v", w.client, w.color) })
			if w.at > 0 && w.at < moment {
				faults = append(faults, fmt.Sprintf("%v (number %d) was acknowledged at %v, but at %v %s", w.color, w.seq, w.at, moment, because))
			}
		}
		for _, r := range s.reads {
			if r.ended < moment {
				faults = append(faults, fmt.Sprintf("client %d had read %v by %v (%s), but at %v %s", r.client, r.color, r.ended, r.how, moment, because))
			}
		}
		if rank+1 < len(steps) {
			for _, r := range s.reads {
				after(r.begun-stale, func() string {
					return fmt.Sprintf("client %d, at the earliest, read %v (%s)", r.client, r.color, r.how)
				})
			}
		}
	}
	return faults
}
