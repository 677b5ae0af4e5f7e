package fleet

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/gobwas/ws"

	"pixelplayground/actors/canvas"
	"pixelplayground/cmd/pixelctl/loadtest/report"
	"pixelplayground/codec"
	"pixelplayground/transport/client/wire"
)

const (
	// maxQueued is how many strokes of one client may be unanswered: those in the server's window, and
	// those that wait because the window is full or the connection broke.
	maxQueued = 4096
	// maxTexts is how many bytes of strokes may wait in the JSON protocol, which has no answers.
	maxTexts = 1 << 20
)

// ErrOverloaded says that a client has no room for another waiting stroke: the load can't be
// offered.
var ErrOverloaded = errors.New("too many strokes are unanswered")

// Stroke is pixels that are placed as one op.
type Stroke struct {
	First uint64       // number of the first pixel; 0: it was not made by Paint
	Dots  []canvas.Dot // at most codec.MaxPlacePixels
	Due   time.Duration
	Tag   any // for the caller's use
}

// Paint places n pixels that can be recognised by their colours, as one stroke (in the JSON
// protocol one by one). Their latencies count from when they were due, so waiting counts too. After
// an error nothing was placed: it is ErrOverloaded or, in the JSON protocol, that the client has no
// connection.
func (f *Fleet) Paint(c *Client, due time.Duration, n int) error {
	f.Counters.Placed.Add(int64(n))
	err := c.Place(f.Stroke(c, due, n))
	if err != nil {
		f.Counters.Refused.Add(int64(n))
	}
	return err
}

// Stroke makes a stroke of n pixels that can be recognised by their colours.
func (f *Fleet) Stroke(c *Client, due time.Duration, n int) Stroke {
	first, dots := f.probes.take(n, c.Index, due)
	return Stroke{First: first, Dots: dots, Due: due}
}

// Affordable returns an error if the server does not allow so many clients that rate.
func (f *Fleet) Affordable(rate float64, clients int) error {
	each := f.welcome.Rate
	if each > 0 && rate > each*float64(clients) {
		return fmt.Errorf("rate %g: the server allows %g pixels per second a client, so %d clients can place %g:"+
			" lower rate, add clients or start the server with a higher --rate", rate, each, clients, each*float64(clients))
	}
	return nil
}

// Place sends a stroke now, or as soon as it can be sent. Its errors are those of Paint.
func (c *Client) Place(s Stroke) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.fleet.cfg.JSON && c.connected == 0:
		return wire.ErrDisconnected
	case c.pending.Len() >= maxQueued || len(c.texts) > maxTexts:
		return ErrOverloaded
	case c.fleet.cfg.JSON:
		for _, dot := range s.Dots {
			c.texts = wire.AppendFrame(c.texts, ws.OpText, appendJSONPixel(nil, dot))
		}
	default:
		c.pending.Add(s.Dots, s)
	}
	c.link.Nudge()
	return nil
}

// acked handles an ACK.
func (c *Client) acked(m codec.Ack, now time.Duration) {
	f := c.fleet
	for _, num := range m.Ops {
		s, ok := c.pending.Take(num)
		if !ok {
			continue
		}
		f.Counters.Acked.Add(int64(len(s.Dots)))
		f.Acks.Record(c.Index, now-s.Due, len(s.Dots))
		if f.cfg.Hooks.Answered != nil {
			f.cfg.Hooks.Answered(c, s, codec.Refused{})
		}
	}
	c.link.Nudge() // there may be room in the window
}

// refused handles a REFUSED. The stroke is not placed again: the refusal is a failure of the test,
// or the caller decides.
func (c *Client) refused(m codec.Refused) {
	s, ok := c.pending.Take(m.Op)
	if !ok {
		return
	}
	c.fleet.refuse(m.Code, len(s.Dots))
	if c.fleet.cfg.Hooks.Answered != nil {
		c.fleet.cfg.Hooks.Answered(c, s, m)
	}
	c.link.Nudge() // there may be room in the window
}

// refuse counts refused pixels by the reason.
func (f *Fleet) refuse(why canvas.Refusal, pixels int) {
	f.Counters.Refused.Add(int64(pixels))
	f.mu.Lock()
	defer f.mu.Unlock()
	f.refusals[why] += pixels
}

// Refusals lists the reasons for which pixels were refused, one a line.
func (f *Fleet) Refusals() (lines []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, why := range slices.Sorted(maps.Keys(f.refusals)) {
		lines = append(lines, fmt.Sprintf("%s refused with code %d: %s", report.Counted(f.refusals[why], "pixel"), why, why.Text()))
	}
	return lines
}

// Unanswered counts the strokes of the client without an answer.
func (c *Client) Unanswered() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.pending.Len()
}

// Sync waits until the client has everything that its server had for it when Sync was called.
func (c *Client) Sync(ctx context.Context) error {
	_, err := c.link.Ping(ctx)
	return err
}
