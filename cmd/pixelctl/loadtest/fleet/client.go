package fleet

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/cmd/pixelctl/loadtest/ledger"
	"pixelplayground/codec"
	"pixelplayground/transport/client/wire"
)

// errClosed is the error of a client that was closed.
var errClosed = errors.New("client is closed")

// person is who a client is.
type person struct {
	cookie http.Header // makes it a person of its own; nil: the server gives none
	asked  bool        // the server has been asked for it
	from   netip.Addr  // where its connections come from; invalid: that does not matter
}

// Client is one client of the crowd: it follows a viewport, keeps account of what it was owed, and
// can place strokes. All methods may be called from any goroutine.
type Client struct {
	Index int // in the order of joining, from 0

	fleet  *Fleet
	View   *Viewport
	link   *wire.Session
	ctx    context.Context // done when Close is called
	cancel context.CancelFunc
	ready  chan struct{} // run closes it when the subscriptions are in force for the first time
	done   chan struct{} // run closes it as its last act

	users atomic.Uint64 // connected users, as the server said last

	// Only for the goroutine of the session, until the client has joined: then they stay as they are.
	person

	mu        sync.Mutex // held while a message is handled
	err       error      // why there is no connection
	connected int        // which connection this is, from 1; 0: there is none
	made      int        // connections
	pod       string
	user      canvas.Author
	session   canvas.Session
	begun     bool // ready is closed
	lostAt    time.Duration
	asking    bool             // SUBSCRIBE is due
	accounts  []ledger.Account // as view.regions; used once the client has begun
	inForce   []bool           // as view.regions, on this connection; nil: all are
	waiting   int              // how many are not in force
	roll      ledger.Roll      // the ledger in the JSON protocol, instead of accounts
	pending   wire.Pending[Stroke]
	texts     []byte       // in the JSON protocol, instead of pending: frames that are due
	tally     ledger.Tally // since the last settle

	misordered uint64 // pixels that others saw under a different number
}

func newClient(f *Fleet, index int, view *Viewport, targets []string) *Client {
	ctx, cancel := context.WithCancel(f.ctx)
	c := &Client{
		Index: index, fleet: f, View: view, ctx: ctx, cancel: cancel,
		ready: make(chan struct{}), done: make(chan struct{}), accounts: make([]ledger.Account, len(view.regions)),
	}
	c.link = wire.NewSession(user{c}, targets)
	c.link.JSON, c.link.Bytes = f.cfg.JSON, &f.Counters.Bytes
	return c
}

// Pod is the name of the server that the client is or was last connected to.
func (c *Client) Pod() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.pod
}

// Person is the public id that the client had when it was welcomed last, for hooks.
func (c *Client) Person() canvas.Author { return c.user }

// Cookie is what makes the client the person that it is. It may be asked for once the client has joined.
func (c *Client) Cookie() http.Header { return c.cookie }

// User is the public id under which others see the client's pixels.
func (c *Client) User() canvas.Author {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.user
}

// String names the client for people.
func (c *Client) String() string { return fmt.Sprintf("client %d on %s", c.Index, c.Pod()) }

// Gone returns why the client has given up; nil: it has not.
func (c *Client) Gone() error {
	select {
	case <-c.done:
		return c.Err()
	default:
		return nil
	}
}

// Connected reports whether the client has a connection now.
func (c *Client) Connected() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.connected > 0
}

// Users is the number of users that the server reported last.
func (c *Client) Users() uint64 { return c.users.Load() }

// Err returns why the client has no connection; nil: it has one.
func (c *Client) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// Held returns the sequence number that the client has reached in each region of its viewport, in
// the viewport's order.
func (c *Client) Held() []uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	held := make([]uint64, len(c.accounts))
	for i := range held {
		held[i] = c.accounts[i].Held
	}
	return held
}

// Close says goodbye and waits until the client has ended. What the client was owed is forgotten,
// unless Leave or Settle has settled it. Close may be called twice.
func (c *Client) Close() {
	c.cancel()
	<-c.done
	c.fleet.remove(c)
}

// run keeps the client connected until it is closed or the server refuses it for good.
func (c *Client) run() {
	defer close(c.done)
	err := c.link.Run(c.ctx, nil)
	if c.ctx.Err() != nil {
		err = errClosed
	}
	user{c}.Pausing(err, 0)
}

// Pausing implements wire.Owner.
func (c user) Pausing(err error, _ time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.err = err
}

// Lost implements wire.Owner. It makes the end of a connection known.
func (c user) Lost(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.connected, c.texts = 0, nil
	c.fleet.Counters.Live.Add(-1)
	if c.ctx.Err() != nil {
		return
	}
	c.lostAt = c.fleet.Now()
	if moved(err) {
		c.fleet.Counters.Moved.Add(1)
	} else {
		c.fleet.Counters.Broken.Add(1)
	}
	if c.fleet.cfg.JSON && c.begun {
		c.closeRoll()
	}
	if c.fleet.cfg.Hooks.Lost != nil {
		c.fleet.cfg.Hooks.Lost(c.Client, err)
	}
}

// Welcomed implements wire.Owner. It begins a connection.
func (c user) Welcomed(w codec.Welcome) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.made++
	c.connected, c.err = c.made, nil
	c.pod, c.user, c.session = w.Node, w.User, w.Session
	c.inForce, c.waiting = make([]bool, len(c.View.regions)), len(c.View.regions)
	c.fleet.Counters.Again.Add(int64(c.pending.Rewind(w.Window)))
	c.fleet.Counters.Live.Add(1)
	if c.Index != observer {
		c.fleet.Counters.Dialled.Add(1)
		if c.fleet.cfg.Hooks.Welcomed != nil {
			c.fleet.cfg.Hooks.Welcomed(c.Client)
		}
	}
	switch c.asking = !c.fleet.cfg.JSON; {
	case !c.asking:
		c.beginJSON()
	case c.waiting == 0:
		c.settled()
	}
}

// settled is called when all subscriptions are in force.
func (c *Client) settled() {
	c.inForce = nil
	if !c.begun {
		c.begun = true
		close(c.ready)
	} else if c.fleet.cfg.Hooks.Back != nil {
		c.fleet.cfg.Hooks.Back(c, c.fleet.Now()-c.lostAt)
	}
}

// moved reports whether the server closed the connection because it stops.
func moved(err error) bool {
	var closed *wire.CloseError
	return errors.As(err, &closed) && closed.Code == codec.CloseRestart
}
