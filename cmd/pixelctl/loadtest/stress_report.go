package loadtest

import (
	"fmt"
	"math"
	"time"

	"pixelplayground/cmd/pixelctl/loadtest/fleet"
	"pixelplayground/cmd/pixelctl/loadtest/ledger"
	"pixelplayground/cmd/pixelctl/loadtest/report"
)

// stressOutcome is what a test under load measured.
type stressOutcome struct {
	tally    ledger.Tally
	findings []fleet.Finding
	end      fleet.Drained
	drawn    time.Duration
	gained   uint64 // sequence numbers, of all regions together
	counted  bool   // gained is known
	bytes    int64  // received
	pixels   int64  // received
}

// describe writes the report.
func (s *Stress) describe(r *report.Report, o stressOutcome, samples *fleet.Sampler) {
	s.mu.Lock()
	r.Events = append(r.Events, s.events...)
	failures := s.failures
	s.mu.Unlock()
	sights := s.Sights.Summary("placed to seen by another")
	acks := s.Acks.Summary("placed to acknowledged")

	s.JudgeDelivery(r, o.tally, o.findings)
	s.JudgeOrder(r, o.findings)
	s.judgePlacing(r, o)
	k := &s.Counters
	broken := k.Broken.Load()
	v := r.Judge("connections", broken == 0 && len(failures) == 0,
		"%s made, %d broke, %d could not be made, %d sent elsewhere by servers that stopped",
		report.Counted(k.Dialled.Load(), "connection"), broken, len(failures), k.Moved.Load())
	for _, err := range report.First(failures, report.MaxDetail) {
		v.Detail = append(v.Detail, err.Error())
	}
	o.end.Judge(r)
	if s.cfg.P99 > 0 {
		limit := float64(s.cfg.P99) / float64(time.Millisecond)
		r.Judge("latency", sights.Count > 0 && sights.P99 <= limit,
			"99%% of the pixels were seen within %.1f ms; %.1f ms is allowed", sights.P99, limit)
	}
	r.Latencies = []report.Latency{sights, acks, s.lag.Summary("behind schedule (of this program)")}
	r.Series = samples.Series
	r.Pods = s.Pods()
	r.Tables = append(r.Tables, s.throughput(o), fleet.Deliveries(o.tally))
}

// judgePlacing judges whether every pixel that was due was placed, acknowledged and numbered.
func (s *Stress) judgePlacing(r *report.Report, o stressOutcome) {
	k := &s.Counters
	planned, acked, refused := s.planned.Load(), k.Acked.Load(), k.Refused.Load()+k.Errors.Load()
	v := r.Judge("placing", acked == planned, "%d of %d pixels acknowledged, %d refused, %d without an answer",
		acked, planned, refused, planned-acked-refused)
	v.Detail = s.Refusals()
	if !o.counted {
		return
	}
	// A refused stroke may have been carried out in part.
	most, others := uint64(planned), ""
	if k.Foreign.Load() > 0 {
		most, others = math.MaxUint64, "; others were drawing too"
	}
	r.Judge("numbering", o.gained >= uint64(acked) && o.gained <= most,
		"the regions' numbers rose by %d for %s acknowledged%s", o.gained, report.Counted(acked, "pixel"), others)
}

// throughput is the table of how much went in and out.
func (s *Stress) throughput(o stressOutcome) report.Table {
	k := &s.Counters
	seconds := max(o.drawn.Seconds(), 0.001)
	perPixel := "-"
	if o.pixels > 0 {
		perPixel = fmt.Sprintf("%.1f", float64(o.bytes)/float64(o.pixels))
	}
	return report.Table{
		Title: "Throughput", Header: []string{"", "total", "per second"},
		Rows: [][]string{
			{"pixels acknowledged", fmt.Sprint(k.Acked.Load()), fmt.Sprintf("%.0f", float64(k.Acked.Load())/seconds)},
			{"pixels received", fmt.Sprint(o.pixels), fmt.Sprintf("%.0f", float64(o.pixels)/seconds)},
			{"bytes received", fmt.Sprint(o.bytes), fmt.Sprintf("%.0f", float64(o.bytes)/seconds)},
			{"bytes per pixel received", perPixel, ""},
			{"clients replaced", fmt.Sprint(s.churned.Load()), fmt.Sprintf("%.1f", float64(s.churned.Load())/seconds)},
			{"replacements left out", fmt.Sprint(s.skipped.Load()), ""},
			{"strokes sent again", fmt.Sprint(k.Again.Load()), ""},
			{"pixels of others received", fmt.Sprint(k.Foreign.Load()), ""},
		},
	}
}
