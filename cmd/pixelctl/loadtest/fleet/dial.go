package fleet

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/gobwas/ws"

	"pixelplayground/actors/canvas"
	"pixelplayground/cmd/pixelctl/loadtest/target"
	"pixelplayground/codec"
)

// connectLimit is how long one attempt may take until WELCOME.
const connectLimit = 10 * time.Second

// handshakeError is a server that does not take the connection.
type handshakeError struct{ status int }

func (e *handshakeError) Error() string {
	if e.status == http.StatusServiceUnavailable {
		return "server is full or closing (status 503)"
	}
	return fmt.Sprintf("server answered with status %d instead of a WebSocket", e.status)
}

// dial opens a WebSocket and sends HELLO, in the binary protocol.
func (f *Fleet) dial(ctx context.Context, target string, hello codec.Hello) (*link, error) {
	var refused *handshakeError
	dialer := ws.Dialer{OnStatusError: func(status int, _ []byte, _ io.Reader) { refused = &handshakeError{status} }}
	if !f.cfg.JSON {
		dialer.Protocols = []string{codec.Subprotocol}
	}
	conn, early, shake, err := dialer.Dial(ctx, target)
	switch {
	case refused != nil:
		return nil, refused
	case err != nil:
		return nil, err
	}
	l := newLink(conn)
	if early != nil {
		behind, _ := early.Peek(early.Buffered())
		l.early = bytes.Clone(behind)
		ws.PutReader(early)
	}
	if !f.cfg.JSON && shake.Protocol != codec.Subprotocol {
		conn.Close()
		return nil, fmt.Errorf("server does not speak %s", codec.Subprotocol)
	}
	if !f.cfg.JSON {
		if _, err := conn.Write(clientFrame(ws.OpBinary, codec.AppendHello(nil, hello))); err != nil {
			conn.Close()
			return nil, err
		}
	}
	return l, nil
}

// connect makes a connection that has been welcomed, and asks for the client's regions.
func (c *Client) connect() (*link, error) {
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
	ctx, cancel := context.WithTimeout(c.ctx, connectLimit)
	defer cancel()
	c.mu.Lock()
	sent := c.flight.last
	hello := codec.Hello{Session: c.session, Resume: c.resume, Sent: &sent}
	c.mu.Unlock()
	target := c.targets[c.target%len(c.targets)]
	l, welcome, err := f.greet(ctx, target, hello)
	if err != nil {
		c.target++ // the next one may be better
		return nil, fmt.Errorf("%s: %w", target, err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ctx.Err() != nil { // Close found no connection to say goodbye to
		l.conn.Close()
		return nil, errClosed
	}
	c.welcomed(l.conn, welcome)
	if f.cfg.JSON {
		c.beginJSON()
	} else {
		_ = c.subscribe() // when it fails, the connection is closed, which read notices
	}
	return l, nil
}

// greet opens a WebSocket and takes in the WELCOME. Other messages that come before it are dropped:
// there are none that matter.
func (f *Fleet) greet(ctx context.Context, target string, hello codec.Hello) (*link, codec.Welcome, error) {
	l, err := f.dial(ctx, target, hello)
	if err != nil {
		return nil, codec.Welcome{}, err
	}
	stop := context.AfterFunc(ctx, func() { l.conn.Close() })
	welcome, err := l.awaitWelcome(f.cfg.JSON)
	if !stop() && err == nil {
		err = ctx.Err()
	}
	if err != nil {
		l.conn.Close()
		return nil, codec.Welcome{}, fmt.Errorf("no welcome: %w", err)
	}
	return l, welcome, nil
}

func (l *link) awaitWelcome(text bool) (codec.Welcome, error) {
	for {
		m, err := l.next()
		switch {
		case err == errMore:
			if err = l.fill(); err == nil {
				continue
			}
			return codec.Welcome{}, err
		case err != nil:
			return codec.Welcome{}, err
		case m.op == ws.OpClose:
			return codec.Welcome{}, m.closeError()
		case m.op == ws.OpText && text:
			if hello := readJSON(m.payload); hello.Type == "connected" {
				return codec.Welcome{Node: hello.Node}, nil
			}
		case m.op == ws.OpBinary && !text:
			decoded, err := codec.DecodeServer(m.payload)
			if err != nil {
				return codec.Welcome{}, err
			}
			if welcome, ok := decoded.(codec.Welcome); ok {
				return welcome, nil
			}
		}
	}
}

// meet asks the targets in turn what the canvas is like.
func (f *Fleet) meet(ctx context.Context) (codec.Welcome, error) {
	var failed error
	for _, target := range f.cfg.Targets {
		attempt, cancel := context.WithTimeout(ctx, connectLimit)
		l, welcome, err := f.greet(attempt, target, codec.Hello{})
		if err == nil {
			l.conn.Close()
			if f.cfg.JSON {
				welcome.Geometry, err = askGeometry(attempt, target)
			}
		}
		cancel()
		if err == nil {
			return welcome, nil
		}
		failed = fmt.Errorf("%s: %w; is the server running, and --target right?", target, err)
	}
	return codec.Welcome{}, failed
}

// askGeometry reads the canvas' size from GET /api/canvas: the JSON protocol does not tell it. How it is
// cut into regions doesn't matter then.
func askGeometry(ctx context.Context, url string) (canvas.Geometry, error) {
	var size struct{ Width, Height int }
	if err := target.GetJSON(ctx, target.Site(url)+"/api/canvas", &size); err != nil {
		return canvas.Geometry{}, err
	}
	g := canvas.Geometry{Width: size.Width, Height: size.Height, Region: canvas.MaxRegionEdge}
	return g, g.Validate()
}

// write sends one frame, within writeLimit. The caller holds c.mu.
func (c *Client) write(op ws.OpCode, payload []byte) error {
	return c.send(clientFrame(op, payload))
}

// writeLimit is how long the server may take none of what is written.
const writeLimit = 5 * time.Second

func (c *Client) send(frame []byte) error {
	if c.ctx.Err() == nil { // else the deadline of Close counts
		_ = c.conn.SetWriteDeadline(time.Now().Add(writeLimit))
	}
	if _, err := c.conn.Write(frame); err != nil {
		c.conn.Close() // read notices
		return err
	}
	return nil
}

// clientFrame is a whole masked frame (RFC 6455, 5.3).
func clientFrame(op ws.OpCode, payload []byte) []byte {
	return ws.MustCompileFrame(ws.MaskFrameInPlace(ws.NewFrame(op, true, payload)))
}
