package oplog

import "pixelplayground/actors/canvas"

// Pointers gathers the pointers that move in a region during an interval, and who beckons there. At its end
// each pointer is shown once, where it is by then. A relay gathers those of its pod for the region, and the
// region those of all pods for its relays. Nobody relies on either: they may get lost.
type Pointers struct {
	most    int // that wait
	moved   map[canvas.Author]canvas.Pointer
	beckons []canvas.Pointer
}

// PointersAtOnce bounds how many pointers are shown in a region in one interval, however many pods
// there are. At 10 bytes each and 20 intervals a second that is 13 KB/s for each viewer, whatever the
// crowd.
const PointersAtOnce = 64

// BeckonsAtOnce bounds likewise how many beckon in a region in one interval. Those who come later are not
// shown: where so many do, one more is not seen either.
const BeckonsAtOnce = 4

// NewPointers lets at most so many pointers wait.
func NewPointers(most int) Pointers {
	return Pointers{most: most, moved: make(map[canvas.Author]canvas.Pointer)}
}

// Add takes pointers that have moved, and reports whether an interval begins with them. The caller calls
// Take at its end.
func (p *Pointers) Add(moved ...canvas.Pointer) (begins bool) {
	begins = p.none() && len(moved) > 0
	for _, m := range moved {
		if _, known := p.moved[m.Author]; known || len(p.moved) < p.most {
			p.moved[m.Author] = m
		}
	}
	return begins
}

// Beckon takes who beckons where, and reports whether an interval begins with them, as Add does.
func (p *Pointers) Beckon(places ...canvas.Pointer) (begins bool) {
	begins = p.none() && len(places) > 0
	p.beckons = append(p.beckons, places[:min(len(places), BeckonsAtOnce-len(p.beckons))]...)
	return begins
}

func (p *Pointers) none() bool { return len(p.moved) == 0 && len(p.beckons) == 0 }

// Take removes the pointers to show now, and who beckons. If more are left, they wait for the end of the next
// interval.
func (p *Pointers) Take() (now, beckons []canvas.Pointer, more bool) {
	beckons, p.beckons = p.beckons, nil
	now = make([]canvas.Pointer, 0, min(len(p.moved), PointersAtOnce))
	for author, m := range p.moved {
		if len(now) == PointersAtOnce {
			return now, beckons, true
		}
		now = append(now, m)
		delete(p.moved, author)
	}
	return now, beckons, false
}
