package fleet

import (
	"fmt"
	"slices"
	"time"

	"pixelplayground/cmd/pixelctl/loadtest/ledger"
	"pixelplayground/cmd/pixelctl/loadtest/report"
)

// JudgeDelivery judges a ledger: everything owed must have arrived, once, and in order. Without sequence
// numbers there is no order across regions.
func (f *Fleet) JudgeDelivery(r *report.Report, t ledger.Tally, findings []Finding) {
	percent := 100.0
	if t.Owed > 0 {
		percent = 100 * float64(t.Got()) / float64(t.Owed)
	}
	if t.Missing > 0 {
		percent = min(percent, 99.999) // never round up to 100% what is not complete
	}
	v := r.Judge("delivery", t.Missing == 0 && t.Replaced == 0, "%.3f%% of %d owed pixels delivered, %d missing", percent, t.Owed, t.Missing)
	v.Detail = Listed(findings, "missing", "replaced")
	v = r.Judge("once", t.Duplicates == 0, "%s came twice", report.Counted(t.Duplicates, "pixel"))
	v.Detail = Listed(findings, "duplicate")
	if !f.cfg.JSON {
		v = r.Judge("in order", t.Late == 0, "%s came after a later one of the same region", report.Counted(t.Late, "pixel"))
		v.Detail = Listed(findings, "late")
	}
}

// NewReport begins a fleet's report. Its time is the fleet's.
func (f *Fleet) NewReport(test string) *report.Report {
	return &report.Report{Test: test, Started: f.start, Targets: f.cfg.Targets}
}

// JudgeOrder checks that all clients saw every pixel under the same number.
func (f *Fleet) JudgeOrder(r *report.Report, findings []Finding) {
	if f.cfg.JSON {
		return
	}
	f.mu.Lock()
	n := f.misordered
	f.mu.Unlock()
	v := r.Judge("one order", n == 0, "%s shown to someone under another number than to others", report.Counted(n, "pixel"))
	v.Detail = Listed(findings, "order")
}

// Listed returns the first findings of some kinds as lines.
func Listed(findings []Finding, kinds ...string) (lines []string) {
	for _, f := range findings {
		if slices.Contains(kinds, f.Kind) && len(lines) < report.MaxDetail {
			lines = append(lines, f.String())
		}
	}
	return lines
}

// Deliveries shows a ledger as a table.
func Deliveries(t ledger.Tally) report.Table {
	row := func(name string, n uint64) []string { return []string{name, fmt.Sprint(n)} }
	return report.Table{
		Title: "Deliveries", Header: []string{"", "pixels"},
		Rows: [][]string{
			row("owed", t.Owed), row("delivered in order", t.Delivered), row("delivered merged (overwritten meanwhile)", t.Merged),
			row("delivered by snapshot", t.Restored), row("delivered late", t.Late), row("missing", t.Missing), row("twice", t.Duplicates),
		},
	}
}

// Judge judges the end of a load.
func (d Drained) Judge(r *report.Report) {
	took := d.Took.Round(time.Millisecond)
	if d.Unanswered > 0 || d.Behind > 0 {
		r.Judge("settling", false, "%s without an answer and %s behind %v after the last pixel was placed",
			report.Counted(d.Unanswered, "stroke"), report.Counted(d.Behind, "client"), took)
		return
	}
	r.Judge("settling", true, "everyone was up to date %v after the last pixel was placed", took)
}
