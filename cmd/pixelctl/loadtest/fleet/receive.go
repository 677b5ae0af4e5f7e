package fleet

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/gobwas/ws"

	"pixelplayground/actors/canvas"
	"pixelplayground/cmd/pixelctl/loadtest/ledger"
	"pixelplayground/codec"
	"pixelplayground/transport/client/wire"
)

// subscribe subscribes to the client's regions: from now on, or from where the client stood when
// the connection broke. The caller holds c.mu.
func (c *Client) subscribe() error {
	marks := make([]canvas.Mark, len(c.View.regions))
	for i, region := range c.View.regions {
		at := canvas.Head()
		if c.begun {
			at = canvas.Position{Epoch: c.accounts[i].Epoch, Seq: c.accounts[i].Held}
		}
		marks[i] = canvas.Mark{Region: region, Position: at}
	}
	if len(marks) == 0 {
		c.settled()
	} else if err := c.send(wire.AppendSubscribe(nil, marks)); err != nil {
		return err
	}
	return c.pump()
}

// read handles what arrives until the connection ends, and returns why it ended.
func (c *Client) read(l *wire.Conn) error {
	f := c.fleet
	for {
		err := c.take(l)
		if err == nil {
			var n int
			n, err = l.Fill(l)
			f.Counters.Bytes.Add(int64(n))
		}
		if err != nil {
			return fmt.Errorf("connection broke: %w", err)
		}
	}
}

// take handles the messages that have been read whole.
func (c *Client) take(l *wire.Conn) error {
	now := c.fleet.Now()
	c.heard.Store(int64(now))
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked = false
	for {
		m, err := l.Next()
		if err == wire.ErrMore {
			return nil
		}
		if err == nil {
			c.fleet.Counters.Frames.Add(1)
			err = c.receive(m, now)
		}
		if err != nil {
			return err
		}
	}
}

func (c *Client) receive(m wire.Message, now time.Duration) error {
	switch m.Op {
	case ws.OpBinary:
		if c.fleet.cfg.JSON {
			return errors.New("server sent a binary frame in the JSON protocol")
		}
		return c.binary(m.Payload, now)
	case ws.OpText:
		if !c.fleet.cfg.JSON {
			return errors.New("server sent a text frame in the binary protocol")
		}
		return c.text(m.Payload, now)
	case ws.OpPing:
		return c.write(ws.OpPong, slices.Clone(m.Payload))
	case ws.OpClose:
		return m.Err()
	}
	return nil
}

// binary handles a message of the binary protocol.
func (c *Client) binary(p []byte, now time.Duration) error {
	switch head, end := wire.ParseHead(p); {
	case end < 0: // codec decides what is wrong
	case head.Kind == wire.Pixels:
		if packed, ok := head.PackedPixels(p, end); ok {
			c.pixels(Frame{
				Region: canvas.RegionID(head.Region), Epoch: head.Epoch, From: head.From, Count: head.Count, Packed: packed, At: now,
			})
			return nil
		}
	case head.Kind == wire.Presence:
		c.users.Store(head.Count)
		return nil
	}
	decoded, err := codec.DecodeServer(p)
	if err != nil {
		return err
	}
	switch m := decoded.(type) {
	case codec.Ack:
		return c.acked(m, now)
	case codec.Refused:
		return c.refused(m, now)
	case codec.Snapshot:
		c.snapshot(m, now)
	case codec.Pong:
		c.pong()
	case codec.Notice:
		if m.Code == codec.NoticeDraining {
			c.retry = max(m.Retry, time.Millisecond)
			c.pending.Held = true
		}
	case codec.Pixels, codec.Presence:
		return fmt.Errorf("a %T in a form that this program does not know", m)
	}
	return nil
}

// pixels records a frame in the ledger, and looks for pixels that the test has placed.
func (c *Client) pixels(f Frame) {
	i := c.View.place(f.Region)
	if i < 0 || !c.enter(i, f) {
		return
	}
	c.fleet.sight(c, f)
	if c.fleet.cfg.Hooks.Pixels != nil {
		c.fleet.cfg.Hooks.Pixels(c, f)
	}
}

// enter records a frame. It returns false if the frame only says where the client stands.
func (c *Client) enter(i int, f Frame) bool {
	a := &c.accounts[i]
	if c.inForce != nil && !c.inForce[i] {
		c.inForce[i] = true
		if !c.begun {
			*a = ledger.OpenAccount(canvas.Position{Epoch: f.Epoch, Seq: f.From})
			c.fleet.raise(f.Region, f.From)
		}
		if c.waiting--; c.waiting == 0 {
			defer c.settled()
		}
	}
	if f.Count == 0 {
		return false
	}
	var t ledger.Tally
	again, late := a.Pixels(f.Epoch, f.From, f.Count, uint64(len(f.Packed)/wire.PixelBytes), &t)
	if again > 0 {
		c.note("duplicate", f.Region, ledger.Span{From: f.From, To: f.From + f.Count})
	}
	if late > 0 {
		c.note("late", f.Region, ledger.Span{From: f.From, To: f.From + f.Count})
	}
	c.tally.Add(t)
	c.fleet.raise(f.Region, f.From+f.Count)
	return true
}

func (c *Client) snapshot(m codec.Snapshot, now time.Duration) {
	i := c.View.place(m.Mark.Region)
	if i < 0 {
		return
	}
	at := m.Mark.Position
	if c.inForce != nil && !c.inForce[i] {
		c.enter(i, Frame{Region: m.Mark.Region, Epoch: at.Epoch, From: at.Seq, At: now})
	}
	replaced := c.tally.Replaced
	c.accounts[i].Snapshot(at, &c.tally)
	if c.tally.Replaced > replaced {
		c.note("replaced", m.Mark.Region, ledger.Span{From: at.Seq, To: at.Seq})
		c.fleet.lower(m.Mark.Region, at.Seq)
	}
	c.fleet.raise(m.Mark.Region, at.Seq)
	if c.fleet.cfg.Hooks.Snapshot != nil {
		c.fleet.cfg.Hooks.Snapshot(c, m)
	}
}

func (c *Client) note(kind string, region canvas.RegionID, s ledger.Span) {
	c.fleet.note(Finding{Kind: kind, Client: c.Index, Pod: c.pod, Region: region, Span: s})
}

// raise remembers the highest sequence number of a region that any client has got.
func (f *Fleet) raise(region canvas.RegionID, to uint64) {
	high := &f.high[region]
	for at := high.Load(); at < to; at = high.Load() {
		if high.CompareAndSwap(at, to) {
			return
		}
	}
}

// lower takes that back: the region's history was replaced by a shorter one.
func (f *Fleet) lower(region canvas.RegionID, to uint64) { f.high[region].Store(to) }
