package client

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/codec"
	"pixelplayground/transport/client/wire"
)

const (
	// connectLimit is how long an attempt to connect to one server may take, up to WELCOME.
	connectLimit = 5 * time.Second
	// silenceLimit is how long the server may be silent before it is asked for a sign of life.
	// If it is then silent for as long again, the connection counts as broken. The server
	// pings quiet clients every 20 s.
	silenceLimit = 30 * time.Second
	// longestRetry bounds the pauses that servers ask for.
	longestRetry = 30 * time.Second
)

func (c *Client) run() {
	defer close(c.done)
	c.end(c.stayConnected())
}

// stayConnected connects, again and again, until there is no point in going on. It returns why.
func (c *Client) stayConnected() error {
	l, final, err := c.connect()
	c.opened <- err
	if err != nil {
		return err
	}
	for attempt := 0; ; attempt++ {
		if err == nil {
			since := c.cfg.Clock.Now()
			err = c.serve(l)
			final = wire.Hopeless(err)
			// Only a connection that has lasted resets the backoff: the pauses grow if the server
			// keeps closing the connection soon.
			if c.cfg.Clock.Now().Sub(since) >= c.cfg.Backoff.Max {
				attempt = 0
			}
		}
		if c.ctx.Err() != nil {
			return ErrClosed
		}
		if final {
			return err
		}
		pause := c.pause(attempt, err)
		c.cfg.Log.Debug("disconnected", "err", err, "retry", pause)
		if c.cfg.Handler.Disconnected != nil {
			c.cfg.Handler.Disconnected(err, pause)
		}
		if c.cfg.Clock.Wait(c.ctx, pause) != nil {
			return ErrClosed
		}
		l, final, err = c.connect()
	}
}

// pause is how long to wait before the next attempt to connect.
func (c *Client) pause(attempt int, err error) time.Duration {
	if c.restart {
		c.restart = false
		return min(c.retry, longestRetry)
	}
	pause := c.cfg.Backoff.Delay(attempt, c.cfg.Random())
	var handshake *HandshakeError
	if errors.As(err, &handshake) {
		pause = max(pause, min(handshake.Retry, longestRetry))
	}
	return pause
}

// connect tries each of the URLs once. final: none of them will ever accept the client.
func (c *Client) connect() (_ *link, final bool, err error) {
	final = true
	for range c.cfg.URLs {
		url := c.cfg.URLs[c.url]
		l, failed := c.greet(url)
		if failed == nil {
			return l, false, nil
		}
		final = final && wire.Hopeless(failed)
		failed = fmt.Errorf("%s: %w", url, failed)
		if err != nil {
			failed = fmt.Errorf("%w; %w", err, failed)
		}
		err = failed
		c.nextURL()
	}
	return nil, final, err
}

func (c *Client) nextURL() { c.url = (c.url + 1) % len(c.cfg.URLs) }

// greet opens a WebSocket, sends HELLO and handles the WELCOME.
func (c *Client) greet(url string) (*link, error) {
	ctx, cancel := context.WithTimeout(c.ctx, connectLimit)
	defer cancel()
	conn, welcome, err := wire.Dialer{Net: c.cfg.Dial}.Open(ctx, url, c.hello())
	if err != nil {
		return nil, err
	}
	l := newLink(conn, &conn.Reader, c.silence)
	c.welcomed(l, welcome)
	return l, nil
}

// welcomed makes l the connection. The followed regions are asked for from the positions that
// the client holds, and the ops without an answer become due to be sent again.
func (c *Client) welcomed(l *link, w codec.Welcome) {
	c.mu.Lock()
	if w.Geometry != c.welcome.Geometry {
		c.view = newView(w.Geometry, c.cfg.Regions(w.Geometry), c.cfg.Replica)
	}
	if c.welcome.Session != (canvas.Session{}) {
		c.stats.Reconnects++
	}
	c.welcome, c.link = w, l
	c.view.askAll(c.cfg.Clock.Now())
	c.stats.Resent += uint64(c.pending.Rewind(w.Window))
	c.roomy.fire() // the window may have grown
	c.mu.Unlock()
	c.cfg.Log.Debug("connected", "url", c.cfg.URLs[c.url], "node", w.Node)
	if c.cfg.Handler.Connected != nil {
		c.cfg.Handler.Connected(w)
	}
}

// serve reads from a connection, while another goroutine writes, until it breaks.
func (c *Client) serve(l *link) error {
	stop := context.AfterFunc(c.ctx, func() { l.shut(codec.CloseNormal) })
	defer stop()
	written := make(chan error, 1)
	go func() { written <- l.write(c.compose) }()
	l.nudge()

	err := c.read(l)
	l.shut(answerTo(err))
	failed := <-written
	l.conn.Close()
	c.disconnected()
	c.nextURL()
	if failed != nil && errors.Is(err, net.ErrClosed) {
		err = failed // writing failed first and closed the socket
	}
	return err
}

// answerTo is the code with which to close a connection that ended with err.
func answerTo(err error) codec.CloseCode {
	var closed *CloseError
	if errors.As(err, &closed) {
		return closed.Code
	}
	return codec.CloseProtocol
}

// disconnected ends what only makes sense on one connection.
func (c *Client) disconnected() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.link = nil
	c.pings.drop()
	c.outbox.forget()
	c.moved.fire()
}

func (c *Client) read(l *link) error {
	for {
		p, err := l.next()
		if err != nil {
			var closed *CloseError
			if errors.As(err, &closed) || errors.Is(err, wire.ErrProtocol) {
				return err
			}
			return fmt.Errorf("connection broke: %w", err)
		}
		m, err := codec.DecodeServer(p)
		if err == nil {
			err = c.receive(m)
		}
		if err != nil {
			return err
		}
	}
}
