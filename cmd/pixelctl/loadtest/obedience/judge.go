package obedience

import (
	"fmt"
	"slices"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/rules"
	"pixelplayground/cmd/pixelctl/loadtest/report"
	"pixelplayground/transport/client/wire"
)

// Count is what became of the acts of a kind.
type Count struct {
	Acts      int // that were decided
	Obeyed    int // of them, those that all pods have said they obey
	Tried     int // pixels that were placed although one of them was in force and acknowledged
	Refused   int // of them, by the refusal of this kind
	Otherwise int // refused for another reason
	Silent    int // never answered, since their session was ended
	Recorded  int // pixels in the record that it forbade
}

// Result is what a book says.
type Result struct {
	Kinds  map[rules.Kind]*Count
	Codes  map[canvas.Refusal]int // pixels by how they were refused in the end
	Broken []string               // forbidden pixels that were committed
	Unjust []string               // pixels that were refused without an act that says so
}

// refusedBy is how pixels are refused because of acts of a kind; 0: a book can't judge these.
func refusedBy(kind rules.Kind) canvas.Refusal {
	switch kind {
	case rules.SetFrozen:
		return canvas.RefusedFrozen
	case rules.SetPalette:
		return canvas.RefusedColor
	case rules.Protect:
		return canvas.RefusedProtected
	case rules.Ban:
		return canvas.RefusedBanned
	}
	return 0
}

// Kinds are the kinds of act that a book can judge, in the order of reports.
func Kinds() []rules.Kind {
	return []rules.Kind{rules.Protect, rules.SetPalette, rules.SetFrozen, rules.Ban}
}

// Judge closes the book on pixels. apart is how far the clocks of the servers may be from ours.
//
// Three proofs show that a forbidden pixel was committed after an act was acknowledged and before taking it
// back was asked for. Each holds alone, and a pixel that any of them finds is listed.
//   - By cause: it was sent after the one and acknowledged before the other. That needs only our clock.
//   - By number: any other pixel of its region that was sent after the acknowledgement has a lower number, or
//     its own, so its batch was begun later; and one that was acknowledged before the undo has a higher one. So
//     every pixel of the test marks how far its region was. That needs no clock of a server.
//   - By time: the record has when its batch was begun, by its server's clock, which is in between.
func (b *Book) Judge(apart time.Duration) Result {
	b.mu.Lock()
	defer b.mu.Unlock()
	r := Result{Kinds: make(map[rules.Kind]*Count), Codes: make(map[canvas.Refusal]int)}
	for _, kind := range Kinds() {
		r.Kinds[kind] = new(Count)
	}
	for _, a := range b.acts {
		c := r.Kinds[a.Kind]
		if a.n != 0 {
			c.Acts++
		}
		if !a.obeyed.IsZero() {
			c.Obeyed++
			b.judgeAct(a, apart, &r)
		}
	}
	for n, p := range b.pixels {
		b.judgePixel(n, p, &r)
	}
	slices.Sort(r.Unjust)
	return r
}

// before reports whether a time is not after another; zero is the end of all times.
func before(at, end time.Time) bool { return end.IsZero() || !at.After(end) }

func (b *Book) judgeAct(a *Act, apart time.Duration, r *Result) {
	type span struct{ from, to uint64 }
	sure := make(map[canvas.RegionID]*span) // numbers that were committed while the act was obeyed
	at := func(id canvas.RegionID) *span {
		if sure[id] == nil {
			sure[id] = new(span)
		}
		return sure[id]
	}
	for _, e := range b.entries {
		p := b.pixels[e.n]
		if p == nil {
			continue
		}
		s := at(e.region)
		if !p.placed.Before(a.obeyed) && (s.from == 0 || e.seq < s.from) {
			s.from = e.seq
		}
		if !p.answered.IsZero() && p.why == 0 && before(p.answered, a.undoAsked) {
			s.to = max(s.to, e.seq)
		}
	}
	for _, e := range b.entries {
		p := b.pixels[e.n]
		if p == nil || a.forbids(p) == 0 {
			continue
		}
		s := at(e.region)
		byCause := !p.placed.Before(a.obeyed) && !p.answered.IsZero() && p.why == 0 && before(p.answered, a.undoAsked)
		byNumber := s.from != 0 && e.seq >= s.from && e.seq <= s.to
		byTime := e.time > a.obeyed.Add(apart).UnixMilli() && (a.undoAsked.IsZero() || e.time < a.undoAsked.Add(-apart).UnixMilli())
		if byCause || byNumber || byTime {
			r.Kinds[a.Kind].Recorded++
			r.Broken = append(r.Broken, fmt.Sprintf("%s by %s has number %d in region %d, although act %d (%s) was obeyed by all %s before it was begun: by cause %v, by number %v, by time %v",
				spot(p), p.user.Text(), e.seq, e.region, a.n, a.Kind, report.Span(time.Duration(e.time-a.obeyed.UnixMilli())*time.Millisecond), byCause, byNumber, byTime))
		}
	}
}

func spot(p *pixel) string { return fmt.Sprintf("%s at %d,%d", p.Color, p.X, p.Y) }

// judgePixel counts a pixel, and asks whether its refusal was just.
func (b *Book) judgePixel(n int, p *pixel, r *Result) {
	if p.why != 0 {
		r.Codes[p.why]++
	}
	just := p.why == 0 || wire.Again(p.why)
	counted := false
	for _, a := range b.acts {
		why := a.forbids(p)
		if why == 0 {
			continue
		}
		// It may have been in force from when it was asked for until all had said that it is over.
		just = just || p.why == why && before(a.asked, p.answered) && before(p.placed, a.over)
		if counted || a.obeyed.IsZero() || p.placed.Before(a.obeyed) || !before(p.placed, a.undoAsked) {
			continue
		}
		counted = true
		c := r.Kinds[a.Kind]
		c.Tried++
		switch {
		case p.answered.IsZero():
			c.Silent++
		case p.why == refusedBy(a.Kind):
			c.Refused++
		case p.why != 0:
			c.Otherwise++
		}
	}
	if !just {
		r.Unjust = append(r.Unjust, fmt.Sprintf("pixel %d (%s) was refused with code %d (%s), and no act says so", n, spot(p), p.why, p.why.Text()))
	}
}
