package loadtest

import (
	"context"
	"errors"
	"fmt"
	"image"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"pixelplayground/actors/canvas"
)

// soakSettle is how long everything may take to be answered when the drawing is over.
const soakSettle = 30 * time.Second

// SoakConfig says how a soak test draws and whom it watches.
type SoakConfig struct {
	Targets  []string // WebSocket URLs
	Metrics  []string // URLs of the servers' metrics; nil: /metrics of each target
	Clients  int
	Rate     float64 // pixels per second of all together
	Duration time.Duration
	Sample   time.Duration   // from one look at the metrics to the next
	Area     image.Rectangle // to draw on; empty: the whole canvas
}

// Validate says what is wrong and how to fix it.
func (c SoakConfig) Validate() error {
	switch {
	case c.Sample <= 0:
		return fmt.Errorf("sample %v: must be more than 0, for example 10s", c.Sample)
	case len(c.Targets) == 0:
		return errors.New("target: must be given, for example ws://127.0.0.1:8080/ws")
	case c.Clients < 1:
		return fmt.Errorf("clients %d: must be 1 or more", c.Clients)
	case c.Rate <= 0:
		return fmt.Errorf("rate %v: must be more than 0", c.Rate)
	case c.Sample <= 0 || c.Duration/c.Sample < 2*soakLeast:
		return fmt.Errorf("duration %v with a sample every %v: is too short to tell growth: there must be %d samples at least", c.Duration, c.Sample, 2*soakLeast)
	}
	return nil
}

// Soak draws for hours, and watches what the servers' processes take.
type Soak struct {
	cfg     SoakConfig
	crew    *crew
	stage   progress
	plan    auditPlan // set before anything is drawn
	next    atomic.Int64
	servers []*soakServer
}

// NewSoak sets a test up; it starts nothing.
func NewSoak(cfg SoakConfig) (*Soak, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	t := &Soak{cfg: cfg}
	t.stage.enter("connecting", 0)
	if cfg.Metrics == nil {
		for _, target := range cfg.Targets {
			cfg.Metrics = append(cfg.Metrics, Site(target)+"/metrics")
		}
	}
	for _, address := range cfg.Metrics {
		t.servers = append(t.servers, newSoakServer(address))
	}
	var err error
	t.crew, err = newCrew(crewConfig{
		urls: cfg.Targets, clients: cfg.Clients, rate: cfg.Rate,
		// After 16 million pixels places and colours come again.
		next: func(canvas.Author, time.Duration) (int, canvas.Dot, error) {
			n := int(t.next.Add(1)-1) % auditColors
			return n, t.plan.dot(n), nil
		},
		again:   func(int, canvas.Refusal) {},
		settled: func(int, canvas.Dot, auditState) {},
	})
	return t, err
}

// Run runs the test, until it is over or ctx is done: what was found until then is in the
// report. It may be called once. The error is that the servers could not be reached.
func (t *Soak) Run(ctx context.Context) (*Report, error) {
	t.crew.begin()
	defer t.crew.close()
	connecting, cancel := context.WithTimeout(ctx, chaosConnect)
	defer cancel()
	if err := t.crew.open(connecting); err != nil {
		return nil, err
	}
	var err error
	t.plan, err = newAuditPlan(t.crew.painters[0].link.Welcome().Geometry, t.cfg.Area, rand.Uint64())
	if err != nil {
		return nil, err
	}

	t.stage.enter("drawing", t.cfg.Duration)
	watching, stop := context.WithCancel(ctx)
	defer stop()
	var watch sync.WaitGroup
	watch.Go(func() { t.watch(watching) })
	interrupted := t.crew.draw(ctx, t.cfg.Duration, soakSettle) != nil
	stop()
	watch.Wait()
	return t.report(interrupted), nil
}

// watch looks at the metrics until ctx is done.
func (t *Soak) watch(ctx context.Context) {
	tick := time.NewTicker(t.cfg.Sample)
	defer tick.Stop()
	for {
		var all sync.WaitGroup
		for _, s := range t.servers {
			all.Go(func() { s.sample(ctx, t.crew.now()) })
		}
		all.Wait()
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// Status is what a display shows.
func (t *Soak) Status() Status {
	s := t.crew.status(t.stage.status())
	if refused := t.crew.refused.Load(); refused > 0 {
		s.Note = number(refused) + " refused"
	}
	return s
}

// report puts everything together.
func (t *Soak) report(interrupted bool) *Report {
	r := &Report{
		Test: "soak", Started: t.crew.start, Seconds: round(t.crew.now().Seconds()), Targets: t.cfg.Targets,
		Latencies: []Latency{t.crew.acks.Summary("place to ack")}, Series: t.crew.series(), Nodes: t.crew.nodes(),
	}
	for i, m := range soakMeasures() {
		r.Verdicts = append(r.Verdicts, m.verdict(i, t.servers))
		for _, s := range t.servers {
			r.Series = append(r.Series, Series{Name: s.name, Unit: m.unit, At: s.at, Y: s.y[i]})
		}
	}
	r.Verdicts = append(r.Verdicts, restarts(t.servers), t.answers(interrupted), t.crew.continuity(), t.crew.returned())
	for _, s := range t.servers {
		r.Tables = append(r.Tables, s.table())
	}
	r.Passed = !slices.ContainsFunc(r.Verdicts, func(v Verdict) bool { return !v.Passed })
	return r
}

// answers checks that no pixel was refused for good, or is without an answer.
func (t *Soak) answers(interrupted bool) Verdict {
	placed, acked, refused := t.crew.placed.Load(), t.crew.acked.Load(), t.crew.refused.Load()
	v := Verdict{Name: "answers", Passed: acked > 0 && refused == 0 && (interrupted || acked == placed)}
	v.Text = fmt.Sprintf("%s of %s pixels acknowledged", number(acked), number(placed))
	if refused > 0 {
		v.Text += fmt.Sprintf(", %s refused for good", number(refused))
	}
	if again := t.crew.again.Load(); again > 0 {
		v.Text += fmt.Sprintf("; %s times one was refused for a while", number(again))
	}
	if interrupted {
		v.Text += "; the test was interrupted"
	}
	return v
}
