// Package reporttest reads reports in tests of load tests.
package reporttest

import (
	"strings"
	"testing"

	"pixelplayground/cmd/pixelctl/loadtest/report"
)

// Verdict returns the check with that name in a report.
func Verdict(t testing.TB, r *report.Report, name string) report.Verdict {
	t.Helper()
	for _, v := range r.Verdicts {
		if v.Name == name {
			return v
		}
	}
	t.Fatalf("no verdict %q in %+v", name, r.Verdicts)
	return report.Verdict{}
}

// Failed returns the names of the checks that failed.
func Failed(r *report.Report) string {
	var names []string
	for _, v := range r.Verdicts {
		if !v.Passed {
			names = append(names, v.Name)
		}
	}
	return strings.Join(names, ", ")
}
