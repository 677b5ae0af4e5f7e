// Package crew is a fleet that draws at a steady rate even though servers fail: pixels refused for
// a while are placed again, and lost connections are recorded. The chaos and soak tests are built
// on it.
package crew

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/cmd/pixelctl/loadtest/fleet"
	"pixelplayground/cmd/pixelctl/loadtest/ledger"
	"pixelplayground/cmd/pixelctl/loadtest/report"
	"pixelplayground/codec"
	"pixelplayground/transport/client/wire"
)

const (
	// crewSample is how often rates are sampled, unless the test is so long that this would be too many
	// points. It is often enough to see a client that is away for half a second.
	crewSample = 250 * time.Millisecond
	// crewPoll is how often to check whether every pixel is answered and everyone connected.
	crewPoll = 20 * time.Millisecond
	// crewRetry is the pause after a refusal that names no pause.
	crewRetry = 100 * time.Millisecond
)

// Crew is a fleet that draws at a steady rate, and places again what was refused for a while. It
// records which clients lost the connection.
type Crew struct {
	*fleet.Fleet
	cfg     Config
	clients []*fleet.Client
	Outages *Outages
	Samples *fleet.Sampler
	back    chan int // indexes of clients that have a connection again, and should draw at once

	Again, Refused, retrying atomic.Int64 // in pixels; Again counts a pixel each time it is refused for a while

	mu   sync.Mutex
	gone []string // why some clients can't go on, the first few
}

type Config struct {
	Fleet   fleet.Config
	Clients int
	Rate    float64 // pixels per second, of all clients together
	// Stroke makes a client's next pixel.
	Stroke func(c *fleet.Client, due time.Duration) (fleet.Stroke, error)
	// Again says that a pixel was refused for a while and will be placed once more.
	Again func(s fleet.Stroke, why canvas.Refusal)
	// Answered says what became of a pixel; why 0: it was acknowledged.
	Answered func(s fleet.Stroke, why canvas.Refusal)
	// Ended is called when the drawing is over, before what is open is waited for; nil: nothing to do.
	Ended func()
	// Others are for the clients that do not belong to the crew: those that join after it.
	Others fleet.Hooks
}

// New makes a crew; it starts nothing.
func New(cfg Config) *Crew {
	c := &Crew{cfg: cfg, Outages: newOutages(), back: make(chan int, cfg.Clients)}
	cfg.Fleet.Hooks = c.hooks()
	cfg.Fleet.Clients = cfg.Clients
	c.Fleet = fleet.New(cfg.Fleet)
	return c
}

// hooks tell the crew of its own clients, and the caller of others.
func (c *Crew) hooks() fleet.Hooks {
	own, others := func(client *fleet.Client) bool { return client.Index < c.cfg.Clients }, &c.cfg.Others
	return fleet.Hooks{
		Welcomed: func(client *fleet.Client) {
			if !own(client) && others.Welcomed != nil {
				others.Welcomed(client)
			}
		},
		Lost: func(lost *fleet.Client, err error) {
			if own(lost) {
				c.Outages.lost(lost.Index, c.Now())
			} else if others.Lost != nil {
				others.Lost(lost, err)
			}
		},
		Back: func(back *fleet.Client, _ time.Duration) {
			if own(back) && c.Outages.back(back.Index, c.Now()) {
				select {
				case c.back <- back.Index:
				default: // the client is in the channel already
				}
			}
		},
		Answered: func(by *fleet.Client, s fleet.Stroke, r codec.Refused) {
			if own(by) {
				c.onAnswered(by, s, r)
			} else if others.Answered != nil {
				others.Answered(by, s, r)
			}
		},
	}
}

// Gather connects the clients. Each follows two regions.
func (c *Crew) Gather(ctx context.Context) error {
	c.Enter("connecting", 0)
	if err := c.Open(ctx); err != nil {
		return err
	}
	if err := c.Affordable(c.cfg.Rate, c.cfg.Clients); err != nil {
		return err
	}
	regions := c.Welcome().Geometry.Regions()
	var err error
	c.clients, err = c.JoinAll(ctx, c.cfg.Clients, func(i int) *fleet.Viewport {
		return c.Only(canvas.RegionID(i%regions), canvas.RegionID((7*i+3)%regions))
	})
	return err
}

// Draw draws until duration is over or ctx is done. It returns when every pixel is answered and
// every client is connected and up to date, or when that takes longer than settle.
func (c *Crew) Draw(ctx context.Context, duration, settle time.Duration) (ledger.Tally, []fleet.Finding) {
	c.Enter("drawing", duration)
	var helpers sync.WaitGroup
	sampling, stop := context.WithCancel(context.WithoutCancel(ctx))
	drawing, over := context.WithCancel(ctx)
	c.Samples = fleet.NewSampler(c.Fleet, crewSample, duration)
	helpers.Go(func() { c.Samples.Run(sampling) })
	helpers.Go(func() { c.hurry(drawing) })
	every := time.Duration(float64(time.Second) / c.cfg.Rate)
	c.Pace(ctx, int(c.cfg.Rate*duration.Seconds()), every, func(k int, due time.Duration) { c.begin(c.clients[k%len(c.clients)], due) })
	over()
	if c.cfg.Ended != nil {
		c.cfg.Ended()
	}

	patient, cancel := context.WithTimeout(context.WithoutCancel(ctx), settle)
	defer cancel()
	for (c.open() > 0 || c.Outages.away() > 0) && fleet.Wait(patient, crewPoll) == nil {
	}
	stop()
	helpers.Wait()
	goal := c.Goal()
	c.Await(patient, c.clients, goal)
	return c.Settle(goal)
}

// open counts the pixels without a final answer.
func (c *Crew) open() int { return c.Unanswered(c.clients) + int(c.retrying.Load()) }

// hurry places a pixel for each client that is back, to see when its pixels are acknowledged again.
func (c *Crew) hurry(ctx context.Context) {
	for {
		select {
		case i := <-c.back:
			c.begin(c.clients[i], c.Now())
		case <-ctx.Done():
			return
		}
	}
}

// begin places a new pixel.
func (c *Crew) begin(client *fleet.Client, due time.Duration) {
	s, err := c.cfg.Stroke(client, due)
	if err != nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		if len(c.gone) < report.MaxDetail {
			c.gone = append(c.gone, fmt.Sprintf("%v: %v", client, err))
		}
		return
	}
	c.Counters.Placed.Add(1)
	c.place(client, s)
}

// place places a pixel now, or later if there is no room or, in the JSON protocol, no connection.
func (c *Crew) place(client *fleet.Client, s fleet.Stroke) {
	if client.Place(s) != nil {
		c.later(client, s, crewRetry)
	}
}

// later places a pixel after a pause.
func (c *Crew) later(client *fleet.Client, s fleet.Stroke, pause time.Duration) {
	c.retrying.Add(1)
	time.AfterFunc(pause, func() {
		c.place(client, s)
		c.retrying.Add(-1)
	})
}

// onAnswered records what became of a pixel, and has it placed again if it was refused for a while.
func (c *Crew) onAnswered(by *fleet.Client, s fleet.Stroke, r codec.Refused) {
	switch {
	case r.Code == 0:
		c.Outages.acked(by.Index, c.Now())
		c.cfg.Answered(s, 0)
	case wire.Again(r.Code):
		c.Again.Add(1)
		c.cfg.Again(s, r.Code)
		c.later(by, s, max(r.Retry, crewRetry))
	default:
		c.Refused.Add(1)
		c.cfg.Answered(s, r.Code)
	}
}

// JudgeReturn checks that every client that lost its connection has one again.
func (c *Crew) JudgeReturn(r *report.Report) {
	c.mu.Lock()
	gone := slices.Clone(c.gone)
	c.mu.Unlock()
	for _, client := range c.clients {
		if err := client.Gone(); err != nil {
			gone = append(gone, fmt.Sprintf("%v: %v", client, err))
		}
	}
	o := c.Outages.All()
	v := r.Judge("reconnect", o.Missing == 0 && len(gone) == 0, "no connection broke")
	v.Detail = report.First(gone, report.MaxDetail)
	switch {
	case o.Missing > 0:
		v.Text = fmt.Sprintf("%s of %s that lost the connection are not back", report.Number(o.Missing), report.Counted(o.Affected, "client"))
	case o.Affected > 0:
		v.Text = fmt.Sprintf("%s broke, of %s; all are back: median %s, longest %s",
			report.Counted(len(o.Reconnect), "connection"), report.Counted(o.Affected, "client"), report.Span(report.Median(o.Reconnect)), report.Span(Longest(o.Reconnect)))
	}
	if len(gone) > 0 {
		v.Text += fmt.Sprintf("; %s can't go on", report.Counted(len(gone), "client"))
	}
}

// JudgeSequences checks that every client was shown its regions' sequence numbers without a gap,
// and none twice.
func (c *Crew) JudgeSequences(r *report.Report, t ledger.Tally, findings []fleet.Finding) {
	v := r.Judge("order", t.Missing+t.Late+t.Duplicates+t.Replaced == 0,
		"%s saw their regions' numbers continue: %d missing, %d late, %d twice, %d by snapshot; %d strokes were sent again",
		report.Counted(len(c.clients), "client"), t.Missing, t.Late, t.Duplicates, t.Restored, c.Counters.Again.Load())
	v.Detail = fleet.Listed(findings, "missing", "late", "duplicate", "replaced")
}
