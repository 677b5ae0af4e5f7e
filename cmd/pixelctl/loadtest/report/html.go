package report

import (
	"embed"
	"fmt"
	"html/template"
	"io"
	"time"

	"pixelplayground/web"
)

//go:embed html
var htmlFiles embed.FS

// page is what html/report.html shows: the report, and data that only the page needs.
type page struct {
	*Report
	Script, PlotScript template.JS
	Style, PlotStyle   template.CSS
	Kinds              []string // of events, in the order in which they first happened
	Charts             []chart
	Histogram          histogram
	Pods               []share
}

// WriteHTML writes the report as one page that needs nothing else, neither a server nor a network.
// Its tables need no script; the plots are drawn by uPlot, which is in the page.
func WriteHTML(w io.Writer, r *Report) error {
	charts, err := chartsOf(r.Series)
	if err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	p := page{Report: r, Kinds: kindsOf(r.Events), Charts: charts, Histogram: histogramOf(r.Latencies), Pods: sharesOf(r.Pods)}
	script, err := htmlFiles.ReadFile("html/report.js")
	if err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	style, err := htmlFiles.ReadFile("html/report.css")
	if err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	plotScript, plotStyle := web.UPlot()
	p.Script, p.Style = template.JS(script), template.CSS(style)
	p.PlotScript, p.PlotStyle = template.JS(plotScript), template.CSS(plotStyle)

	t, err := template.New("report.html").Funcs(template.FuncMap{
		"ms": millis, "clock": Clock, "number": Number[int64], "clients": Number[int], "figures": figures, "inc": func(i int) int { return i + 1 },
		"date": func(t time.Time) string { return t.Format("2 January 2006, 15:04:05 MST") },
		"kind": func(kind string) int { return kindIndex(p.Kinds, kind) },
	}).ParseFS(htmlFiles, "html/report.html")
	if err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	if err := t.Execute(w, p); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
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
