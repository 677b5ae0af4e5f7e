package loadtest

import (
	"context"
	"fmt"
	"image"
	"math"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"pixelplayground/cmd/pixelctl/loadtest/fleet"
	"pixelplayground/cmd/pixelctl/loadtest/report"
)

const (
	// leavePatience is how long a leaving client may wait for what it is owed.
	leavePatience = 10 * time.Second
	// viewports is how many different parts of the canvas are watched.
	viewports = 16
	// maxLeaving is how many clients may be on their way in or out at once.
	maxLeaving = 256
)

// StressConfig describes an open load: pixels are placed when they are due, whatever becomes of
// those before. The tags make its fields flags of pixelctl, and bound them.
type StressConfig struct {
	Fleet fleet.Config `kong:"-"`

	Clients   int           `placeholder:"N" default:"100" min:"2" why:"one that places and one that sees it" help:"Users that are connected at the same time."`
	Rate      float64       `placeholder:"PIXELS" default:"100" min:"0" max:"1000000" help:"Pixels per second that they place in all. Each has its moment, whether or not those before were answered; 0: they only watch."`
	Stroke    int           `placeholder:"PIXELS" default:"1" min:"1" max:"4096" help:"Pixels placed at once, as a stroke of a pen is."`
	Duration  time.Duration `placeholder:"TIME" default:"30s" min:"1s" help:"How long pixels are placed."`
	Churn     float64       `placeholder:"N" default:"0" min:"0" max:"1000" help:"Users per second that leave; as many come."`
	Steady    float64       `placeholder:"SHARE" default:"0.5" min:"0" max:"1" why:"it is a share" help:"Share of the users that stay although there is churn. They place the pixels."`
	Viewports float64       `placeholder:"SHARE" default:"0" min:"0" max:"1" why:"it is a share" help:"Share of the users that see about a quarter of the canvas instead of all."`
	P99       time.Duration `name:"p99" placeholder:"TIME" help:"Fail if 1% of the pixels take longer than this until another user sees them."`
}

// Validate says what is wrong that no tag can bound, and how to fix it.
func (cfg StressConfig) Validate() error {
	switch {
	case cfg.Churn > 0 && cfg.steady() == cfg.Clients:
		return fmt.Errorf("churn %g: needs clients that may leave: lower steady, which is %g, or add clients", cfg.Churn, cfg.Steady)
	case cfg.Fleet.JSON && cfg.Viewports > 0:
		return fmt.Errorf("viewports %g: clients of the JSON protocol see the whole canvas: set it to 0", cfg.Viewports)
	case cfg.Fleet.JSON && cfg.Rate*cfg.Duration.Seconds() > fleet.MaxProbes:
		return fmt.Errorf("rate %g for %v: with the JSON protocol at most %d pixels can be told apart: shorten one of them",
			cfg.Rate, cfg.Duration, fleet.MaxProbes)
	}
	return fleet.CheckDescriptors(cfg.Clients)
}

// Help is the long help text.
func (StressConfig) Help() string {
	return "Latencies count from the moment when a pixel was due, so a server that stalls can't hide it. What each user must receive" +
		" follows from the sequence numbers between coming and leaving; anything missing or received twice is listed."
}

// steady is how many clients stay: at least one, which places.
func (cfg StressConfig) steady() int {
	if cfg.Churn == 0 {
		return cfg.Clients
	}
	return max(1, int(math.Round(cfg.Steady*float64(cfg.Clients))))
}

// Stress is a test under an open load.
type Stress struct {
	cfg StressConfig
	*fleet.Fleet

	planned atomic.Int64     // pixels that were due
	lag     *report.Recorder // from when a stroke was due until it was given to its client
	churned atomic.Int64
	skipped atomic.Int64 // turns of the churn left out because too many clients were on their way
	crowd   sync.WaitGroup
	moving  chan *fleet.Client // clients that may leave, the oldest first; churn takes, whoever joined is put back

	mu       sync.Mutex
	failures []error // clients that could not join
	events   []report.Event
}

// Test makes the test for a fleet; it starts nothing.
func (cfg StressConfig) Test(f fleet.Config) (report.Test, error) {
	f.Clients = cfg.Clients
	cfg.Fleet = f
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	s := &Stress{cfg: cfg, lag: report.NewRecorder()}
	cfg.Fleet.Hooks.Lost = func(c *fleet.Client, err error) {
		s.event("broken", fmt.Sprintf("client %d: %v", c.Index, err))
	}
	s.Fleet = fleet.New(cfg.Fleet)
	return s, nil
}

// Run is report.Test's.
func (s *Stress) Run(ctx context.Context) (*report.Report, error) {
	defer s.Close()
	r := s.NewReport("stress")
	s.Enter("connecting", 0)
	steady, err := s.gather(ctx)
	if err != nil {
		return nil, err
	}
	var before []uint64
	if !s.cfg.Fleet.JSON {
		if before, err = s.Positions(ctx); err != nil {
			return nil, err
		}
	}
	bytes, pixels := s.Counters.Bytes.Load(), s.Counters.Pixels.Load()
	s.Enter("drawing", s.cfg.Duration)
	began := s.Now()
	samples := s.load(ctx, steady)
	r.MarkInterrupted(ctx, "drawing")
	drawn := s.Now() - began
	s.Enter("settling", 0)
	end, err := s.Drain(ctx)
	if err != nil {
		return nil, err
	}
	tally, findings := s.Settle(end.Goal)
	outcome := stressOutcome{
		tally: tally, findings: findings, end: end, drawn: drawn,
		gained: gained(before, end.Goal.Seqs), counted: before != nil,
		bytes: s.Counters.Bytes.Load() - bytes, pixels: s.Counters.Pixels.Load() - pixels,
	}
	s.describe(r, outcome, samples)
	return r.Seal(), nil
}

// gained is how many sequence numbers all regions together advanced.
func gained(before, after []uint64) (n uint64) {
	for i := range before {
		n += after[i] - min(before[i], after[i])
	}
	return n
}

// gather connects the crowd, and returns the clients that stay and place.
func (s *Stress) gather(ctx context.Context) (steady []*fleet.Client, err error) {
	if err := s.Open(ctx); err != nil {
		return nil, err
	}
	if err := s.Affordable(s.cfg.Rate, s.cfg.steady()); err != nil {
		return nil, err
	}
	views := s.views()
	clients, err := s.JoinAll(ctx, s.cfg.Clients, func(i int) *fleet.Viewport { return views[i%len(views)] })
	if err != nil {
		return nil, err
	}
	n := s.cfg.steady()
	s.moving = make(chan *fleet.Client, len(clients)-n)
	for _, c := range clients[n:] {
		s.moving <- c
	}
	return clients[:n], nil
}

// views is the viewports that clients take in turn, so that the configured share of them sees only
// a part of the canvas. The first client sees all of it.
func (s *Stress) views() []*fleet.Viewport {
	const round = 100 // a share is exact to a percent
	w := s.Welcome().Geometry
	var parts []*fleet.Viewport
	for range viewports {
		width, height := max(w.Width/2, 1), max(w.Height/2, 1)
		x, y := rand.IntN(w.Width-width+1), rand.IntN(w.Height-height+1)
		parts = append(parts, s.Part(image.Rect(x, y, x+width, y+height)))
	}
	views, all := make([]*fleet.Viewport, round), s.All()
	for i := range views {
		views[i] = all
		// Spread the share evenly: for 0.25, every fourth.
		if share := s.cfg.Viewports; math.Floor(float64(i+1)*share) > math.Floor(float64(i)*share) && i > 0 {
			views[i] = parts[i%len(parts)]
		}
	}
	return views
}

// event notes something that happened.
func (s *Stress) event(kind, text string) {
	const kept = 200
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.events) < kept {
		s.events = append(s.events, report.Event{At: report.Round(s.Now().Seconds()), Kind: kind, Text: text})
	}
}
