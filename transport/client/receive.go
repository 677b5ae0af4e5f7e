package client

import (
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/codec"
	"pixelplayground/transport/client/wire"
)

// Receive implements wire.Owner. An error means that the server broke the protocol.
func (c user) Receive(message wire.Message, _ time.Time) error {
	m, err := codec.DecodeServer(message.Payload)
	if err != nil {
		return err
	}
	switch m := m.(type) {
	case codec.Pixels:
		return c.pixels(&m.Batch)
	case codec.Snapshot:
		return c.snapshot(m)
	case codec.Ack:
		c.ack(m)
	case codec.Refused:
		c.refuse(m)
	case codec.Waiting:
		if c.cfg.Handler.Waiting != nil {
			c.cfg.Handler.Waiting(m.Ops)
		}
	case codec.Cursors:
		if c.cfg.Handler.Cursors != nil {
			c.cfg.Handler.Cursors(m.Pointers)
		}
	case codec.Presence:
		c.presence(m)
	case codec.Allowance:
		c.allow(m)
	case codec.Pong:
		c.mu.Lock()
		c.allowance.clock(m.Time, c.session.Clock.Now(), false)
		c.mu.Unlock()
		c.session.Pong(m)
	case codec.Notice:
		c.notice(m)
	}
	return nil
}

func (c *Client) pixels(b *canvas.Batch) error {
	c.mu.Lock()
	verdict, err := c.view.apply(b, c.session.Clock)
	switch verdict {
	case applied:
		c.stats.PixelsReceived += uint64(b.Pixels())
		c.stats.SeqCovered += b.To - b.From
		c.version++
		c.moved.fire()
	case gap:
		c.stats.Gaps++
		c.session.Nudge()
	case duplicate:
		c.stats.Duplicates++
		c.session.Nudge()
	}
	c.mu.Unlock()
	if verdict == applied && c.cfg.Handler.Pixels != nil {
		c.cfg.Handler.Pixels(b)
	}
	return err
}

func (c *Client) snapshot(m codec.Snapshot) error {
	if !c.follows(m.Mark.Region) {
		return nil // even if Follow adds it meanwhile: then it is asked for again
	}
	var tile canvas.Tile
	if c.cfg.Replica {
		_, _, width, height := c.welcome.Geometry.Bounds(m.Mark.Region)
		var err error
		if tile, err = codec.DecompressTile(m.Data, width, height); err != nil {
			return err
		}
	}
	c.mu.Lock()
	followed := c.view.replace(m.Mark, tile)
	if followed {
		c.stats.Snapshots++
		c.version++
		c.moved.fire()
	}
	c.mu.Unlock()
	if followed && c.cfg.Handler.Snapshot != nil {
		c.cfg.Handler.Snapshot(m.Mark)
	}
	return nil
}

func (c *Client) follows(id canvas.RegionID) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.view.regions[id] != nil
}

func (c *Client) allow(m codec.Allowance) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.session.Clock.Now()
	c.allowance.open(m.Rate, m.Burst, now)
	c.allowance.heard(m.Left, codec.Free{At: m.Next, Said: true}, c.pending.Len() == 0, now)
}

func (c *Client) presence(m codec.Presence) {
	c.mu.Lock()
	c.people.apply(m, c.cfg.Names)
	c.mu.Unlock()
	if c.cfg.Handler.Presence != nil {
		c.cfg.Handler.Presence(m)
	}
}

func (c *Client) notice(m codec.Notice) {
	if m.Code == codec.NoticeDraining {
		c.session.Restart(m.Retry)
		c.mu.Lock()
		c.pending.Held = true
		c.mu.Unlock()
	}
	if c.cfg.Handler.Notice != nil {
		c.cfg.Handler.Notice(m)
	}
}
