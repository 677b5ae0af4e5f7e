package fleet

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gobwas/ws"

	"pixelplayground/actors/canvas"
	"pixelplayground/cmd/pixelctl/loadtest/ledger"
	"pixelplayground/codec"
	"pixelplayground/transport/client/wire"
)

const (
	// firstPause and longestPause bound the pauses between attempts to reconnect, as PROTOCOL.md
	// asks.
	firstPause   = 100 * time.Millisecond
	longestPause = 2 * time.Second
	// longestRetry bounds pauses that servers ask for.
	longestRetry = 30 * time.Second
	// farewellLimit is how long the server may take to answer a close frame.
	farewellLimit = 250 * time.Millisecond
)

// errClosed is the error of a client that was closed.
var errClosed = errors.New("client is closed")

// Client is one client of the crowd: it follows a viewport, keeps account of what it was owed, and
// can place strokes. All methods may be called from any goroutine.
type Client struct {
	Index int // in the order of joining, from 0

	fleet  *Fleet
	View   *Viewport
	ctx    context.Context // done when Close is called
	cancel context.CancelFunc
	ready  chan struct{} // run closes it when the subscriptions are in force for the first time
	done   chan struct{} // run closes it as its last act

	targets []string // in the order in which this client tries them
	target  int      // which one is next; used by run

	heard atomic.Int64  // when something was received last, by Fleet.Now
	users atomic.Uint64 // connected users, as the server said last

	mu       sync.Mutex // held while a frame is handled and while one is written
	err      error      // why there is no connection
	conn     net.Conn   // nil: there is none
	pod      string
	user     canvas.Author
	session  canvas.Session
	resume   bool // session is set, so the next connection resumes it
	begun    bool // ready is closed
	asked    bool // the server was asked for a sign of life
	lostAt   time.Duration
	accounts []ledger.Account // as view.regions; used once the client has begun
	inForce  []bool           // as view.regions, on this connection; nil: all are
	waiting  int              // how many are not in force
	roll     ledger.Roll      // the ledger in the JSON protocol, instead of accounts
	retry    time.Duration
	pending  wire.Pending[Stroke]
	pings    []chan struct{} // Sync calls that wait for a PONG, in order
	tally    ledger.Tally    // since the last settle

	misordered uint64 // pixels that others saw under a different number
}

func newClient(f *Fleet, index int, view *Viewport, targets []string) *Client {
	ctx, cancel := context.WithCancel(f.ctx)
	return &Client{
		Index: index, fleet: f, View: view, targets: targets, ctx: ctx, cancel: cancel,
		ready: make(chan struct{}), done: make(chan struct{}), accounts: make([]ledger.Account, len(view.regions)),
	}
}

// Pod is the name of the server that the client is or was last connected to.
func (c *Client) Pod() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.pod
}

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
	return c.conn != nil
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
	c.mu.Lock()
	if c.conn != nil {
		_ = c.conn.SetDeadline(time.Now().Add(farewellLimit))
		_ = c.write(ws.OpClose, ws.NewCloseFrameBody(ws.StatusNormalClosure, ""))
	}
	c.mu.Unlock()
	<-c.done
	c.fleet.remove(c)
}

// Break cuts the connection without a word, as a network would; the client comes back.
func (c *Client) Break() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.conn != nil {
		c.conn.Close()
	}
}

// run keeps the client connected until it is closed or the server refuses it for good.
func (c *Client) run() {
	defer close(c.done)
	for attempt := 0; ; attempt++ {
		link, err := c.connect()
		if err == nil {
			since := c.fleet.Now()
			err = c.read(link)
			c.disconnect(link, err)
			if c.fleet.Now()-since > longestPause {
				attempt = 0
			}
		}
		c.mu.Lock()
		c.err = err
		if c.ctx.Err() != nil {
			c.err = errClosed
		}
		pause := c.pause(attempt)
		c.mu.Unlock()
		if c.ctx.Err() != nil || wire.Hopeless(err) {
			return
		}
		select {
		case <-time.After(pause):
		case <-c.ctx.Done():
			return
		}
	}
}

// pause is how long to wait before the next attempt.
func (c *Client) pause(attempt int) time.Duration {
	if retry := c.retry; retry > 0 {
		c.retry = 0
		return min(retry, longestRetry)
	}
	return wire.Backoff{First: firstPause, Max: longestPause}.Delay(attempt, rand.Float64())
}

// disconnect makes the end of a connection known.
func (c *Client) disconnect(l *wire.Conn, err error) {
	l.Close()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.conn, c.asked = nil, false
	c.fleet.Counters.Live.Add(-1)
	for _, waiting := range c.pings {
		close(waiting)
	}
	c.pings = nil
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
		c.fleet.cfg.Hooks.Lost(c, err)
	}
}

// welcomed begins a connection.
func (c *Client) welcomed(conn net.Conn, w codec.Welcome) {
	c.conn, c.err = conn, nil
	c.pod, c.user, c.session, c.resume = w.Node, w.User, w.Session, true
	c.inForce, c.waiting = make([]bool, len(c.View.regions)), len(c.View.regions)
	c.fleet.Counters.Again.Add(int64(c.pending.Rewind(w.Window)))
	c.heard.Store(int64(c.fleet.Now()))
	c.fleet.Counters.Live.Add(1)
	if c.Index != observer {
		c.fleet.Counters.Dialled.Add(1)
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

// checkSilence asks a silent server for a sign of life, and gives the connection up if none comes.
func (c *Client) checkSilence(now time.Duration) {
	silent := now - time.Duration(c.heard.Load())
	if silent < c.fleet.cfg.Silence/2 || !c.mu.TryLock() {
		return // whatever holds the lock is receiving or sending
	}
	defer c.mu.Unlock()
	switch {
	case c.conn == nil:
	case silent > c.fleet.cfg.Silence:
		c.conn.Close()
	case !c.asked:
		c.asked = true
		_ = c.write(ws.OpPing, nil)
	}
}

// moved reports whether the server closed the connection because it stops.
func moved(err error) bool {
	var closed *wire.CloseError
	return errors.As(err, &closed) && closed.Code == codec.CloseRestart
}
