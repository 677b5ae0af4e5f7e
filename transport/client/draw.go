package client

import (
	"cmp"
	"context"
	"errors"
	"time"

	"pixelplayground/actors/canvas"
)

const (
	// strokesPerSecond is how often Draw places where there is an allowance: often enough to look alive.
	strokesPerSecond = 10
	// leastRetry is the pause after a refusal that names no pause.
	leastRetry = 100 * time.Millisecond
	// frozenRetry is how long a canvas that is closed is left alone: moderators may open it before it said.
	frozenRetry = time.Minute
	// allowanceWait is how long to wait for pixels before looking again: another connection may use the
	// same allowance.
	allowanceWait = time.Second
)

// Draw draws any number of dots, in their order, as fast as the allowance has them, and returns when
// all are durable. What is refused for a while is placed again. The error is as that of Place; a
// *RefusedError is one that waiting doesn't help against.
func (c *Client) Draw(ctx context.Context, dots []canvas.Dot) error {
	for len(dots) > 0 {
		n, err := c.allowed(ctx, len(dots))
		if err != nil {
			return err
		}
		err = c.Place(ctx, dots[:n])
		var refused *RefusedError
		switch {
		case err == nil:
			dots = dots[n:]
		case !errors.As(err, &refused):
			return err
		case refused.Code == canvas.RefusedUnsure:
			if dots, err = c.missing(ctx, dots, n); err != nil {
				return err
			}
		case refused.Again() && (refused.Code != canvas.RefusedRate || refused.Retry > 0):
			if err := c.session.Clock.Wait(ctx, min(cmp.Or(refused.Retry, leastRetry), frozenRetry)); err != nil {
				return err
			}
		default:
			return err
		}
	}
	return nil
}

// allowed waits until some dots may be placed, takes them from the allowance and says how many.
func (c *Client) allowed(ctx context.Context, most int) (int, error) {
	for {
		c.mu.Lock()
		err := c.await(ctx, &c.moved, func() bool { return c.connected })
		now := c.session.Clock.Now()
		n, wait := c.allowance.stroke(most, now)
		if err == nil && wait == 0 {
			c.allowance.spend(n, now)
		}
		c.mu.Unlock()
		if err != nil || wait == 0 {
			return n, err
		}
		if err := c.session.Clock.Wait(ctx, min(wait, allowanceWait)); err != nil {
			return 0, err
		}
	}
}

// missing leaves out those of the first n dots that the canvas shows: their op may have been carried
// out.
func (c *Client) missing(ctx context.Context, dots []canvas.Dot, n int) ([]canvas.Dot, error) {
	if err := c.Synced(ctx); err != nil {
		return nil, err
	}
	return append(c.Missing(dots[:n]), dots[n:]...), nil
}

// Missing is those of some dots that the replica does not show, or does not hold: what is left to be
// drawn of a picture.
func (c *Client) Missing(dots []canvas.Dot) []canvas.Dot {
	var missing []canvas.Dot
	for _, d := range dots {
		if shown, held := c.At(int(d.X), int(d.Y)); !held || shown != d.Color {
			missing = append(missing, d)
		}
	}
	return missing
}
