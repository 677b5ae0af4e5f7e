package fleet

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gobwas/ws"

	"pixelplayground/actors/canvas"
	"pixelplayground/cmd/pixelctl/loadtest/target"
	"pixelplayground/codec"
	"pixelplayground/transport/client/wire"
)

// connectLimit is how long one attempt may take, up to WELCOME.
const connectLimit = 10 * time.Second

// connect makes a connection, up to WELCOME, and subscribes to the client's regions.
func (c *Client) connect() (*wire.Conn, error) {
	f := c.fleet
	if err := f.pace.Wait(c.ctx); err != nil {
		return nil, err
	}
	select {
	case f.slots <- struct{}{}:
		defer func() { <-f.slots }()
	case <-c.ctx.Done():
		return nil, errClosed
	}
	c.mu.Lock()
	sent := c.pending.Last
	hello := codec.Hello{Session: c.session, Resume: c.resume, Sent: &sent}
	c.mu.Unlock()
	target := c.targets[c.target%len(c.targets)]
	l, welcome, err := f.greet(c.ctx, target, hello)
	if err != nil {
		c.target++ // the next target may be better
		return nil, fmt.Errorf("%s: %w", target, err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ctx.Err() != nil { // Close found no connection to say goodbye to
		l.Close()
		return nil, errClosed
	}
	c.welcomed(l, welcome)
	if f.cfg.JSON {
		c.beginJSON()
	} else {
		_ = c.subscribe() // if it fails, the connection is closed, which read notices
	}
	return l, nil
}

// greet opens a connection and waits for WELCOME.
func (f *Fleet) greet(ctx context.Context, url string, hello codec.Hello) (*wire.Conn, codec.Welcome, error) {
	ctx, cancel := context.WithTimeout(ctx, connectLimit)
	defer cancel()
	return wire.Dialer{JSON: f.cfg.JSON}.Open(ctx, url, hello)
}

// meet asks the targets in turn for the canvas' size and limits.
func (f *Fleet) meet(ctx context.Context) (codec.Welcome, error) {
	failed := errors.New("target: must be given, for example ws://127.0.0.1:8080/ws")
	for _, target := range f.cfg.Targets {
		l, welcome, err := f.greet(ctx, target, codec.Hello{})
		if err == nil {
			l.Close()
			if f.cfg.JSON {
				welcome.Geometry, err = askGeometry(ctx, target)
			}
		}
		if err == nil {
			return welcome, nil
		}
		failed = fmt.Errorf("%s: %w; is the server running, and --target right?", target, err)
	}
	return codec.Welcome{}, failed
}

// askGeometry reads the canvas' size from GET /api/canvas, because the JSON protocol does not tell
// it. In that protocol, how the canvas is cut into regions doesn't matter.
func askGeometry(ctx context.Context, url string) (canvas.Geometry, error) {
	var size struct{ Width, Height int }
	if err := target.GetJSON(ctx, target.Site(url)+"/api/canvas", &size); err != nil {
		return canvas.Geometry{}, err
	}
	g := canvas.Geometry{Width: size.Width, Height: size.Height, Region: canvas.MaxRegionEdge}
	return g, g.Validate()
}

// writeLimit is how long the server may read nothing of what is written.
const writeLimit = 5 * time.Second

// write sends one frame, within writeLimit. The caller holds c.mu.
func (c *Client) write(op ws.OpCode, payload []byte) error {
	return c.send(wire.AppendFrame(nil, op, payload))
}

func (c *Client) send(frames []byte) error {
	if c.ctx.Err() == nil { // else the deadline that Close has set counts
		_ = c.conn.SetWriteDeadline(time.Now().Add(writeLimit))
	}
	if _, err := c.conn.Write(frames); err != nil {
		c.conn.Close() // read notices
		return err
	}
	return nil
}
