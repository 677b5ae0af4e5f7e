package client

import (
	"context"
	"errors"
	"fmt"
	"time"

	"pixelplayground/actors/canvas"
)

// signal wakes everyone who waits for a change. It is guarded by Client.mu.
type signal struct{ changed chan struct{} }

// wait is closed at the next fire.
func (s *signal) wait() <-chan struct{} {
	if s.changed == nil {
		s.changed = make(chan struct{})
	}
	return s.changed
}

func (s *signal) fire() {
	if s.changed != nil {
		close(s.changed)
		s.changed = nil
	}
}

// await waits until ready returns true. The error is ctx's, or why the client has ended. The
// caller holds c.mu, and ready is called with it held. s must fire whenever the result of
// ready may change.
func (c *Client) await(ctx context.Context, s *signal, ready func() bool) error {
	for c.err == nil && !ready() {
		changed := s.wait()
		c.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
		}
		c.mu.Lock()
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return c.err
}

// Synced waits until the client has everything that the server had when Synced was called, of
// every region that the client follows.
func (c *Client) Synced(ctx context.Context) error {
	for {
		c.mu.Lock()
		err := c.await(ctx, &c.moved, func() bool { return c.connected && c.view.synced() })
		c.mu.Unlock()
		if err != nil {
			return fmt.Errorf("wait for the canvas: %w", err)
		}
		// A SNAPSHOT may be older than the PIXELS right behind it. Those are received
		// before the answer to anything asked now.
		if _, _, err = c.Ping(ctx); !errors.Is(err, ErrDisconnected) {
			return err
		}
	}
}

// Changed waits until something has changed, in the regions that the client follows, since it returned
// last.
func (c *Client) Changed(ctx context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.await(ctx, &c.moved, func() bool { return c.version != c.seen }); err != nil {
		return fmt.Errorf("wait for a change: %w", err)
	}
	c.seen = c.version
	return nil
}

// Ping measures how long the server takes to answer, and returns the time of its clock. The
// error is ctx's, ErrDisconnected, or why the client has ended.
func (c *Client) Ping(ctx context.Context) (roundTrip time.Duration, server time.Time, err error) {
	if err = c.Err(); err == nil {
		since := c.session.Clock.Now()
		server, err = c.session.Ping(ctx)
		roundTrip = c.session.Clock.Now().Sub(since)
	}
	if err != nil {
		return 0, time.Time{}, fmt.Errorf("ping: %w", err)
	}
	return roundTrip, server, nil
}

// WaitFor waits until the client holds at least the sequence numbers of marks.
func (c *Client) WaitFor(ctx context.Context, marks ...canvas.Mark) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.await(ctx, &c.moved, func() bool { return c.view.reached(marks) }); err != nil {
		return fmt.Errorf("wait for pixels: %w", err)
	}
	return nil
}
