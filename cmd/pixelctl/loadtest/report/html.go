package report

import (
	_ "embed"
	"html/template"
	"io"
	"time"

	"pixelplayground/web"
)

var (
	//go:embed html/report.html
	layout string
	//go:embed html/report.js
	script template.JS
	//go:embed html/report.css
	style template.CSS
)

// page is what html/report.html shows: the report, and data that only the page needs.
type page struct {
	*Report
	Script, PlotScript template.JS
	Style, PlotStyle   template.CSS
	Kinds              []string // of events, in the order in which they first happened
	Units              []string // of series
	Histogram          histogram
	Pods               []share
}

// WriteHTML writes the report as one page that needs nothing else, neither a server nor a network.
// Its tables need no script; the plots are drawn by uPlot, which is in the page.
func WriteHTML(w io.Writer, r *Report) error {
	p := page{Report: r, Script: script, Style: style, Kinds: kindsOf(r.Events), Units: unitsOf(r.Series), Histogram: histogramOf(r.Latencies), Pods: sharesOf(r.Pods)}
	plotScript, plotStyle := web.UPlot()
	p.PlotScript, p.PlotStyle = template.JS(plotScript), template.CSS(plotStyle)
	return template.Must(template.New("report").Funcs(template.FuncMap{
		"ms": millis, "clock": Clock, "number": Number[int64], "clients": Number[int], "figures": figures, "inc": func(i int) int { return i + 1 },
		"date": func(t time.Time) string { return t.Format("2 January 2006, 15:04:05 MST") },
		"kind": func(kind string) int { return kindIndex(p.Kinds, kind) },
	}).Parse(layout)).Execute(w, p)
}

// Failed counts the checks that did not pass.
func (p page) Failed() (n int) {
	for _, v := range p.Verdicts {
		if !v.Passed {
			n++
		}
	}
	return n
}
