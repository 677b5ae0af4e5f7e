package obedience

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"pixelplayground/cmd/pixelctl/loadtest/report"
)

// Verdicts returns three: on what was forbidden, on refusals, and on the sessions of the banned.
func (b *Book) Verdicts(apart, limit time.Duration) ([]report.Verdict, report.Table) {
	r, endings := b.Judge(apart), b.JudgeSessions(limit)
	var all Count
	table := report.Table{Title: "Acts", Header: []string{"kind", "decided", "obeyed", "forbidden pixels tried", "refused by it", "refused otherwise", "without an answer", "recorded"}}
	for _, kind := range Kinds() {
		c := r.Kinds[kind]
		all.Acts, all.Obeyed, all.Tried, all.Refused, all.Recorded = all.Acts+c.Acts, all.Obeyed+c.Obeyed, all.Tried+c.Tried, all.Refused+c.Refused, all.Recorded+c.Recorded
		row := []string{string(kind)}
		for _, n := range []int{c.Acts, c.Obeyed, c.Tried, c.Refused, c.Otherwise, c.Silent, c.Recorded} {
			row = append(row, report.Number(n))
		}
		table.Rows = append(table.Rows, row)
	}
	obeyed := report.Verdict{
		Name: "obeyed", Passed: len(r.Broken) == 0 && all.Obeyed > 0 && all.Tried > 0 && len(b.entries) > 0, Detail: report.First(r.Broken, report.MaxDetail),
		Text: fmt.Sprintf("%s of %s were obeyed; %s forbidden pixels were tried meanwhile, %s of them refused for that, and %s are recorded", report.Number(all.Obeyed), report.Counted(all.Acts, "act"),
			report.Number(all.Tried), report.Number(all.Refused), report.Number(all.Recorded)),
	}
	if len(r.Broken) == 0 {
		for _, row := range table.Rows {
			obeyed.Detail = append(obeyed.Detail, fmt.Sprintf("%s: %s decided, %s obeyed, %s forbidden pixels tried, %s refused by it, %s otherwise, %s without an answer, %s recorded",
				row[0], row[1], row[2], row[3], row[4], row[5], row[6], row[7]))
		}
	}
	var codes []string
	for _, code := range slices.Sorted(maps.Keys(r.Codes)) {
		codes = append(codes, fmt.Sprintf("%s with code %d", report.Number(r.Codes[code]), code))
	}
	just := report.Verdict{
		Name: "just", Passed: len(r.Unjust) == 0, Detail: report.First(r.Unjust, report.MaxDetail),
		Text: fmt.Sprintf("%s were refused although no act forbade it; refused in all: %s", report.Counted(len(r.Unjust), "pixel"), strings.Join(codes, ", ")),
	}
	ended := report.Verdict{
		Name: "ended", Passed: len(endings.Late) == 0 && endings.Told > 0, Detail: report.First(endings.Late, report.MaxDetail),
		Text: fmt.Sprintf("%s were told that they are banned; %s were open when their ban was acknowledged, the last ended %s later; %s are allowed",
			report.Counted(endings.Told, "session"), report.Number(endings.Sessions), report.Span(endings.Latest), report.Span(limit)),
	}
	return []report.Verdict{obeyed, just, ended}, table
}
