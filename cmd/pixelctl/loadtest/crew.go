package loadtest

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/codec"
	"pixelplayground/transport/client"
)

const (
	// crewSample is how often rates are sampled, unless the test is so long that this
	// would be more than maxPoints: often enough to see who is away for half a second.
	crewSample = 250 * time.Millisecond
	// crewPoll is how often to check whether every pixel is answered and everyone connected.
	crewPoll = 20 * time.Millisecond
	// crewRetry is the pause after a refusal that names none.
	crewRetry = 100 * time.Millisecond
)

// crew is a fleet that draws at a steady rate, and places again what was refused for a while.
// It records who lost the connection.
type crew struct {
	*Fleet
	cfg     crewConfig
	clients []*Client
	outages *outages
	samples *sampler
	back    chan int // indexes of clients that have a connection again, and should draw at once

	again, refused, retrying atomic.Int64 // pixels; again: each time one was refused for a while

	mu   sync.Mutex
	gone []string // why clients can't go on, the first few
}

type crewConfig struct {
	fleet   FleetConfig
	clients int
	rate    float64 // pixels per second, of all together
	// stroke makes a client's next pixel.
	stroke func(c *Client, due time.Duration) (Stroke, error)
	// again says that a pixel was refused for a while and will be placed once more.
	again func(s Stroke, why canvas.Refusal)
	// answered says what became of it.
	answered func(s Stroke, state auditState)
}

// newCrew makes one; it starts nothing.
func newCrew(cfg crewConfig) (*crew, error) {
	c := &crew{cfg: cfg, outages: newOutages(), back: make(chan int, cfg.clients)}
	cfg.fleet.Hooks = Hooks{
		Lost: func(lost *Client, _ error) { c.outages.lost(lost.Index, c.Now()) },
		Back: func(back *Client, _ time.Duration) {
			if c.outages.back(back.Index, c.Now()) {
				select {
				case c.back <- back.Index:
				default: // it is in there already
				}
			}
		},
		Answered: c.onAnswered,
	}
	var err error
	c.Fleet, err = NewFleet(cfg.fleet)
	return c, err
}

// gather connects the clients, each of which follows two regions.
func (c *crew) gather(ctx context.Context) error {
	c.enter("connecting", 0)
	if err := c.Open(ctx); err != nil {
		return err
	}
	if err := c.affordable(c.cfg.rate, c.cfg.clients); err != nil {
		return err
	}
	regions := c.welcome.Geometry.Regions()
	var err error
	c.clients, err = c.JoinAll(ctx, c.cfg.clients, func(i int) *Viewport {
		return c.Only(canvas.RegionID(i%regions), canvas.RegionID((7*i+3)%regions))
	})
	return err
}

// draw draws until duration is over or ctx is done. It returns when every pixel is answered and
// everyone is connected and up to date, or when that takes longer than settle.
func (c *crew) draw(ctx context.Context, duration, settle time.Duration) (Tally, []Finding) {
	c.enter("drawing", duration)
	var helpers sync.WaitGroup
	sampling, stop := context.WithCancel(context.WithoutCancel(ctx))
	drawing, over := context.WithCancel(ctx)
	c.samples = newSampler(c.Fleet, max(crewSample, duration/maxPoints))
	helpers.Go(func() { c.samples.run(sampling) })
	helpers.Go(func() { c.hurry(drawing) })
	every := time.Duration(float64(time.Second) / c.cfg.rate)
	c.Pace(ctx, int(c.cfg.rate*duration.Seconds()), every, func(k int, due time.Duration) { c.begin(c.clients[k%len(c.clients)], due) })
	over()

	patient, cancel := context.WithTimeout(context.WithoutCancel(ctx), settle)
	defer cancel()
	for (c.open() > 0 || c.outages.away() > 0) && wait(patient, crewPoll) == nil {
	}
	stop()
	helpers.Wait()
	goal := c.Goal()
	c.Await(patient, c.clients, goal)
	return c.Settle(goal)
}

// open counts the pixels without a final answer.
func (c *crew) open() int { return c.unanswered(c.clients) + int(c.retrying.Load()) }

// hurry places a pixel for each client that is back, to see when its pixels are acknowledged again.
func (c *crew) hurry(ctx context.Context) {
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
func (c *crew) begin(client *Client, due time.Duration) {
	s, err := c.cfg.stroke(client, due)
	if err != nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		if len(c.gone) < auditNamed {
			c.gone = append(c.gone, fmt.Sprintf("%v: %v", client, err))
		}
		return
	}
	c.Counters.Placed.Add(1)
	c.place(client, s)
}

// place places a pixel now, or later if there is no room or, in the JSON protocol, no connection.
func (c *crew) place(client *Client, s Stroke) {
	if client.Place(s) != nil {
		c.later(client, s, crewRetry)
	}
}

// later places a pixel after a pause.
func (c *crew) later(client *Client, s Stroke, pause time.Duration) {
	c.retrying.Add(1)
	time.AfterFunc(pause, func() {
		c.place(client, s)
		c.retrying.Add(-1)
	})
}

// onAnswered records what became of a pixel, and has it placed again if it was refused for a while.
func (c *crew) onAnswered(by *Client, s Stroke, r codec.Refused) {
	refused := client.RefusedError{Code: r.Code}
	switch {
	case r.Code == 0:
		c.outages.acked(by.Index, c.Now())
		c.cfg.answered(s, auditAcked)
	case refused.Again():
		c.again.Add(1)
		c.cfg.again(s, r.Code)
		c.later(by, s, max(r.Retry, crewRetry))
	default:
		c.refused.Add(1)
		c.cfg.answered(s, auditRefused)
	}
}

// judgeReturn checks that everyone who lost the connection has one again.
func (c *crew) judgeReturn(r *Report) {
	c.mu.Lock()
	gone := slices.Clone(c.gone)
	c.mu.Unlock()
	for _, client := range c.clients {
		if err := client.Gone(); err != nil {
			gone = append(gone, fmt.Sprintf("%v: %v", client, err))
		}
	}
	o := c.outages.all()
	v := r.judge("reconnect", o.Missing == 0 && len(gone) == 0, "no connection broke")
	v.Detail = first(gone, auditNamed)
	switch {
	case o.Missing > 0:
		v.Text = fmt.Sprintf("%s of %s that lost the connection are not back", number(o.Missing), Counted(o.Affected, "client"))
	case o.Affected > 0:
		v.Text = fmt.Sprintf("%s broke, of %s; all are back: median %s, longest %s",
			Counted(len(o.Reconnect), "connection"), Counted(o.Affected, "client"), span(median(o.Reconnect)), span(longest(o.Reconnect)))
	}
	if len(gone) > 0 {
		v.Text += fmt.Sprintf("; %s can't go on", Counted(len(gone), "client"))
	}
}

// judgeSequences checks that every client was shown its regions' numbers without a gap, and none twice.
func (c *crew) judgeSequences(r *Report, t Tally, findings []Finding) {
	v := r.judge("order", t.Missing+t.Late+t.Duplicates+t.Replaced == 0,
		"%s saw their regions' numbers continue: %d missing, %d late, %d twice, %d by snapshot; %d strokes were sent again",
		Counted(len(c.clients), "client"), t.Missing, t.Late, t.Duplicates, t.Restored, c.Counters.Again.Load())
	v.Detail = listed(findings, "missing", "late", "duplicate", "replaced")
}
