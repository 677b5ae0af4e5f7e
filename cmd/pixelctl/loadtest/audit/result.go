package audit

import (
	"fmt"
	"slices"

	"pixelplayground/actors/canvas"
	"pixelplayground/cmd/pixelctl/loadtest/report"
)

// named is how many faults of a kind are listed one by one.
const named = 10

// faults are faults of one kind, the first few.
type faults []string

func (f *faults) add(format string, values ...any) {
	if len(*f) < named {
		*f = append(*f, fmt.Sprintf(format, values...))
	}
}

// Final is what one server shows in the end.
type Final struct {
	Server string
	At     func(x, y int) (canvas.Color, bool) // false: it is not known
}

// Result is what an audit found.
type Result struct {
	Acked, Refused, Open int // pixels
	Cut                  int
	Seen                 int // acknowledged, and shown to the watcher one by one
	Unseen               int // acknowledged, and proved by sequence numbers and the final state
	Lost                 int // acknowledged, and not there
	Twice                int // there more often than once
	Ghosts               int // refused, and there
	Astray               int // shown as somebody else's
	Places               int // places whose last writer is known
	Wrong                int // how many of those show another colour, over all servers
	Foreign              uint64
	Snapshots            int
	Reverted             int

	Faults  faults // in the delivery
	Colours faults // that are wrong
}

// Judge closes the books. It needs at least one final state, taken after everything that was placed
// had been answered, and the watcher must have got as far.
func (a *Audit) Judge(finals []Final) Result {
	a.mu.Lock()
	defer a.mu.Unlock()
	r := Result{Astray: a.astray, Faults: slices.Clone(a.strange)}
	unseen := make([]uint64, len(a.regions)) // acknowledged
	open := make([]uint64, len(a.regions))
	for n := range a.pixels {
		a.judgePixel(n, finals[0], &r, unseen, open)
	}
	for id := range a.regions {
		a.judgeRegion(canvas.RegionID(id), unseen[id], open[id], &r)
	}
	for _, final := range finals {
		a.judgeColours(final, &r)
	}
	return r
}

func (a *Audit) judgePixel(n int, final Final, r *Result, unseen, open []uint64) {
	p, d := a.pixels[n], a.plan.dot(n)
	id, pos := a.g.Locate(int(d.X), int(d.Y))
	if p.seen > 1 {
		r.Twice++
		r.Faults.add("%s is there %d times", a.name(n), p.seen)
	}
	switch p.state {
	case Open:
		r.Open++
		if p.seen == 0 {
			open[id]++
		}
	case Cut:
		r.Cut++
		if p.seen == 0 {
			open[id]++
		}
	case Refused:
		r.Refused++
		if p.seen > 0 {
			r.Ghosts++
			r.Faults.add("%s was refused, and is there", a.name(n))
		}
	case Acked:
		r.Acked++
		switch {
		case p.seen > 0 && a.there(id, pos, d, final):
			r.Seen++
		case p.seen == 0 && a.hides(id) && a.there(id, pos, d, final):
			r.Unseen++
			unseen[id]++
		default:
			r.Lost++
			r.Faults.add("%s was acknowledged, and is not there", a.name(n))
		}
	}
}

// hides reports whether a region has pixels that were never shown: some numbers were covered but
// not shown.
func (a *Audit) hides(id canvas.RegionID) bool {
	r := &a.regions[id]
	return r.shown < r.covered || r.reverted > 0
}

// there reports whether a pixel may have been written and kept, judging by its place: the place has
// the pixel's colour, or that of another pixel which came on top.
func (a *Audit) there(id canvas.RegionID, pos uint16, d canvas.Dot, final Final) bool {
	if _, known := a.regions[id].last[pos]; known {
		return true // judgeColours checks that
	}
	color, known := final.At(int(d.X), int(d.Y))
	_, ours := a.plan.number(int(d.X), int(d.Y), color, len(a.pixels))
	return known && ours
}

// judgeRegion compares the acknowledged pixels that were never shown with the numbers that were
// covered but not shown. Unanswered pixels may be among those, and so may the pixels of others.
func (a *Audit) judgeRegion(id canvas.RegionID, unseen, open uint64, r *Result) {
	region := &a.regions[id]
	r.Foreign += region.foreign
	r.Snapshots += region.snapshots
	if region.reverted > 0 {
		r.Reverted += region.reverted
		r.Faults.add("region %d went back to an earlier position", id)
		return // the region's numbers mean nothing any more
	}
	hidden := region.covered - region.shown
	switch {
	case unseen > hidden:
		r.Lost += int(unseen - hidden)
		r.Unseen -= int(unseen - hidden)
		r.Faults.add("region %d: %d pixels were acknowledged and not shown, but only %d sequence numbers are without a pixel", id, unseen, hidden)
	case hidden > unseen+open && region.foreign == 0:
		r.Twice += int(hidden - unseen - open)
		r.Faults.add("region %d: %d sequence numbers more than there were pixels", id, hidden-unseen-open)
	}
}

// judgeColours compares what a server shows with the last writers by sequence number. Where others
// draw, a pixel of theirs may have come later.
func (a *Audit) judgeColours(final Final, r *Result) {
	for id := range a.regions {
		region := &a.regions[id]
		for pos, want := range region.last {
			x, y := a.g.Point(canvas.RegionID(id), pos)
			got, known := final.At(x, y)
			_, ours := a.plan.number(x, y, got, len(a.pixels))
			if region.foreign > 0 && !ours {
				continue
			}
			r.Places++
			if known && got == want {
				continue
			}
			r.Wrong++
			r.Colours.add("%s shows %s at %d,%d, where %s was written last", final.Server, got, x, y, want)
		}
	}
}

// Verdicts returns two verdicts: on what became of the pixels, and on what the servers show.
// Servers that could not be reached any more are left out.
func (r Result) Verdicts(servers int, unreachable []string) []report.Verdict {
	delivery := report.Verdict{Name: "delivery", Detail: r.Faults}
	delivery.Passed = r.Acked > 0 && r.Lost+r.Twice+r.Ghosts+r.Astray+r.Reverted+r.Open == 0
	delivery.Text = fmt.Sprintf("%s pixels acknowledged: %s lost, %s there twice", report.Number(r.Acked), report.Number(r.Lost), report.Number(r.Twice))
	for _, more := range []struct {
		n    int
		text string
	}{
		{r.Open, "never answered"}, {r.Cut, "without an answer in a session that was ended for good"}, {r.Refused, "refused for good"}, {r.Ghosts, "refused and there nevertheless"},
		{r.Astray, "under another user's name"}, {r.Reverted, "regions went back to an earlier state"},
	} {
		if more.n > 0 {
			delivery.Text += fmt.Sprintf(", %s %s", report.Number(more.n), more.text)
		}
	}
	if r.Unseen > 0 {
		delivery.Detail = append(delivery.Detail, fmt.Sprintf("%s pixels were overwritten before the watcher saw them, as it was away or slow: for those sequence"+
			" numbers and what the canvas shows in the end are the proof", report.Number(r.Unseen)))
	}
	if r.Snapshots > 0 {
		delivery.Detail = append(delivery.Detail, fmt.Sprintf("the watcher had to resume from %s and did not see single pixels there:"+
			" those were audited by what the canvas shows in the end", report.Counted(r.Snapshots, "snapshot")))
	}
	if r.Foreign > 0 {
		delivery.Detail = append(delivery.Detail, fmt.Sprintf("others drew %s pixels meanwhile", report.Number(int64(r.Foreign))))
	}
	colours := report.Verdict{Name: "colours", Passed: r.Wrong == 0 && r.Places > 0, Detail: append(slices.Clone(r.Colours), unreachable...)}
	colours.Text = fmt.Sprintf("the last writer shows at %s of %s places that were looked at, on %s", report.Number(r.Places-r.Wrong), report.Number(r.Places), report.Counted(servers, "server"))
	return []report.Verdict{delivery, colours}
}
