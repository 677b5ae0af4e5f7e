// Package client is the Go client of the pixel protocol (codec/PROTOCOL.md). It connects,
// follows regions and checks that their sequences have no gaps, keeps a replica of the
// pixels if wanted, places ops and tells what became of them; when the connection breaks
// it makes a new one and resumes, so that its user need not notice. What to draw and what
// to show is left to its callers: cmd/pixelctl and tests.
//
// A client has two goroutines and about 20 KB while it is connected, besides a replica, so that a process
// can have thousands. All its methods may be called from any goroutine.
package client

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"pixelplayground/codec"
	"pixelplayground/transport/client/wire"
)

// Client is one user of the canvas.
type Client struct {
	cfg     Config
	silence time.Duration
	ctx     context.Context // done when Close is called
	cancel  context.CancelFunc
	opened  chan error    // holds one: how the first attempt to connect ended. run sends, Open receives
	done    chan struct{} // run closes it as its last act

	// Of the goroutine of run.
	url     int           // in cfg.URLs, of the next attempt
	restart bool          // the server has announced that it will close
	retry   time.Duration // and when to come back
	acked   []func(error) // scratch

	mu      sync.Mutex // never held while writing, reading or calling the user's functions
	started bool       // Open or Close was called
	err     error      // why the client has ended; nil: it has not
	link    *link      // nil: not connected
	welcome codec.Welcome
	outbox  outbox
	pending wire.Pending[func(error)] // whom to tell what became of an op; nil: nobody
	view    view
	people  people
	pings   pings
	stats   Stats
	roomy   signal // there may be room in the window
	moved   signal // a region has moved, or the connection has changed
}

// New makes a client; it starts nothing.
func New(cfg Config) (*Client, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults()
	ctx, cancel := context.WithCancel(context.Background())
	return &Client{
		cfg: cfg, silence: silenceLimit, ctx: ctx, cancel: cancel,
		opened: make(chan error, 1), done: make(chan struct{}),
		outbox: outbox{name: cfg.Name}, pings: pings{waiting: make(map[uint64]chan<- time.Time)},
	}, nil
}

// Open connects to the first of the URLs that takes the client, and returns when it has
// been welcomed. When none does, or ctx is done before, the client has ended. It may be
// called once.
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

// Close says goodbye and waits until everything the client started has ended. Ops not
// yet answered fail with ErrClosed; they may have been carried out. It may be called twice.
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

// Welcome is what the server said last: who the client is, the canvas' size, the limits.
func (c *Client) Welcome() codec.Welcome {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.welcome
}

// end makes the client refuse everything from now on, and fails what waits.
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
