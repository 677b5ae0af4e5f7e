package loadtest

import (
	"fmt"
	"math"

	"pixelplayground/cmd/pixelctl/loadtest/report"
)

// soakRows is how many samples of each server the report's table shows, evenly chosen.
const soakRows = 24

// verdict judges a measure of all servers.
func (m soakMeasure) verdict(measure int, servers []*soakServer) report.Verdict {
	v := report.Verdict{Name: m.name, Passed: true}
	var worst growth
	share, where := math.Inf(-1), ""
	for _, s := range servers {
		g := s.growth(measure)
		if !g.enough() {
			v.Passed = false
			v.Detail = append(v.Detail, fmt.Sprintf("%s: not enough samples: %d in the second half, %d are needed: run longer, or sample more often",
				s.name, g.Samples, soakLeast))
			if s.failed != nil {
				v.Detail = append(v.Detail, fmt.Sprintf("%s: %v", s.name, s.failed))
			}
			continue
		}
		if g.Rise > g.allowed(m.floor) {
			v.Passed = false
			v.Detail = append(v.Detail, fmt.Sprintf("%s: %s", s.name, m.growth(g)))
		}
		if part := g.Rise / g.allowed(m.floor); part > share {
			share, worst, where = part, g, s.name
		}
	}
	if where == "" {
		v.Text = "not enough samples to tell"
		return v
	}
	v.Text = fmt.Sprintf("%s (%s); %.4g are allowed", m.growth(worst), where, worst.allowed(m.floor))
	return v
}

// growth describes a growth, for people.
func (m soakMeasure) growth(g growth) string {
	return fmt.Sprintf("rise of %.3g %s in the second half, %.3g an hour, at a level of %.4g", g.Rise, m.unit, g.Slope*3600, g.Level)
}

// restarts checks that every server is still the same process.
func restarts(servers []*soakServer) report.Verdict {
	v := report.Verdict{Name: "restarts", Passed: true, Text: "no server was restarted"}
	n := 0
	for _, s := range servers {
		if s.restarts > 0 {
			n += s.restarts
			v.Detail = append(v.Detail, fmt.Sprintf("%s: %s; growth is judged since the last", s.name, report.Counted(s.restarts, "time")))
		}
	}
	if n > 0 {
		v.Passed, v.Text = false, "servers were restarted: "+report.Counted(n, "time")
	}
	return v
}

// table shows a server's samples.
func (s *soakServer) table() report.Table {
	t := report.Table{Title: "Server " + s.name, Header: []string{"at"}}
	for _, m := range soakMeasures() {
		t.Header = append(t.Header, m.unit)
	}
	for _, i := range evenly(len(s.at), soakRows) {
		row := []string{report.Clock(s.at[i])}
		for _, y := range s.y {
			row = append(row, fmt.Sprintf("%.4g", y[i]))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// evenly chooses at most most of n things, the first and the last included.
func evenly(n, most int) (chosen []int) {
	most = min(n, most)
	for i := range most {
		chosen = append(chosen, i*(n-1)/max(most-1, 1))
	}
	return chosen
}
