package fleet

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"strconv"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/cmd/pixelctl/loadtest/ledger"
	"pixelplayground/codec"
	"pixelplayground/transport/client/wire"
)

// jsonGrace is how long after its greeting a JSON client is assumed to see every pixel. The
// protocol doesn't say when a subscription comes into force, so pixels placed earlier are not owed.
const jsonGrace = time.Second

// beginJSON starts the grace period. The caller holds c.mu.
func (c *Client) beginJSON() {
	connection := c.connected
	time.AfterFunc(jsonGrace, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.connected == connection && c.ctx.Err() == nil {
			c.roll = ledger.Roll{From: c.fleet.probes.last()}
			c.settled()
		}
	})
}

// closeRoll ends the interval of a client whose connection broke, just before the first pixel that
// it has not got: pixels that were on their way can't be told from lost ones.
func (c *Client) closeRoll() {
	end := c.roll.From
	if len(c.roll.Got) > 0 && c.roll.Got[0].From == end {
		end = c.roll.Got[0].To
	}
	c.roll.Settle(end, nil, &c.tally)
	c.roll.From = ^uint64(0) // nothing is owed until the next interval begins
}

// jsonMessage is what is read of any message of the JSON protocol.
type jsonMessage struct {
	Type        string `json:"type"`
	X           uint16 `json:"x"`
	Y           uint16 `json:"y"`
	Color       string `json:"color"`
	ActiveUsers uint64 `json:"activeUsers"`
}

// text handles a message of the JSON protocol.
func (c *Client) text(p []byte, now time.Duration) error {
	if dot, ok := scanJSONPixel(p); ok {
		c.jsonPixel(dot, now)
		return nil
	}
	var m jsonMessage
	if json.Unmarshal(p, &m) != nil {
		return nil // it is about nothing that counts
	}
	switch m.Type {
	case "pixel_updated":
		color, err := canvas.ParseColor(m.Color)
		if err != nil {
			return err
		}
		c.jsonPixel(canvas.Dot{X: m.X, Y: m.Y, Color: color}, now)
	case "stats":
		c.users.Store(m.ActiveUsers)
	case "pong":
		c.link.Pong(codec.Pong{})
	case "error":
		c.fleet.Counters.Errors.Add(1)
	}
	return nil
}

// scanJSONPixel reads a pixel_updated as servers write it. encoding/json takes 30 times as long,
// and 1,000 viewers of 1,000 pixels a second get a million such messages a second.
func scanJSONPixel(p []byte) (dot canvas.Dot, ok bool) {
	rest, begins := bytes.CutPrefix(p, []byte(`{"type":"pixel_updated","x":`))
	if !begins {
		return dot, false
	}
	x, rest, hasY := bytes.Cut(rest, []byte(`,"y":`))
	y, rest, hasColor := bytes.Cut(rest, []byte(`,"color":"`))
	if !hasY || !hasColor || len(rest) < 8 || rest[7] != '"' {
		return dot, false
	}
	left, errX := strconv.ParseUint(string(x), 10, 16)
	top, errY := strconv.ParseUint(string(y), 10, 16)
	color, errColor := canvas.ParseColor(string(rest[:7]))
	return canvas.Dot{X: uint16(left), Y: uint16(top), Color: color}, errX == nil && errY == nil && errColor == nil
}

// jsonPixel records a pixel in the ledger if the test has placed it.
func (c *Client) jsonPixel(dot canvas.Dot, now time.Duration) {
	f := c.fleet
	f.Counters.Pixels.Add(1)
	p, id := f.probes.find(dot)
	if p == nil {
		f.Counters.Foreign.Add(1)
	} else {
		if c.begun && !c.roll.Pixel(id, &c.tally) {
			c.note("duplicate", 0, ledger.Span{From: id - 1, To: id})
		}
		p.see(1)
		switch {
		case p.writer() != c.Index:
			f.Sights.Record(c.Index, now-p.dueAt(), 1)
		case p.ack():
			f.Counters.Acked.Add(1)
			f.Acks.Record(c.Index, now-p.dueAt(), 1)
		}
	}
	if f.cfg.Hooks.Pixels != nil && f.welcome.Geometry.Contains(int(dot.X), int(dot.Y)) {
		region, pos := f.welcome.Geometry.Locate(int(dot.X), int(dot.Y))
		packed := binary.BigEndian.AppendUint16(make([]byte, 0, wire.PixelBytes), pos)
		packed = append(packed, byte(dot.Color>>16), byte(dot.Color>>8), byte(dot.Color))
		f.cfg.Hooks.Pixels(c, Frame{Region: region, Packed: packed, At: now})
	}
}

// appendJSONPixel appends a pixel_update message.
func appendJSONPixel(dst []byte, dot canvas.Dot) []byte {
	dst = append(dst, `{"type":"pixel_update","x":`...)
	dst = strconv.AppendUint(dst, uint64(dot.X), 10)
	dst = append(dst, `,"y":`...)
	dst = strconv.AppendUint(dst, uint64(dot.Y), 10)
	dst = append(dst, `,"color":"`...)
	return append(dot.Color.AppendText(dst), `"}`...)
}
