package client

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/codec"
	"pixelplayground/transport/client/wire"
)

// connectLimit is how long an attempt to connect to one server may take, up to WELCOME.
const connectLimit = 5 * time.Second

func (c *Client) run() {
	defer close(c.done)
	err := c.session.Run(c.ctx, func(err error) { c.opened <- err })
	if c.ctx.Err() != nil {
		err = ErrClosed
	}
	c.end(err)
}

// user is the client as its session knows it.
type user struct{ *Client }

// Dial implements wire.Owner. The HELLO has the name, so no RENAME is due.
func (c user) Dial(ctx context.Context, url string) (*wire.Conn, codec.Welcome, error) {
	ctx, cancel := context.WithTimeout(ctx, connectLimit)
	defer cancel()
	c.mu.Lock()
	c.outbox.renamed = false
	hello := c.pending.Hello(c.welcome.Session)
	hello.Name = c.outbox.name
	c.mu.Unlock()
	if c.cfg.Token != nil {
		token, err := c.cfg.Token(ctx)
		if err != nil {
			return nil, codec.Welcome{}, fmt.Errorf("token: %w", err)
		}
		hello.Token = token
	}
	dialer := wire.Dialer{Net: c.cfg.Dial}
	if c.cfg.Key != "" {
		dialer.Header = http.Header{"Authorization": {"Bearer " + c.cfg.Key}}
	}
	return dialer.Open(ctx, url, hello)
}

// Welcomed implements wire.Owner. The followed regions are asked for from the positions that the
// client holds, and the ops without an answer become due to be sent again.
func (c user) Welcomed(w codec.Welcome) {
	c.mu.Lock()
	if w.Geometry != c.welcome.Geometry {
		c.view = newView(w.Geometry, c.cfg.Regions(w.Geometry), c.cfg.Replica)
		c.version++
	}
	if c.welcome.Session != (canvas.Session{}) {
		c.stats.Reconnects++
	}
	c.welcome, c.connected = w, true
	now := c.session.Clock.Now()
	c.allowance.clock(w.Time, now, true)
	c.allowance.open(w.Rate, w.Burst, now)
	c.view.askAll(now)
	c.stats.Resent += uint64(c.pending.Rewind(w.Window))
	c.roomy.fire() // the window may have grown
	c.moved.fire()
	c.mu.Unlock()
	if c.cfg.Handler.Connected != nil {
		c.cfg.Handler.Connected(w)
	}
}

// Lost implements wire.Owner. It ends what only makes sense on one connection.
func (c user) Lost(error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.connected, c.outbox.pointed, c.outbox.token = false, false, ""
	c.moved.fire()
}

// Pausing implements wire.Owner.
func (c user) Pausing(err error, pause time.Duration) {
	if c.cfg.Handler.Disconnected != nil {
		c.cfg.Handler.Disconnected(err, pause)
	}
}
