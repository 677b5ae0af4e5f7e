// Package client is the Go client of the pixel protocol (codec/PROTOCOL.md). It connects,
// follows regions and checks that their sequences have no gaps, keeps a replica of the
// pixels if wanted, places ops and reports what became of them. When the connection breaks, it
// makes a new one and resumes, so that its user need not notice. What to draw and what to
// show is up to its callers: cmd/pixelctl and tests.
//
// A connected client takes one goroutine, another one while it writes, and about 20 KB, besides a
// replica, so a process can have thousands of them. All its methods may be called from any goroutine.
package client

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"pixelplayground/codec"
	"pixelplayground/transport/client/wire"
)

// Client is one user of the canvas.
type Client struct {
	cfg     Config
	session *wire.Session
	ctx     context.Context // done when Close is called
	cancel  context.CancelFunc
	opened  chan error    // holds one: the result of the first attempt to connect. run sends, Open receives
	done    chan struct{} // run closes it last
	acked   []func(error) // scratch, only for the goroutine of run

	mu        sync.Mutex // never held while writing, reading or calling the user's functions
	started   bool       // Open or Close was called
	err       error      // why the client has ended; nil: it has not
	connected bool
	welcome   codec.Welcome
	outbox    outbox
	pending   wire.Pending[func(error)] // each op's function is called with its result; nil: none
	allowance allowance
	view      view
	version   uint64 // of what is held of the regions
	seen      uint64 // by Changed
	people    people
	renewing  chan error // hears if a token is refused; nil: nobody waits for that
	stats     Stats
	roomy     signal // there may be room in the window
	moved     signal // a region has moved, or the connection has changed
}

// New makes a client; it starts nothing.
func New(cfg Config) (*Client, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults()
	ctx, cancel := context.WithCancel(context.Background())
	c := &Client{
		cfg: cfg, ctx: ctx, cancel: cancel, opened: make(chan error, 1), done: make(chan struct{}), outbox: outbox{name: cfg.Name},
	}
	c.session = wire.NewSession(user{c}, cfg.URLs)
	if cfg.Clock != nil {
		c.session.Clock = cfg.Clock
	}
	if cfg.Random != nil {
		c.session.Random = cfg.Random
	}
	return c, nil
}

// Connect makes a client and opens it.
func Connect(ctx context.Context, cfg Config) (*Client, error) {
	c, err := New(cfg)
	if err == nil {
		err = c.Open(ctx)
	}
	if err != nil {
		return nil, err
	}
	return c, nil
}

// Open connects to the first of the URLs that accepts the client, and returns when the client
// has been welcomed. If none accepts it, or ctx is done before, the client has ended. Open may
// be called once.
func (c *Client) Open(ctx context.Context) error {
	c.mu.Lock()
	started := c.started
	c.started = true
	c.mu.Unlock()
	if started {
		return errors.New("open: client was opened or closed before")
	}
	go c.run()
	select {
	case err := <-c.opened:
		if err != nil {
			<-c.done
			return fmt.Errorf("connect: %w", err)
		}
		return nil
	case <-ctx.Done():
		c.Close()
		return fmt.Errorf("connect: %w", ctx.Err())
	}
}

// Close closes the connection and waits until everything that the client started has ended.
// Ops without an answer fail with ErrClosed, although they may have been carried out. Close may
// be called twice.
func (c *Client) Close() {
	c.mu.Lock()
	started := c.started
	c.started = true
	c.mu.Unlock()
	c.cancel()
	if !started {
		c.end(ErrClosed)
		close(c.done)
	}
	<-c.done
}

// Done is closed when the client has ended: by Close, by Open failing, or because the
// server does not want it back.
func (c *Client) Done() <-chan struct{} { return c.done }

// Err is why the client has ended; nil: it has not.
func (c *Client) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// Welcome is the server's latest WELCOME: who the client is, the canvas' size, the limits.
func (c *Client) Welcome() codec.Welcome {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.welcome
}

// end makes the client refuse everything from now on, and fails everything that waits.
func (c *Client) end(err error) {
	c.mu.Lock()
	c.err = err
	failed := c.pending.Clear()
	c.roomy.fire()
	c.moved.fire()
	c.mu.Unlock()
	for _, done := range failed {
		tell(done, err)
	}
}
