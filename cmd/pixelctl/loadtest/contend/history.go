package contend

import (
	"math"
	"time"

	"github.com/anishathalye/porcupine"

	"pixelplayground/actors/canvas"
	"pixelplayground/cmd/pixelctl/loadtest/report"
)

// history is what was done and seen. It is guarded by Test.mu.
type history struct {
	initial   []canvas.Color // of each spot
	reads     []look
	unread    int      // reads that failed
	foreign   int      // pixels on the spots that others painted
	conflicts []string // disagreements about what clients saw
}

// look is a read.
type look struct {
	spot, client int
	how          string // "replica" or "http"
	color        canvas.Color
	begun, ended time.Duration
}

func (h *history) disagree(text string) {
	if len(h.conflicts) < report.MaxDetail {
		h.conflicts = append(h.conflicts, text)
	}
}

// cell is an operation on the register of one pixel: to write a colour, or to read it. An operation
// with a rank has a fixed place in the order; the others may happen whenever their times allow.
type cell struct {
	write bool
	color canvas.Color
	rank  int // of this write, or of the write that this read shows; 0: unknown
	reads int // how many reads of rank-1 come before this write
}

// cellState is the register's state: its colour, the rank of the last write that has a rank, and
// how many reads have shown that write.
type cellState struct {
	color canvas.Color
	rank  int
	reads int
}

// register is the model of a pixel: it shows what was written last. Writes happen in the order of
// their numbers, because only the order that all clients were shown may explain what they saw. That
// also keeps the search short; for writes in any order it takes exponential time.
func register(initial canvas.Color) porcupine.Model {
	return porcupine.Model{
		Init: func() any { return cellState{color: initial} },
		Step: func(state, input, output any) (bool, any) {
			s, in := state.(cellState), input.(cell)
			switch {
			case !in.write:
				if in.rank > 0 {
					s.reads++
				}
				return s.color == output && (in.rank == 0 || in.rank == s.rank), s
			case in.rank == 0:
				return true, cellState{color: in.color, rank: s.rank, reads: s.reads}
			}
			return in.rank == s.rank+1 && in.reads == s.reads, cellState{color: in.color, rank: in.rank}
		},
		Equal: func(a, b any) bool { return a == b },
		Hash: func(state any) uint64 {
			s := state.(cellState)
			return uint64(s.reads)<<48 | uint64(s.rank)<<24 | uint64(s.color)
		},
	}
}

// operations are what was done to one spot. A read may show a state that is up to stale old, so it
// counts as having begun that much earlier. A write without an answer may take effect at any later
// time or never; never is the same as after everything else. If every write has a number, the
// writes are ranked.
func operations(initial canvas.Color, writes []*write, reads []look, spot int, stale time.Duration) (ops []porcupine.Operation) {
	_, ranks, known := numbered(initial, writes, reads, spot)
	shown := make(map[int]int) // by rank
	for _, r := range reads {
		if r.spot != spot {
			continue
		}
		in := cell{color: r.color}
		if known {
			in.rank = ranks[r.color]
			shown[in.rank]++
		}
		ops = append(ops, porcupine.Operation{
			ClientId: r.client, Input: in, Output: r.color, Call: int64(r.begun - stale), Return: int64(r.ended),
		})
	}
	for _, w := range writes {
		if w.spot != spot || w.at > 0 && w.why != 0 {
			continue
		}
		in, end := cell{write: true, color: w.color}, int64(math.MaxInt64)
		if w.at > 0 {
			end = int64(w.at)
		}
		if known && w.seq > 0 {
			in.rank = ranks[w.color]
			if in.rank > 1 {
				in.reads = shown[in.rank-1]
			}
		}
		ops = append(ops, porcupine.Operation{ClientId: w.client, Input: in, Call: int64(w.call), Return: end})
	}
	return ops
}
