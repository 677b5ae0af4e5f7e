package client

import (
	"context"
	"fmt"
	"time"

	"pixelplayground/codec"
)

// pings is the PINGs that wait for their PONG.
type pings struct {
	last    uint64 // token
	waiting map[uint64]chan<- time.Time
}

// Ping measures how long the server takes to answer, and returns the time of its clock. The
// error is ctx's, ErrDisconnected, or why the client has ended.
func (c *Client) Ping(ctx context.Context) (roundTrip time.Duration, server time.Time, err error) {
	pong := make(chan time.Time, 1)
	token, err := c.ping(pong)
	if err != nil {
		return 0, time.Time{}, fmt.Errorf("ping: %w", err)
	}
	since := c.cfg.Clock.Now()
	select {
	case server, ok := <-pong:
		if !ok {
			return 0, time.Time{}, fmt.Errorf("ping: %w", ErrDisconnected)
		}
		return c.cfg.Clock.Now().Sub(since), server, nil
	case <-ctx.Done():
		c.mu.Lock()
		delete(c.pings.waiting, token)
		c.mu.Unlock()
		return 0, time.Time{}, fmt.Errorf("ping: %w", ctx.Err())
	}
}

// ping makes a PING due. Its answer goes to pong, which is closed when the connection breaks.
func (c *Client) ping(pong chan<- time.Time) (token uint64, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return 0, c.err
	}
	if c.link == nil {
		return 0, ErrDisconnected
	}
	c.pings.last++
	c.pings.waiting[c.pings.last] = pong
	c.outbox.pings = append(c.outbox.pings, c.pings.last)
	c.nudge()
	return c.pings.last, nil
}

func (c *Client) pong(m codec.Pong) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if pong := c.pings.waiting[m.Token]; pong != nil {
		delete(c.pings.waiting, m.Token)
		pong <- m.Time // has room for the one answer
	}
}

// drop fails every Ping that waits. The caller holds the client's lock.
func (p *pings) drop() {
	for _, pong := range p.waiting {
		close(pong)
	}
	clear(p.waiting)
}
