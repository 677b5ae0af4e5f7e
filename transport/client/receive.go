package client

import (
	"fmt"

	"pixelplayground/actors/canvas"
	"pixelplayground/codec"
)

// receive handles one message. An error means that the server broke the protocol.
func (c *Client) receive(m codec.ServerMessage) error {
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
	case codec.Pong:
		c.pong(m)
	case codec.Notice:
		c.notice(m)
	default:
		c.cfg.Log.Debug("ignored a message", "type", fmt.Sprintf("%T", m))
	}
	return nil
}

func (c *Client) pixels(b *canvas.Batch) error {
	c.mu.Lock()
	verdict, err := c.view.apply(b, c.cfg.Clock)
	switch verdict {
	case applied:
		c.stats.PixelsReceived += uint64(b.Pixels())
		c.stats.SeqCovered += b.To - b.From
		c.moved.fire()
	case gap:
		c.stats.Gaps++
		c.nudge()
	case duplicate:
		c.stats.Duplicates++
		c.nudge()
	}
	c.mu.Unlock()
	if verdict == applied && c.cfg.Handler.Pixels != nil {
		c.cfg.Handler.Pixels(b)
	}
	return err
}

func (c *Client) snapshot(m codec.Snapshot) error {
	// This needs no lock: only this goroutine changes which regions there are.
	r := c.view.regions[m.Mark.Region]
	if r == nil {
		return nil
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
	c.view.replace(m.Mark, tile)
	c.stats.Snapshots++
	c.moved.fire()
	c.mu.Unlock()
	if c.cfg.Handler.Snapshot != nil {
		c.cfg.Handler.Snapshot(m.Mark)
	}
	return nil
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
		c.restart, c.retry = true, m.Retry
		c.mu.Lock()
		c.pending.Held = true
		c.mu.Unlock()
	}
	if c.cfg.Handler.Notice != nil {
		c.cfg.Handler.Notice(m)
	}
}
