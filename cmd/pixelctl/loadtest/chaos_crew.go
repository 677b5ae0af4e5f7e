package loadtest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/transport/client"
)

const (
	// crewHandshakes is how many painters connect at a time.
	crewHandshakes = 64
	// crewSample is how often rates are taken for the report, but in a test so long that this
	// would be more than maxPoints: often enough to see who is away for half a second.
	crewSample = 250 * time.Millisecond
	// crewPoll is how often to look whether all painters are connected.
	crewPoll = 20 * time.Millisecond
)

// crew is painters that draw together at a steady rate: they take turns, and each pixel has its
// moment, whatever became of those before.
type crew struct {
	cfg      crewConfig
	start    time.Time // times count from here; begin sets it
	painters []*painter
	outages  *outages
	acks     *Recorder // from when a pixel was due until it was acknowledged

	opened                        atomic.Int64 // painters
	placed, acked, again, refused atomic.Int64 // pixels; again: refused for a while, each time

	mu      sync.Mutex
	last    Latency // of the last sample's acknowledgements
	samples crewSamples
	gone    []string // painters whom the server does not want any more, the first few
}

type crewConfig struct {
	urls    []string
	clients int
	rate    float64 // pixels per second, of all together
	// next numbers a new pixel of a user.
	next func(owner canvas.Author, due time.Duration) (n int, dot canvas.Dot, err error)
	// again says that a pixel was refused for a while and will be placed once more.
	again func(n int, why canvas.Refusal)
	// settled says what became of it.
	settled func(n int, dot canvas.Dot, state auditState)
}

// crewSamples is what the report draws over time.
type crewSamples struct {
	placed, acked, connected, p50, p99 Series
}

func newCrew(cfg crewConfig) (*crew, error) {
	c := &crew{cfg: cfg, outages: newOutages(), acks: NewRecorder()}
	c.samples = crewSamples{
		placed: Series{Name: "placed", Unit: "pixels/s"}, acked: Series{Name: "acknowledged", Unit: "pixels/s"},
		connected: Series{Name: "connected", Unit: "clients"},
		p50:       Series{Name: "place to ack, p50", Unit: "ms"}, p99: Series{Name: "place to ack, p99", Unit: "ms"},
	}
	for i := range cfg.clients {
		p, err := newPainter(c, i)
		if err != nil {
			return nil, err
		}
		c.painters = append(c.painters, p)
	}
	return c, nil
}

// begin starts the clock.
func (c *crew) begin() { c.start = time.Now() }

// now is the time since then.
func (c *crew) now() time.Duration { return time.Since(c.start) }

// due is when pixel k of a painter is to be placed, after begin.
func (c *crew) due(painter, k int, begin time.Duration) time.Duration {
	turn := float64(k)*float64(c.cfg.clients) + float64(painter)
	return begin + time.Duration(turn/c.cfg.rate*float64(time.Second))
}

// open connects all painters.
func (c *crew) open(ctx context.Context) error {
	var wait sync.WaitGroup
	slots, failed := make(chan struct{}, crewHandshakes), make(chan error, len(c.painters))
	for _, p := range c.painters {
		slots <- struct{}{}
		wait.Go(func() {
			defer func() { <-slots }()
			if err := p.link.Open(ctx); err != nil {
				failed <- err
				return
			}
			c.opened.Add(1)
		})
	}
	wait.Wait()
	close(failed)
	if n := len(failed); n > 0 {
		return fmt.Errorf("%d of %d clients could not connect, one because: %w", n, len(c.painters), <-failed)
	}
	w := c.painters[0].link.Welcome()
	if each := c.cfg.rate / float64(c.cfg.clients); w.Rate > 0 && each > w.Rate {
		return fmt.Errorf("the server allows a client %.4g pixels per second, and each would draw %.4g: use more clients or a lower rate", w.Rate, each)
	}
	return nil
}

// draw draws for so long, and returns when all pixels are settled and everyone is connected, or when
// that takes longer than settle. The error is ctx's.
func (c *crew) draw(ctx context.Context, duration, settle time.Duration) error {
	begin := c.now()
	patient, cancel := context.WithTimeout(ctx, duration+settle)
	defer cancel()
	var sampling, drawing sync.WaitGroup
	stop := make(chan struct{}) // closed when there is nothing more to sample
	sampling.Go(func() { c.sample(max(crewSample, duration/maxPoints), stop) })
	for _, p := range c.painters {
		drawing.Go(func() {
			if err := p.run(patient, begin, begin+duration); err != nil && patient.Err() == nil {
				c.lose(p, err)
			}
		})
	}
	drawing.Wait()
	for c.outages.away() > 0 && patient.Err() == nil {
		time.Sleep(crewPoll)
	}
	close(stop)
	sampling.Wait()
	return ctx.Err()
}

// lose notes a painter that can't go on.
func (c *crew) lose(p *painter, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.gone) < auditNamed {
		c.gone = append(c.gone, fmt.Sprintf("%s: %v", p.name(), err))
	}
}

// sample takes rates until it is told to stop.
func (c *crew) sample(every time.Duration, stop <-chan struct{}) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	var placed, acked int64
	before := c.now()
	for {
		select {
		case <-tick.C:
		case <-stop:
			return
		}
		now, p, a, cut := c.now(), c.placed.Load(), c.acked.Load(), c.acks.Cut()
		seconds := (now - before).Seconds()
		c.mu.Lock()
		s := &c.samples
		s.placed.add(now, float64(p-placed)/seconds)
		s.acked.add(now, float64(a-acked)/seconds)
		s.connected.add(now, float64(len(c.painters)-c.outages.away()))
		if cut.Count > 0 {
			s.p50.add(now, cut.P50)
			s.p99.add(now, cut.P99)
		}
		c.last = cut
		c.mu.Unlock()
		placed, acked, before = p, a, now
	}
}

// add appends a value, of which a plot shows four digits.
func (s *Series) add(at time.Duration, y float64) {
	s.At, s.Y = append(s.At, round(at.Seconds())), append(s.Y, round(y))
}

// close ends all painters and waits for them.
func (c *crew) close() {
	var wait sync.WaitGroup
	for _, p := range c.painters {
		wait.Go(p.link.Close)
	}
	wait.Wait()
}

// status is what a display shows of the crew.
func (c *crew) status(s Status) Status {
	s.Clients, s.Connected = len(c.painters), int(c.opened.Load())-c.outages.away()
	s.Counts = []Count{{"pixels placed", c.placed.Load()}, {"acknowledged", c.acked.Load()}}
	c.mu.Lock()
	defer c.mu.Unlock()
	s.Latency = c.last.P50
	return s
}

// nodes counts the painters by the server that they are connected to.
func (c *crew) nodes() []Node {
	counts := make(map[string]int)
	for _, p := range c.painters {
		counts[p.link.Welcome().Node]++
	}
	var nodes []Node
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		nodes = append(nodes, Node{Name: name, Clients: counts[name]})
	}
	return nodes
}

// returned checks that everyone who lost the connection has one again.
func (c *crew) returned() Verdict {
	o := c.outages.all()
	c.mu.Lock()
	defer c.mu.Unlock()
	v := Verdict{Name: "reconnect", Passed: o.Missing == 0 && len(c.gone) == 0, Detail: slices.Clone(c.gone)}
	switch {
	case o.Affected == 0:
		v.Text = "no connection broke"
	case o.Missing > 0:
		v.Text = fmt.Sprintf("%s of %s that lost the connection are not back", number(o.Missing), Counted(o.Affected, "client"))
	default:
		v.Text = fmt.Sprintf("%s broke, of %s; all are back: median %s, longest %s",
			Counted(len(o.Reconnect), "connection"), Counted(o.Affected, "client"), span(median(o.Reconnect)), span(longest(o.Reconnect)))
	}
	if len(c.gone) > 0 {
		v.Text += fmt.Sprintf("; %s can't go on", Counted(len(c.gone), "client"))
	}
	return v
}

// series is what was sampled.
func (c *crew) series() []Series {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.samples
	return []Series{s.placed, s.acked, s.p50, s.p99, s.connected}
}

// continuity checks that every client, and whoever else is given, was shown positions without a hole.
func (c *crew) continuity(others ...*client.Client) Verdict {
	v := Verdict{Name: "order"}
	var gaps, duplicates, resent, snapshots uint64
	count := func(name string, s client.Stats) {
		gaps, duplicates, resent, snapshots = gaps+s.Gaps, duplicates+s.Duplicates, resent+s.Resent, snapshots+s.Snapshots
		if s.Gaps+s.Duplicates > 0 && len(v.Detail) < auditNamed {
			v.Detail = append(v.Detail, fmt.Sprintf("%s: %d gaps, %d duplicates", name, s.Gaps, s.Duplicates))
		}
	}
	for _, p := range c.painters {
		count(p.name(), p.link.Stats())
	}
	for _, o := range others {
		count("watcher on "+o.Welcome().Node, o.Stats())
	}
	v.Passed = gaps+duplicates == 0
	v.Text = fmt.Sprintf("%s saw their regions' positions continue: %d gaps, %d duplicates; %d snapshots; %d ops were sent again",
		Counted(len(c.painters)+len(others), "client"), gaps, duplicates, snapshots, resent)
	return v
}
