package loadtest

import (
	"fmt"
	"slices"
	"time"
)

// deliver judges a ledger: everything owed must have arrived, once, and in order. Without sequence
// numbers there is no order across regions.
func (r *Report) deliver(t Tally, findings []Finding, unordered bool) {
	percent := 100.0
	if t.Owed > 0 {
		percent = 100 * float64(t.Got()) / float64(t.Owed)
	}
	if t.Missing > 0 {
		percent = min(percent, 99.999) // never round what is not complete up
	}
	v := r.judge("delivery", t.Missing == 0 && t.Replaced == 0, "%.3f%% of %d owed pixels delivered, %d missing", percent, t.Owed, t.Missing)
	v.Detail = listed(findings, "missing", "replaced")
	v = r.judge("once", t.Duplicates == 0, "%s came twice", Counted(t.Duplicates, "pixel"))
	v.Detail = listed(findings, "duplicate")
	if !unordered {
		v = r.judge("in order", t.Late == 0, "%s came after a later one of the same region", Counted(t.Late, "pixel"))
		v.Detail = listed(findings, "late")
	}
}

// judgeOrder says whether all clients saw every pixel under the same number.
func (f *Fleet) judgeOrder(r *Report, findings []Finding) {
	if f.cfg.JSON {
		return
	}
	f.mu.Lock()
	n := f.misordered
	f.mu.Unlock()
	v := r.judge("one order", n == 0, "%s shown to someone under another number than to others", Counted(n, "pixel"))
	v.Detail = listed(findings, "order")
}

// listed are the first findings of some kinds as lines.
func listed(findings []Finding, kinds ...string) (lines []string) {
	for _, f := range findings {
		if slices.Contains(kinds, f.Kind) && len(lines) < maxDetail {
			lines = append(lines, f.String())
		}
	}
	return lines
}

// deliveries shows a ledger.
func deliveries(t Tally) Table {
	row := func(name string, n uint64) []string { return []string{name, fmt.Sprint(n)} }
	return Table{
		Title: "Deliveries", Header: []string{"", "pixels"},
		Rows: [][]string{
			row("owed", t.Owed), row("delivered in order", t.Delivered), row("delivered merged (overwritten meanwhile)", t.Merged),
			row("delivered by snapshot", t.Restored), row("delivered late", t.Late), row("missing", t.Missing), row("twice", t.Duplicates),
		},
	}
}

// first gives the first n of a list.
func first[T any](list []T, n int) []T { return list[:min(n, len(list))] }

// settle judges the end of a load.
func (r *Report) settle(d Drained) {
	took := d.Took.Round(time.Millisecond)
	if d.Unanswered > 0 || d.Behind > 0 {
		r.judge("settling", false, "%s without an answer and %s behind %v after the last pixel was placed",
			Counted(d.Unanswered, "stroke"), Counted(d.Behind, "client"), took)
		return
	}
	r.judge("settling", true, "everyone was up to date %v after the last pixel was placed", took)
}
