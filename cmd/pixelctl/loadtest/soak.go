package loadtest

import (
	"context"
	"fmt"
	"sync"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/cmd/pixelctl/loadtest/crew"
	"pixelplayground/cmd/pixelctl/loadtest/fleet"
	"pixelplayground/cmd/pixelctl/loadtest/report"
	"pixelplayground/cmd/pixelctl/loadtest/target"
)

// soakSettle is how long the last answers may take when the drawing is over.
const soakSettle = 30 * time.Second

// SoakConfig says how a soak test draws and which servers it watches. The tags make its fields
// flags of pixelctl, and bound them.
type SoakConfig struct {
	Fleet fleet.Config `kong:"-"`

	Metrics  []string      `placeholder:"URL" help:"Where the servers tell their metrics. Default: /metrics at each target."`
	Sample   time.Duration `placeholder:"TIME" default:"10s" above:"0s" help:"From one look at the metrics to the next."`
	Clients  int           `placeholder:"N" default:"100" min:"1" help:"Users that draw."`
	Rate     float64       `placeholder:"PIXELS" default:"100" above:"0" help:"Pixels per second that they place in all."`
	Duration time.Duration `placeholder:"TIME" default:"4h" help:"How long pixels are placed."`
}

// Validate says what is wrong that no tag can bound, and how to fix it.
func (cfg SoakConfig) Validate() error {
	if cfg.Duration/cfg.Sample < 2*soakLeast {
		return fmt.Errorf("duration %v with a sample every %v: is too short to tell growth: there must be %d samples at least", cfg.Duration, cfg.Sample, 2*soakLeast)
	}
	return fleet.CheckDescriptors(cfg.Clients)
}

// Help is the long help text.
func (SoakConfig) Help() string {
	return "Users draw for hours while the servers' memory, goroutines and file descriptors are watched. None of them may rise by more than a tenth" +
		" during the second half: that is the median of the slopes between all pairs of samples, times the length of that half. Ctrl-C" +
		" ends the test and judges what there is."
}

// Soak draws for hours, and watches what the servers' processes use.
type Soak struct {
	cfg     SoakConfig
	crew    *crew.Crew
	servers []*soakServer
}

// Test makes the test for a fleet; it starts nothing.
func (cfg SoakConfig) Test(f fleet.Config) (report.Test, error) {
	cfg.Fleet = f
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	t := &Soak{cfg: cfg}
	if cfg.Metrics == nil {
		for _, url := range cfg.Fleet.Targets {
			cfg.Metrics = append(cfg.Metrics, target.Site(url)+"/metrics")
		}
	}
	for _, address := range cfg.Metrics {
		t.servers = append(t.servers, newSoakServer(address))
	}
	t.crew = crew.New(crew.Config{
		Fleet: cfg.Fleet, Clients: cfg.Clients, Rate: cfg.Rate,
		Stroke:   func(c *fleet.Client, due time.Duration) (fleet.Stroke, error) { return t.crew.Stroke(c, due, 1), nil },
		Again:    func(fleet.Stroke, canvas.Refusal) {},
		Answered: func(fleet.Stroke, canvas.Refusal) {},
	})
	return t, nil
}

// Run is report.Test's.
func (t *Soak) Run(ctx context.Context) (*report.Report, error) {
	defer t.crew.Close()
	if err := t.crew.Gather(ctx); err != nil {
		return nil, err
	}
	watching, stop := context.WithCancel(ctx)
	defer stop()
	var watch sync.WaitGroup
	watch.Go(func() { t.watch(watching) })
	tally, findings := t.crew.Draw(ctx, t.cfg.Duration, soakSettle)
	stop()
	watch.Wait()
	r := t.crew.NewReport("soak")
	r.MarkInterrupted(ctx, "drawing")
	t.judgeGrowth(r)
	t.judgeAnswers(r)
	t.crew.JudgeSequences(r, tally, findings)
	t.crew.JudgeReturn(r)
	r.Latencies = []report.Latency{t.crew.Acks.Summary("place to ack")}
	r.Series, r.Pods = append(t.crew.Samples.Series, r.Series...), t.crew.Pods()
	return r.Seal(), nil
}

// watch samples the metrics until ctx is done.
func (t *Soak) watch(ctx context.Context) {
	tick := time.NewTicker(t.cfg.Sample)
	defer tick.Stop()
	for {
		var all sync.WaitGroup
		for _, s := range t.servers {
			all.Go(func() { s.sample(ctx, t.crew.Now()) })
		}
		all.Wait()
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// Status is report.Test's.
func (t *Soak) Status() report.Status {
	s := t.crew.Status()
	if refused := t.crew.Refused.Load(); refused > 0 {
		s.Note = report.Number(refused) + " refused"
	}
	return s
}

// judgeGrowth judges what was measured of the servers' processes, and adds it to the report.
func (t *Soak) judgeGrowth(r *report.Report) {
	for i, m := range soakMeasures() {
		r.Verdicts = append(r.Verdicts, m.verdict(i, t.servers))
		for _, s := range t.servers {
			r.Series = append(r.Series, report.Series{Name: s.name, Unit: m.unit, At: s.at, Y: s.y[i]})
		}
	}
	r.Verdicts = append(r.Verdicts, restarts(t.servers))
	for _, s := range t.servers {
		r.Tables = append(r.Tables, s.table())
	}
}

// judgeAnswers checks that no pixel was refused for good or is still unanswered.
func (t *Soak) judgeAnswers(r *report.Report) {
	placed, acked, refused := t.crew.Counters.Placed.Load(), t.crew.Counters.Acked.Load(), t.crew.Refused.Load()+t.crew.Counters.Errors.Load()
	v := r.Judge("answers", acked > 0 && acked == placed, "%s of %s pixels acknowledged", report.Number(acked), report.Number(placed))
	if refused > 0 {
		v.Text += fmt.Sprintf(", %s refused for good", report.Number(refused))
	}
	if again := t.crew.Again.Load(); again > 0 {
		v.Text += fmt.Sprintf("; %s times one was refused for a while", report.Number(again))
	}
}
