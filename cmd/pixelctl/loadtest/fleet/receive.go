package fleet

import (
	"fmt"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/cmd/pixelctl/loadtest/ledger"
	"pixelplayground/codec"
	"pixelplayground/transport/client/wire"
)

// Compose implements wire.Owner: the client subscribes to its regions, from now on or from where it
// stood when the connection broke, and then sends what it has to say.
func (c user) Compose(dst []byte) []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.asking {
		c.asking = false
		marks := make([]canvas.Mark, len(c.View.regions))
		for i, region := range c.View.regions {
			at := canvas.Head()
			if c.begun {
				at = canvas.Position{Epoch: c.accounts[i].Epoch, Seq: c.accounts[i].Held}
			}
			marks[i] = canvas.Mark{Region: region, Position: at}
		}
		dst = wire.AppendSubscribe(dst, marks)
	}
	dst = append(dst, c.texts...)
	c.texts = c.texts[:0]
	return c.pending.Append(dst, writeChunk)
}

// writeChunk is how many bytes one write has before further strokes wait for the next.
const writeChunk = 64 << 10

// Receive implements wire.Owner.
func (c user) Receive(m wire.Message, at time.Time) error {
	now := at.Sub(c.fleet.start)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.fleet.cfg.JSON {
		return c.text(m.Payload, now)
	}
	return c.binary(m.Payload, now)
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
		c.acked(m, now)
	case codec.Refused:
		c.refused(m)
	case codec.Snapshot:
		c.snapshot(m, now)
	case codec.Pong:
		c.link.Pong(m)
	case codec.Notice:
		if m.Code == codec.NoticeDraining {
			c.link.Restart(m.Retry)
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
