// Package report is what a load test found: verdicts, latencies, series over time. It writes them
// as a page for browsers, shows a test's status while it runs, and says numbers and durations in
// words. It knows nothing about canvases.
package report

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"
)

// Test is a test of a running deployment that was set up.
type Test interface {
	// Run runs the test. It may be called once. An error means that the test could not be run: what is
	// wrong with the servers is in the report. If ctx ends, so does the test, with what it has found.
	Run(ctx context.Context) (*Report, error)
	// Status is what the test does now. It does not block.
	Status() Status
}

// Report is what a test found, as --out writes it in JSON and --html draws it. Times in
// it are seconds since Started unless a field says otherwise.
type Report struct {
	Test     string            `json:"test"` // balance, stress, chaos, contend or soak
	Version  string            `json:"version"`
	Started  time.Time         `json:"started"`
	Seconds  float64           `json:"seconds"`
	Targets  []string          `json:"targets"`
	Settings map[string]string `json:"settings"` // flags by name

	Interrupted string `json:"interrupted,omitempty"` // in which phase; what was measured before is judged

	Passed   bool      `json:"passed"` // whether all verdicts have passed
	Verdicts []Verdict `json:"verdicts"`

	Latencies []Latency `json:"latencies,omitempty"`
	Series    []Series  `json:"series,omitempty"`
	Events    []Event   `json:"events,omitempty"`
	Pods      []Pod     `json:"nodes,omitempty"`
	Tables    []Table   `json:"tables,omitempty"`
}

// Verdict is one check: what was expected, what was found, whether that is right.
type Verdict struct {
	Name   string   `json:"name"` // stable, for scripts: "delivery"
	Passed bool     `json:"passed"`
	Text   string   `json:"text"`             // one line for people, with the numbers
	Detail []string `json:"detail,omitempty"` // for example what is missing, the first few
}

// Latency is a distribution. Durations are in milliseconds.
type Latency struct {
	Name    string   `json:"name"` // "place to ack", "place to seen by another"
	Count   int64    `json:"count"`
	Mean    float64  `json:"mean"`
	P50     float64  `json:"p50"`
	P90     float64  `json:"p90"`
	P95     float64  `json:"p95"`
	P99     float64  `json:"p99"`
	P999    float64  `json:"p99_9"`
	Max     float64  `json:"max"`
	Buckets []Bucket `json:"buckets,omitempty"`
}

// Bucket counts the durations up to UpTo milliseconds that are in no earlier bucket.
type Bucket struct {
	UpTo  float64 `json:"up_to"`
	Count int64   `json:"count"`
}

// Series is a quantity over time.
type Series struct {
	Name string    `json:"name"`
	Unit string    `json:"unit"` // "pixels/s", "ms", "MB"
	At   []float64 `json:"at"`
	Y    []float64 `json:"y"`
}

// Event is something that happened at a moment: a kill, a reconnect.
type Event struct {
	At   float64 `json:"at"`
	Kind string  `json:"kind"`
	Text string  `json:"text"`
}

// Pod is how many clients a pod had.
type Pod struct {
	Name    string `json:"name"`
	Clients int    `json:"clients"`
}

// Table is rows of text, for findings without a plot.
type Table struct {
	Title  string     `json:"title"`
	Header []string   `json:"header"`
	Rows   [][]string `json:"rows"`
}

// Add appends a value. Plots show four digits of it.
func (s *Series) Add(at time.Duration, y float64) {
	s.At, s.Y = append(s.At, Round(at.Seconds())), append(s.Y, Round(y))
}

// MarkInterrupted marks a test as interrupted in a phase if its ctx is done.
func (r *Report) MarkInterrupted(ctx context.Context, phase string) {
	if ctx.Err() != nil && r.Interrupted == "" {
		r.Interrupted = phase
	}
}

// Judge adds a verdict and returns it, so that the caller can add details.
func (r *Report) Judge(name string, passed bool, format string, args ...any) *Verdict {
	r.Verdicts = append(r.Verdicts, Verdict{Name: name, Passed: passed, Text: fmt.Sprintf(format, args...)})
	return &r.Verdicts[len(r.Verdicts)-1]
}

// WriteJSON writes the report as JSON.
func WriteJSON(w io.Writer, r *Report) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(r)
}

// Seal completes the report, with the present as its end.
func (r *Report) Seal() *Report {
	r.Seconds = Round(time.Since(r.Started).Seconds())
	r.Passed = len(r.Verdicts) > 0
	for _, v := range r.Verdicts {
		r.Passed = r.Passed && v.Passed
	}
	return r
}

// MaxDetail is how many findings a verdict lists.
const MaxDetail = 20
