package report

import (
	"bytes"
	"encoding/json"
	"math"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"
)

// example is a report that has everything. Every text in it contains evil.
func example(evil string) *Report {
	return &Report{
		Test: "chaos" + evil, Version: "v1" + evil, Started: time.Date(2026, 3, 14, 15, 9, 26, 0, time.UTC), Seconds: 90,
		Targets: []string{"ws://127.0.0.1:8081/ws" + evil}, Settings: map[string]string{"kill" + evil: "sh" + evil},
		Verdicts:  []Verdict{{Name: "delivery" + evil, Passed: true, Text: "all" + evil}, {Name: "pause", Text: "long", Detail: []string{"region 3" + evil}}},
		Latencies: []Latency{{Name: "place to ack" + evil, Count: 3, Max: 12, Buckets: []Bucket{{1, 2}, {12, 1}}}},
		Series:    []Series{{Name: "placed" + evil, Unit: "pixels/s" + evil, At: []float64{0, 1, 2}, Y: []float64{10, 11, 12.345}}},
		Events:    []Event{{1.5, "kill" + evil, "kubectl" + evil}},
		Pods:      []Pod{{"playground-0" + evil, 2}, {"playground-1", 1}},
		Tables:    []Table{{Title: "Kills" + evil, Header: []string{"#" + evil, "at"}, Rows: [][]string{{"1" + evil, "0:20"}}}},
	}
}

func render(t *testing.T, r *Report) string {
	t.Helper()
	var page bytes.Buffer
	if err := WriteHTML(&page, r); err != nil {
		t.Fatal(err)
	}
	return page.String()
}

func TestWriteHTML_LoadsNothing(t *testing.T) {
	page := render(t, example(""))
	if !strings.Contains(page, `http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'"`) {
		t.Error("nothing forbids the page to load")
	}
	loads := regexp.MustCompile(`(?i)<link|<img|<iframe|<base|\ssrc\s*=|\shref\s*=|url\(|@import|\bimport\s*\(|fetch\s*\(|XMLHttpRequest|WebSocket\s*\(`)
	if found := loads.FindAllString(page, -1); found != nil {
		t.Errorf("the page has %q", found)
	}
}

func TestWriteHTML_CarriesTheLicenceOfItsPlots(t *testing.T) {
	if page := render(t, example("")); !strings.Contains(page, "Permission is hereby granted, free of charge") || !strings.Contains(page, "uPlot=function") {
		t.Error("uPlot or its licence is missing")
	}
}

// data is the data that the page's script gets.
func data(t *testing.T, page string) (d struct {
	Seconds   float64
	Series    []Series
	Histogram histogram
	Events    []struct {
		At          float64
		Kind, Label int
	}
}) {
	t.Helper()
	match := regexp.MustCompile(`(?s)<script type="application/json" id="data">(.*?)</script>`).FindStringSubmatch(page)
	if match == nil {
		t.Fatal("the page has no data")
	}
	if err := json.Unmarshal([]byte(match[1]), &d); err != nil {
		t.Fatalf("%v in %s", err, match[1])
	}
	return d
}

// Goal: names that servers and users choose can't break out of the page.
func TestWriteHTML_EscapesNames(t *testing.T) {
	tags := regexp.MustCompile(`<[a-zA-Z/!]`)
	plain := tags.FindAllString(render(t, example("")), -1)
	for _, evil := range []string{
		"</script><script>alert(1)</script>", `"><img onerror=x>`, "<!--<script>", "\u2028'\\", "{{.}}", "]]>", "' onclick='x", "&lt;b&gt;",
	} {
		page := render(t, example(evil))
		if got := tags.FindAllString(page, -1); !reflect.DeepEqual(got, plain) {
			t.Errorf("%q makes tags: %d instead of %d", evil, len(got), len(plain))
		}
		if d := data(t, page); d.Series[0].Name != "placed"+evil || d.Series[0].Unit != "pixels/s"+evil || d.Histogram.Counts[0].Name != "place to ack"+evil {
			t.Errorf("%q arrives as %q", evil, d.Series[0].Name)
		}
	}
}

func TestWriteHTML_GivesTheScriptWhatItDraws(t *testing.T) {
	d := data(t, render(t, example("")))
	if d.Seconds != 90 || !reflect.DeepEqual(d.Series, example("").Series) {
		t.Errorf("got %+v", d)
	}
	if len(d.Events) != 1 || d.Events[0].At != 1.5 || d.Events[0].Label != 1 {
		t.Errorf("events: %+v", d.Events)
	}
}

func TestWriteHTML_SaysPassedOnlyWhenItIs(t *testing.T) {
	r := example("")
	if page := render(t, r); !strings.Contains(page, "1 of 2 checks failed") || !strings.Contains(page, "</span>Failed</h1>") {
		t.Error("a failed test does not say so")
	}
	r.Passed, r.Verdicts[1].Passed = true, true
	if page := render(t, r); !strings.Contains(page, "all 2 checks passed") || !strings.Contains(page, "</span>Passed</h1>") {
		t.Error("a passed test does not say so")
	}
}

func TestWriteHTML_TakesAnEmptyReport(t *testing.T) {
	if page := render(t, &Report{}); !strings.Contains(page, "</html>") {
		t.Error("the page has no end")
	}
}

func TestUnitsOf(t *testing.T) {
	if got := unitsOf([]Series{{Name: "a", Unit: "ms"}, {Name: "b", Unit: "MB"}, {Name: "c", Unit: "ms"}}); !reflect.DeepEqual(got, []string{"ms", "MB"}) {
		t.Errorf("got %v", got)
	}
}

func TestHistogramOf(t *testing.T) {
	got := histogramOf([]Latency{
		{Name: "a", Buckets: []Bucket{{1, 5}, {2, 7}, {4, 0}, {8, 1}}},
		{Name: "b", Buckets: []Bucket{{2, 3}, {16, 1}}},
		{Name: "none"},
	})
	want := histogram{Edges: []float64{0.5, 1, 2, 4, 8, 16}, Counts: []histCount{
		{"a", []int64{5, 7, 0, 1, 0}}, {"b", []int64{0, 3, 0, 0, 1}}, {"none", []int64{0, 0, 0, 0, 0}},
	}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if h := histogramOf([]Latency{{Name: "none"}}); h.Edges != nil || h.Counts != nil {
		t.Errorf("nothing was measured, and is drawn: %+v", h)
	}
	if h := histogramOf([]Latency{{Buckets: []Bucket{{0, 2}, {3, 1}}}}); !reflect.DeepEqual(h.Edges, []float64{1.5, 3}) || h.Counts[0].N[0] != 3 {
		t.Errorf("one bound: %+v", h)
	}
}

func TestSharesOf(t *testing.T) {
	got := sharesOf([]Pod{{"a", 3}, {"b", 1}, {"c", 0}})
	want := []share{{Pod{"a", 3}, 75, 100, 400. / 9}, {Pod{"b", 1}, 25, 100. / 3, 400. / 9}, {Pod{"c", 0}, 0, 0, 400. / 9}}
	for i := range got {
		if got[i].Pod != want[i].Pod || math.Abs(got[i].Percent-want[i].Percent)+math.Abs(got[i].Width-want[i].Width)+math.Abs(got[i].Even-want[i].Even) > 1e-9 {
			t.Errorf("got %+v, want %+v", got[i], want[i])
		}
	}
	if got := sharesOf([]Pod{{"a", 0}}); got[0].Width != 0 || got[0].Percent != 0 {
		t.Errorf("nobody: %+v", got)
	}
}

func TestText(t *testing.T) {
	for _, test := range []struct{ got, want string }{
		{millis(0.125), "0.12"}, {millis(9.994), "9.99"}, {millis(12.34), "12.3"}, {millis(412.8), "413"}, {millis(123456), "123,456"},
		{Number(0), "0"}, {Number(999), "999"}, {Number(1000), "1,000"}, {Number(-1234567), "-1,234,567"}, {Number(int64(178204)), "178,204"},
		{Clock(0), "0:00"}, {Clock(7.46), "0:07.5"}, {Clock(59.96), "1:00"}, {Clock(83), "1:23"}, {Clock(3723.4), "1:02:03"},
	} {
		if test.got != test.want {
			t.Errorf("got %q, want %q", test.got, test.want)
		}
	}
}

func TestFigures(t *testing.T) {
	table := Table{Header: []string{"node", "MB", "text", "none"}, Rows: [][]string{{"a", "1.5", "1", ""}, {"b", "–", "x"}, {"c", "-2", "2"}}}
	if got, want := figures(table), []bool{false, true, false, false}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestMedian(t *testing.T) {
	for _, test := range []struct {
		list []float64
		want float64
	}{{nil, 0}, {[]float64{3}, 3}, {[]float64{1, 2}, 1.5}, {[]float64{1, 2, 9}, 2}} {
		if got := Median(test.list); got != test.want {
			t.Errorf("%v: %v, want %v", test.list, got, test.want)
		}
	}
}
