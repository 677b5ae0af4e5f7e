package loadtest

import (
	"fmt"
	"math"
	"time"
)

// maxDetail is how many findings a verdict lists.
const maxDetail = 20

// stressOutcome is what a test under load measured.
type stressOutcome struct {
	tally    Tally
	findings []Finding
	end      Drained
	drawn    time.Duration
	gained   uint64 // numbers, all regions together
	counted  bool   // gained is known
	bytes    int64  // received
	pixels   int64  // received
}

// describe writes the report.
func (s *Stress) describe(r *Report, o stressOutcome, samples *sampler) {
	s.mu.Lock()
	r.Events = append(r.Events, s.events...)
	failures := s.failures
	s.mu.Unlock()
	sights := s.fleet.Sights.Summary("placed to seen by another")
	acks := s.fleet.Acks.Summary("placed to acknowledged")

	r.deliver(o.tally, o.findings, s.cfg.Fleet.JSON)
	s.fleet.judgeOrder(r, o.findings)
	s.judgePlacing(r, o)
	k := &s.fleet.Counters
	broken := k.Broken.Load()
	v := r.judge("connections", broken == 0 && len(failures) == 0,
		"%s made, %d broke, %d could not be made, %d sent elsewhere by servers that stopped",
		Counted(k.Dialled.Load(), "connection"), broken, len(failures), k.Moved.Load())
	for _, err := range first(failures, maxDetail) {
		v.Detail = append(v.Detail, err.Error())
	}
	r.settle(o.end)
	if s.cfg.P99 > 0 {
		limit := float64(s.cfg.P99) / float64(time.Millisecond)
		r.judge("latency", sights.Count > 0 && sights.P99 <= limit,
			"99%% of the pixels were seen within %.1f ms; %.1f ms is allowed", sights.P99, limit)
	}
	r.Latencies = []Latency{sights, acks, s.lag.Summary("behind schedule (of this program)")}
	r.Series = samples.series
	r.Nodes = s.fleet.Nodes()
	r.Tables = append(r.Tables, s.throughput(o), deliveries(o.tally))
}

// judgePlacing says whether every pixel that was due was placed, acknowledged and numbered.
func (s *Stress) judgePlacing(r *Report, o stressOutcome) {
	k := &s.fleet.Counters
	planned, acked, refused := s.planned.Load(), k.Acked.Load(), k.Refused.Load()+k.Errors.Load()
	v := r.judge("placing", acked == planned, "%d of %d pixels acknowledged, %d refused, %d without an answer",
		acked, planned, refused, planned-acked-refused)
	v.Detail = s.fleet.Refusals()
	if !o.counted {
		return
	}
	// A stroke that was refused may have been carried out in part.
	most, others := uint64(planned), ""
	if k.Foreign.Load() > 0 {
		most, others = math.MaxUint64, "; others were drawing too"
	}
	r.judge("numbering", o.gained >= uint64(acked) && o.gained <= most,
		"the regions' numbers rose by %d for %s acknowledged%s", o.gained, Counted(acked, "pixel"), others)
}

// throughput is how much went in and out.
func (s *Stress) throughput(o stressOutcome) Table {
	k := &s.fleet.Counters
	seconds := max(o.drawn.Seconds(), 0.001)
	perPixel := "-"
	if o.pixels > 0 {
		perPixel = fmt.Sprintf("%.1f", float64(o.bytes)/float64(o.pixels))
	}
	return Table{
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
