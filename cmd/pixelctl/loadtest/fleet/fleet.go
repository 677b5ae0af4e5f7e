// Package fleet is the crowd of a load test: thousands of clients of one canvas that connect,
// follow regions, place pixels and reconnect by themselves. Its ledger knows what each client
// should have received, and its recorders know how long each pixel took. Callers decide what is
// drawn, and what counts as a failure.
//
// It is built on transport/client/wire, not on transport/client, which keeps a view and a replica for
// each client and decodes every message. For 20,000 viewers that would be too
// slow, and a test needs only the sequence numbers and packed pixels of what they receive.
package fleet

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"image"
	"maps"
	"math/rand/v2"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"pixelplayground/actors/canvas"
	"pixelplayground/cmd/pixelctl/loadtest/ledger"
	"pixelplayground/cmd/pixelctl/loadtest/pattern"
	"pixelplayground/cmd/pixelctl/loadtest/report"
	"pixelplayground/cmd/pixelctl/loadtest/target"
	"pixelplayground/codec"
)

const (
	// pace is how many connections are begun per second. A handshake costs the server about
	// 0.1 ms of a core, and connected clients should be the load, not their handshakes.
	pace = 2000
	// Handshakes is how many handshakes may be under way at once: fewer than a listener's backlog.
	Handshakes = 128
	// joinPatience is how long to wait for the next client to connect before giving up.
	joinPatience = 30 * time.Second
	// defaultPatience is how long everything may take to arrive.
	defaultPatience = 15 * time.Second
	// maxAccounts bounds the memory of the ledger to 1.5 GB: clients times the regions they follow.
	maxAccounts = 32 << 20
	// observer is the index of clients that connect only to read a server's positions.
	observer = 1<<31 - 1
	// maxFindings is how many irregularities are kept one by one.
	maxFindings = 1000
)

// Config says what a fleet connects to and what its caller wants to know.
type Config struct {
	Targets []string // WebSocket URLs, as Targets makes them; clients take them in turn
	JSON    bool     // speak the JSON protocol
	// Patience is how long everything may take to arrive once nothing is placed any more; 0: 15 s.
	Patience time.Duration
	Area     image.Rectangle // where Paint places pixels; empty: the whole canvas
	Clients  int             // that there will be, for Status
	Hooks    Hooks
	// AdminToken is what lets in operators, for tests that decide something.
	AdminToken string
}

// Hooks are called when something happens to a client, on the goroutine that reads for it and with
// its lock held. So they must return at once, and use nothing of the client but Index. A nil hook
// is not called.
type Hooks struct {
	// Welcomed says that a client has a connection, its first or a new one.
	Welcomed func(c *Client)
	// Lost says that a connection broke that nobody closed.
	Lost func(c *Client, err error)
	// Back says that a client which had lost its connection has all its subscriptions in force
	// again, and how long that took.
	Back func(c *Client, away time.Duration)
	// Pixels is everything shown to a client.
	Pixels func(c *Client, f Frame)
	// Snapshot is a region that was replaced as a whole.
	Snapshot func(c *Client, s codec.Snapshot)
	// Answered is what became of a stroke; code 0: it was acknowledged.
	Answered func(c *Client, s Stroke, why codec.Refused)
}

// Frame is pixels as they were received.
type Frame struct {
	Region canvas.RegionID
	Epoch  uint64
	From   uint64        // sequence number before the first
	Count  uint64        // sequence numbers covered; 0: the protocol doesn't say
	Packed []byte        // 5 bytes a pixel, as PIXELS has them; valid during the call
	At     time.Duration // since the fleet was made
}

// Fleet is a crowd of clients of one canvas. Its clients reconnect and resume by themselves.
type Fleet struct {
	cfg   Config
	start time.Time
	pace  *rate.Limiter
	slots chan struct{} // one for each handshake under way

	ctx    context.Context // done when Close is called
	cancel context.CancelFunc
	wait   sync.WaitGroup

	// Set by Open.
	welcome codec.Welcome
	high    []atomic.Uint64 // by region: the highest number that any client has got
	probes  *probes

	Counters Counters
	progress progress
	Acks     *report.Recorder // from when a pixel was due to its acknowledgement
	Sights   *report.Recorder // from when a pixel was due until another client got it, for each such client

	mu       sync.Mutex
	closed   bool
	clients  map[*Client]struct{}
	indexes  int
	accounts int
	tally    ledger.Tally // of clients that left, and what is certain already of those still here
	findings []Finding
	refusals map[canvas.Refusal]int // pixels

	misordered uint64 // pixels that clients saw under different numbers
}

// Counters say what happened so far. Pixels are counted as often as they were received.
type Counters struct {
	Bytes   atomic.Int64 // received, without the headers of TCP
	Pixels  atomic.Int64
	Broken  atomic.Int64 // connections that ended without a word
	Moved   atomic.Int64 // connections that a server ended because it was about to stop: the clients go elsewhere
	Dialled atomic.Int64 // connections made
	Live    atomic.Int64 // connections now
	Placed  atomic.Int64 // pixels given to Paint
	Acked   atomic.Int64
	Refused atomic.Int64
	Again   atomic.Int64 // strokes sent again after a reconnect
	Foreign atomic.Int64 // received, but placed by others
	Errors  atomic.Int64 // messages of type error, in the JSON protocol
}

// Finding is something that should not have happened.
type Finding struct {
	Kind   string // "missing", "duplicate", "late", "order", "replaced"
	Client int
	Pod    string
	Region canvas.RegionID // not set in the JSON protocol, which has no sequence numbers
	Span   ledger.Span
}

// String is a line for people.
func (f Finding) String() string {
	return fmt.Sprintf("%s: client %d on %q, region %d, numbers %d to %d", f.Kind, f.Client, f.Pod, f.Region, f.Span.From+1, f.Span.To)
}

// New makes a fleet; it starts nothing.
func New(cfg Config) *Fleet {
	cfg.Patience = cmp.Or(cfg.Patience, defaultPatience)
	ctx, cancel := context.WithCancel(context.Background())
	return &Fleet{
		cfg: cfg, start: time.Now(), ctx: ctx, cancel: cancel,
		pace: rate.NewLimiter(pace, Handshakes), slots: make(chan struct{}, Handshakes),
		Acks: report.NewRecorder(), Sights: report.NewRecorder(), clients: make(map[*Client]struct{}), refusals: make(map[canvas.Refusal]int),
	}
}

// Open learns the canvas' size and limits from the first target that answers. It may be called once.
func (f *Fleet) Open(ctx context.Context) error {
	welcome, err := f.meet(ctx)
	if err != nil {
		return err
	}
	return f.setUp(welcome)
}

// setUp makes everything that depends on the canvas.
func (f *Fleet) setUp(welcome codec.Welcome) error {
	g := welcome.Geometry
	area, err := pattern.Crop(g, f.cfg.Area)
	if err != nil {
		return err
	}
	f.welcome = welcome
	f.high = make([]atomic.Uint64, g.Regions())
	f.probes = newProbes(pattern.New(area, rand.Uint64()))
	return nil
}

// Welcome is what the server said about the canvas and its limits. In the JSON protocol only the
// size is known.
func (f *Fleet) Welcome() codec.Welcome { return f.welcome }

// Now is the time since the fleet was made. All of the fleet's times are counted like that.
func (f *Fleet) Now() time.Duration { return time.Since(f.start) }

// Join adds a client that follows a viewport, and returns when all its subscriptions are in force.
// It retries until ctx is done or the server refuses the client for good.
func (f *Fleet) Join(ctx context.Context, view *Viewport) (*Client, error) {
	return f.JoinAs(ctx, nil, view)
}

// JoinAs is Join for one more connection of the person that a client is who has joined before; nil: of a
// new one.
func (f *Fleet) JoinAs(ctx context.Context, same *Client, view *Viewport) (*Client, error) {
	return f.joinAs(ctx, f.personOf(same), view)
}

// JoinFrom is Join of a new person whose connections all come from an address of this computer.
func (f *Fleet) JoinFrom(ctx context.Context, from netip.Addr, view *Viewport) (*Client, error) {
	return f.joinAs(ctx, person{from: from}, view)
}

func (f *Fleet) joinAs(ctx context.Context, who person, view *Viewport) (*Client, error) {
	c, err := f.addAs(who, -1, view)
	if err != nil {
		return nil, err
	}
	if err := c.join(ctx); err != nil {
		c.Close()
		return nil, fmt.Errorf("join client %d: %w", c.Index, err)
	}
	return c, nil
}

// join waits until all subscriptions of a new client are in force.
func (c *Client) join(ctx context.Context) error {
	select {
	case <-c.ready:
		return nil
	case <-c.done:
		return c.Err()
	case <-ctx.Done():
		return errors.Join(context.Cause(ctx), c.Err())
	}
}

// JoinAll adds n clients at the fleet's pace, the i-th with the viewport view(i). It gives up when
// no further client has connected for joinPatience.
func (f *Fleet) JoinAll(ctx context.Context, n int, view func(i int) *Viewport) ([]*Client, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stuck := time.AfterFunc(joinPatience, func() { cancel(fmt.Errorf("nobody could connect for %v", joinPatience)) })
	defer stuck.Stop()
	clients := make([]*Client, n)
	failed := make(chan error, n)
	var wait sync.WaitGroup
	for i := range n {
		wait.Go(func() {
			var err error
			if clients[i], err = f.Join(ctx, view(i)); err != nil {
				failed <- err
				return
			}
			stuck.Reset(joinPatience)
		})
	}
	wait.Wait()
	close(failed)
	if n := len(failed); n > 0 {
		return nil, fmt.Errorf("%s could not connect, one because: %w", report.Counted(n, "client"), <-failed)
	}
	return clients, nil
}

// addTo adds a client that first tries a certain target.
func (f *Fleet) addTo(first int, view *Viewport) (*Client, error) {
	return f.addAs(person{}, first, view)
}

// personOf is who a client is that has been connected; nil: a new person.
func (f *Fleet) personOf(same *Client) person {
	if same == nil {
		return person{}
	}
	return same.person
}

// addAs adds a client that first tries a certain target; -1: the target whose turn it is.
func (f *Fleet) addAs(who person, first int, view *Viewport) (*Client, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return nil, errors.New("fleet is closed")
	}
	if f.accounts += len(view.regions); f.accounts > maxAccounts {
		f.accounts -= len(view.regions)
		return nil, fmt.Errorf("following %d regions at once would take too much memory: use fewer clients, or a canvas of larger regions", f.accounts)
	}
	index := observer
	if first < 0 {
		index = f.indexes
		f.indexes++
		first = index
	}
	c := newClient(f, index, view, target.Turned(f.cfg.Targets, first))
	c.person = who
	f.clients[c] = struct{}{}
	f.wait.Go(c.run)
	return c, nil
}

// remove forgets a client whose account has been settled or is of no interest.
func (f *Fleet) remove(c *Client) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, here := f.clients[c]; here {
		delete(f.clients, c)
		f.accounts -= len(c.View.regions)
	}
}

// Clients returns the clients that have not left, sorted by index.
func (f *Fleet) Clients() []*Client {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.SortedFunc(maps.Keys(f.clients), func(a, b *Client) int { return a.Index - b.Index })
}

// Close ends all clients and waits for them. It may be called twice.
func (f *Fleet) Close() {
	f.mu.Lock()
	f.closed = true
	f.mu.Unlock()
	var wait sync.WaitGroup
	for _, c := range f.Clients() {
		wait.Go(c.Close)
	}
	wait.Wait()
	f.cancel()
	f.wait.Wait()
}

// note keeps a finding, if there is room.
func (f *Fleet) note(found Finding) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.findings) < maxFindings {
		f.findings = append(f.findings, found)
	}
}
