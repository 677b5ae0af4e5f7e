package client

import (
	"context"
	"fmt"

	"pixelplayground/actors/canvas"
	"pixelplayground/codec"
)

// Place draws up to codec.MaxPlacePixels dots as one op and waits until they are durable
// and visible. It blocks while as many ops are unanswered as the server allows. The error is a
// *RefusedError, ctx's, ErrClosed, or why the server does not want the client back. Except
// with a *RefusedError, the op may still be carried out.
func (c *Client) Place(ctx context.Context, dots []canvas.Dot) error {
	answered := make(chan error, 1)
	num, err := c.PlaceAsync(ctx, dots, func(err error) { answered <- err })
	if err != nil {
		return err
	}
	select {
	case err := <-answered:
		if err != nil {
			return fmt.Errorf("place op %d: %w", num, err)
		}
		return nil
	case <-ctx.Done():
		return fmt.Errorf("place op %d: %w", num, ctx.Err())
	}
}

// PlaceAsync is Place without waiting for the answer. It returns the op's number, and done, if
// it is not nil, is called with what Place would have returned (see Handler for what it must not
// do). PlaceAsync still blocks while the window is full; if ctx is already done, it does not
// block. Ops are sent in the order of their numbers. Without a connection they wait for the next
// one.
func (c *Client) PlaceAsync(ctx context.Context, dots []canvas.Dot, done func(error)) (op uint64, err error) {
	if len(dots) < 1 || len(dots) > codec.MaxPlacePixels {
		return 0, fmt.Errorf("place: %d pixels: must be 1 to %d", len(dots), codec.MaxPlacePixels)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	err = c.await(ctx, &c.roomy, func() bool { return !c.pending.Full() })
	if err != nil {
		return 0, fmt.Errorf("place: %w", err)
	}
	num := c.pending.Add(dots, done)
	c.stats.Placed++
	c.session.Nudge()
	return num, nil
}

func (c *Client) ack(m codec.Ack) {
	c.mu.Lock()
	c.acked = c.acked[:0]
	for _, num := range m.Ops {
		if done, ok := c.pending.Take(num); ok {
			c.acked = append(c.acked, done)
		}
	}
	c.stats.Acked += uint64(len(c.acked))
	c.allowance.heard(m.Left, m.Free, c.pending.Len() == 0, c.session.Clock.Now())
	c.roomy.fire()
	c.mu.Unlock()
	for i, done := range c.acked {
		c.acked[i] = nil
		tell(done, nil)
	}
}

// tell reports an op's result to whoever placed it.
func tell(done func(error), err error) {
	if done != nil {
		done(err)
	}
}

func (c *Client) refuse(m codec.Refused) {
	c.mu.Lock()
	if m.Op == 0 && c.renewing != nil {
		c.renewing <- &RefusedError{Code: m.Code, Retry: m.Retry} // has room for it
		c.renewing = nil
	}
	done, ok := c.pending.Take(m.Op)
	if ok {
		c.stats.Refused++
		c.allowance.heard(m.Left, m.Free, c.pending.Len() == 0, c.session.Clock.Now())
		c.roomy.fire()
	}
	if m.Code == canvas.RefusedDraining {
		c.pending.Held = true
	}
	c.mu.Unlock()
	if !ok {
		return // a refusal of something else than an op
	}
	tell(done, &RefusedError{Op: m.Op, Code: m.Code, Retry: m.Retry, Left: m.Left})
}
