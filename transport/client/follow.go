package client

import (
	"context"
	"fmt"
)

// Follow chooses other regions, from now on; nil: none.
func (c *Client) Follow(regions Regions) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if regions == nil {
		regions = Only()
	}
	c.cfg.Regions = regions // and nothing else: the rest of cfg is read without the lock
	g := c.welcome.Geometry
	if g.Width == 0 {
		return // the first connection asks for them
	}
	c.view.follow(g, c.cfg.Regions(g), c.cfg.Replica, c.session.Clock.Now())
	if !c.connected {
		c.view.due, c.view.gone = nil, nil // the next connection asks for all anyway
	}
	c.session.Nudge()
}

// Renew shows a new token, of the same account, which lasts longer than the one before. The error is
// a *RefusedError, ctx's, ErrDisconnected (then Config.Token is asked for one), or why the client has
// ended.
func (c *Client) Renew(ctx context.Context, token string) error {
	refused := make(chan error, 1)
	c.mu.Lock()
	c.outbox.token, c.renewing = token, refused
	c.mu.Unlock()
	_, _, err := c.Ping(ctx) // is sent behind it, and answered behind what it is answered with
	select {
	case err = <-refused:
	default:
	}
	c.mu.Lock()
	if c.renewing == refused {
		c.renewing = nil
	}
	c.mu.Unlock()
	if err != nil {
		return fmt.Errorf("renew token: %w", err)
	}
	return nil
}
