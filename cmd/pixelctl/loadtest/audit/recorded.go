package audit

import (
	"fmt"

	"pixelplayground/actors/canvas"
	"pixelplayground/cmd/pixelctl/loadtest/report"
)

// Entry is a pixel in the record.
type Entry struct {
	Region canvas.RegionID
	Seq    uint64
	X, Y   uint16
	Color  canvas.Color
	User   canvas.Author
}

// book is what the record has of a region since the beginning.
type book struct {
	first, to uint64 // after first, up to here
	wrong     bool   // one fault is enough: what follows is wrong too
}

// books is what the record has of a test.
type books struct {
	regions []book
	times   map[int]int // by number of the pixel
	pixels  int
	faults  faults
	wrong   int
}

func (b *books) fault(format string, values ...any) {
	b.wrong++
	b.faults.add(format, values...)
}

// Recorded takes the pixels of the record, those of a region in their order. Those from before the
// beginning do not count.
func (a *Audit) Recorded(p Entry) {
	a.mu.Lock()
	defer a.mu.Unlock()
	b := &a.books
	at := &b.regions[p.Region]
	if p.Seq <= at.first || at.wrong {
		return
	}
	if p.Seq != at.to+1 {
		at.wrong = true
		b.fault("the record of region %d goes on with number %d after %d", p.Region, p.Seq, at.to)
		return
	}
	at.to = p.Seq
	b.pixels++
	n, ours := a.plan.number(int(p.X), int(p.Y), p.Color, len(a.pixels))
	if !ours {
		return
	}
	b.times[n]++
	is := &a.pixels[n]
	if p.User != is.owner {
		b.fault("%s was placed by user %d and is recorded as user %d's", a.name(n), is.owner, p.User)
	}
	if is.seq > 0 && p.Seq != is.seq {
		b.fault("%s was shown with number %d and is recorded with number %d", a.name(n), is.seq, p.Seq)
	}
}

// JudgeRecord returns the verdict on the record: that it has every acknowledged pixel once and no
// refused one, and all sequence numbers up to where the canvas is now.
func (a *Audit) JudgeRecord(now []canvas.Mark) report.Verdict {
	a.mu.Lock()
	defer a.mu.Unlock()
	b := &a.books
	for _, m := range now {
		if at := b.regions[m.Region]; at.to != m.Position.Seq && !at.wrong {
			b.fault("the record of region %d ends at %d, and the region is at %d", m.Region, at.to, m.Position.Seq)
		}
	}
	acked, missing, twice := 0, 0, 0
	for n := range a.pixels {
		switch times := b.times[n]; {
		case a.pixels[n].state == Acked && times == 0:
			missing++
			b.fault("%s was acknowledged, and is not recorded", a.name(n))
		case times > 1:
			twice++
			b.fault("%s is recorded %d times", a.name(n), times)
		case a.pixels[n].state == Refused && times > 0:
			b.fault("%s was refused, and is recorded", a.name(n))
		case times == 1:
			acked++
		}
	}
	return report.Verdict{
		Name: "record", Passed: b.wrong == 0 && acked > 0, Detail: b.faults,
		Text: fmt.Sprintf("%s pixels are recorded once, %s missing, %s there twice, of %s in all in an unbroken order",
			report.Number(acked), report.Number(missing), report.Number(twice), report.Number(b.pixels)),
	}
}
