package actors

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/rules"
	"pixelplayground/actors/store"
	"pixelplayground/actors/store/memory"
)

var testGeometry = canvas.Geometry{Width: 50, Height: 40, Region: 16}

// world is a node with a fake audience whose viewers hold replicas, as real clients do.
type world struct {
	t      *testing.T
	node   *Node
	store  *memory.Store
	crowd  *crowd
	person canvas.Person // of those who connect
}

func newWorld(t *testing.T, change func(*Config)) *world {
	t.Helper()
	return openWorld(t, memory.New(memory.Config{Geometry: testGeometry}), change)
}

func openWorld(t *testing.T, s *memory.Store, change func(*Config)) *world {
	t.Helper()
	cfg := DefaultConfig()
	cfg.Geometry, cfg.Rate = testGeometry, 0
	cfg.Beat, cfg.PresenceEvery, cfg.PointersEvery = 10*time.Millisecond, 10*time.Millisecond, 5*time.Millisecond
	if change != nil {
		change(&cfg)
	}
	if err := cfg.Validate(); err != nil {
		t.Fatal(err)
	}
	return wire(t, s, cfg, Ports{})
}

// newWorldAround is newWorld with a HostInfo.
func newWorldAround(t *testing.T, around HostInfo) *world {
	t.Helper()
	cfg := DefaultConfig()
	cfg.Geometry = testGeometry
	return wire(t, memory.New(memory.Config{Geometry: testGeometry}), cfg, Ports{Host: around})
}

// wire opens a node with the rest of its ports filled in.
func wire(t *testing.T, s *memory.Store, cfg Config, ports Ports) *world {
	t.Helper()
	w := &world{t: t, store: s, crowd: &crowd{feeds: make(map[canvas.RegionID]canvas.Position)}}
	if ports.Store == nil {
		ports.Store = s
	}
	ports.Audience, ports.Log = w.crowd, slog.New(slog.NewTextHandler(t.Output(), nil))
	w.node = New(cfg, ports)
	w.crowd.node = w.node
	if err := w.node.Open(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.node.Close)
	return w
}

// crowd is the Audience and the Outbox of all clients of a test.
type crowd struct {
	node *Node

	mu           sync.Mutex
	clients      []*client // by ViewerID
	feeds        map[canvas.RegionID]canvas.Position
	presence     *Presence
	presents     int
	onPresent    func(*Presence) // called under mu; nil: nobody
	onJoin       func(CatchUp)   // likewise
	pointers     []canvas.Pointer
	beckons      []canvas.Pointer
	mostPointers int // in one Point
	announced    []string
	own          []shownOwn
	faults       []string                      // things that no client may ever see
	by           map[canvas.OpID]canvas.Author // who placed what was published, by id without key
}

// client is one connection and what it has been told.
type client struct {
	crowd *crowd
	id    canvas.ViewerID
	conn  *Connection

	// Guarded by crowd.mu.
	welcome  Welcome
	replicas map[canvas.RegionID]*replica
	acked    []uint64
	waiting  []uint64
	refused  map[uint64]canvas.Refusal
	handled  int
	failed   bool
	left     Left          // of the allowance, as told last
	retry    time.Duration // of the last refusal
	told     int           // times that the allowance was told without an op
}

// panickingNum makes the connection actor panic when its op is refused.
const panickingNum = 66_666_666

type replica struct {
	position canvas.Position
	tile     canvas.Tile
	live     bool
	deltas   int // joins without a snapshot
}

func (w *world) connect(hello Hello) *client {
	w.crowd.mu.Lock()
	c := &client{
		crowd: w.crowd, id: canvas.ViewerID(len(w.crowd.clients)),
		replicas: make(map[canvas.RegionID]*replica), refused: make(map[uint64]canvas.Refusal),
	}
	w.crowd.clients = append(w.crowd.clients, c)
	w.crowd.mu.Unlock()
	c.conn = w.node.Connect(c.id, canvas.FirstNetwork, w.person, c)
	c.conn.Send(hello)
	w.eventually("welcome", func() bool { return c.welcome.User != 0 })
	return c
}

// watch subscribes to the whole canvas from the positions in held.
func (w *world) watch(c *client, held map[canvas.RegionID]*replica) {
	w.crowd.mu.Lock()
	var marks []canvas.Mark
	for i := range testGeometry.Regions() {
		id := canvas.RegionID(i)
		r := held[id]
		if r == nil {
			_, _, width, height := testGeometry.Bounds(id)
			r = &replica{tile: canvas.NewTile(width, height)}
		}
		c.replicas[id] = &replica{position: r.position, tile: slices.Clone(r.tile)}
		marks = append(marks, canvas.Mark{Region: id, Position: r.position})
	}
	w.crowd.mu.Unlock()
	c.conn.Send(Subscribe{Marks: marks})
}

func (c *client) Welcome(m Welcome) { c.crowd.do(func() { c.welcome = m }) }
func (c *client) Handled()          { c.crowd.do(func() { c.handled++ }) }
func (c *client) Waiting(nums []uint64) {
	c.crowd.do(func() { c.waiting = append(c.waiting, nums...) })
}
func (c *client) Fail() { c.crowd.do(func() { c.failed = true }) }
func (c *client) Ack(nums []uint64, left Left) {
	c.crowd.do(func() { c.acked, c.left = append(c.acked, nums...), left })
}
func (c *client) Allowance(_ canvas.Pace, left Left) {
	c.crowd.do(func() { c.told, c.left = c.told+1, left })
}
func (c *client) Refuse(num uint64, why canvas.Refusal, retry time.Duration, left Left) {
	if num == panickingNum {
		panic("injected")
	}
	c.crowd.do(func() { c.refused[num], c.retry, c.left = why, retry, left })
}
func (c *client) Follow(marks []canvas.Mark) {
	for _, m := range marks {
		c.crowd.node.Resync(c.id, m)
	}
}
func (c *client) Unfollow(regions []canvas.RegionID) {
	c.crowd.do(func() {
		for _, id := range regions {
			delete(c.replicas, id)
		}
	})
}

func (a *crowd) do(f func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	f()
}

func (a *crowd) fault(format string, args ...any) {
	a.faults = append(a.faults, fmt.Sprintf(format, args...))
}

func (a *crowd) Publish(b *canvas.Batch) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if uint64(b.Pixels()) != b.To-b.From {
		a.fault("region %d: batch %d..%d has %d pixels", b.Region, b.From, b.To, b.Pixels())
	}
	for i := range b.Ops {
		if a.by == nil {
			a.by = make(map[canvas.OpID]canvas.Author)
		}
		a.by[canvas.OpID{Author: b.Ops[i].ID.Author, Num: b.Ops[i].ID.Num}] = b.Ops[i].By()
	}
	for _, c := range a.clients {
		r := c.replicas[b.Region]
		if r == nil || !r.live {
			continue
		}
		if r.position.Seq != b.From {
			r.live = false
			a.node.Resync(c.id, canvas.Mark{Region: b.Region, Position: r.position})
			continue
		}
		r.tile.Apply(b)
		r.position = b.Position()
	}
}

func (a *crowd) Reset(region canvas.RegionID) {
	a.do(func() {
		for _, c := range a.clients {
			if r := c.replicas[region]; r != nil && r.live {
				r.live = false
				a.node.Resync(c.id, canvas.Mark{Region: region, Position: r.position})
			}
		}
	})
}

func (a *crowd) Join(v canvas.ViewerID, u CatchUp) {
	a.do(func() {
		if a.onJoin != nil {
			a.onJoin(u)
		}
		r := a.clients[v].replicas[u.Region]
		if r == nil {
			return
		}
		if u.Snapshot != nil {
			r.tile, r.position = slices.Clone(u.Snapshot.Tile), u.Snapshot.Position
		} else {
			r.deltas++
		}
		if u.Delta != nil {
			if u.Delta.From != r.position.Seq {
				a.fault("region %d: catch-up from %d for a viewer at %d", u.Region, u.Delta.From, r.position.Seq)
			}
			r.tile.Apply(u.Delta)
			r.position = u.Delta.Position()
		}
		if r.position != u.At {
			a.fault("region %d: catch-up leads to %v, not %v", u.Region, r.position, u.At)
		}
		r.live = true
	})
}

func (a *crowd) Viewing(region canvas.RegionID) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.ContainsFunc(a.clients, func(c *client) bool { return c.replicas[region] != nil && !c.failed })
}

func (a *crowd) Point(_ canvas.RegionID, moved, beckons []canvas.Pointer) {
	a.do(func() {
		a.beckons = append(a.beckons, beckons...)
		a.pointers = append(a.pointers, moved...)
		a.mostPointers = max(a.mostPointers, len(moved))
	})
}

func (a *crowd) Ruled(_ *rules.Rules, announced string) {
	if announced != "" {
		a.do(func() { a.announced = append(a.announced, announced) })
	}
}

func (a *crowd) ShowOwn(viewer canvas.ViewerID, whose canvas.Subject, b *canvas.Batch) {
	a.do(func() { a.own = append(a.own, shownOwn{viewer, whose, b}) })
}

// shownOwn is what was shown to those alone who had placed it.
type shownOwn struct {
	viewer canvas.ViewerID
	whose  canvas.Subject
	batch  *canvas.Batch
}

func (a *crowd) Present(p *Presence) {
	a.do(func() {
		a.presence = p
		a.presents++
		if a.onPresent != nil {
			a.onPresent(p)
		}
	})
}

// useStore gives a node that nobody has used yet another store.
func useStore(n *Node, s store.Store) { n.store, n.owning.Store = s, s }

// outage makes every commit fail until store.Fail(nil).
func (w *world) outage() {
	w.store.Fail(func(operation string, _ canvas.RegionID) error {
		if operation == "commit" {
			return store.ErrUnavailable
		}
		return nil
	})
}

// holdCommit makes a client place an op, and waits until the store holds its commit.
func (w *world) holdCommit(c *client, p Place) (release func()) {
	w.t.Helper()
	release = w.store.Hold()
	c.conn.Send(p)
	w.eventually("the commit is under way", func() bool { return w.store.Held() == 1 })
	return release
}

// onPresent calls f with every Presence, under the crowd's lock.
func (w *world) onPresent(f func(*Presence)) { w.crowd.do(func() { w.crowd.onPresent = f }) }

// inTime is after how long a test takes what it waits for to be stuck: far longer than that takes
// on a busy machine.
const inTime = 30 * time.Second

// eventually polls what the crowd has seen; cond runs under the crowd's lock.
func (w *world) eventually(what string, cond func() bool) {
	w.t.Helper()
	deadline := time.Now().Add(inTime)
	for {
		w.crowd.mu.Lock()
		ok := cond()
		faults := w.crowd.faults
		w.crowd.mu.Unlock()
		switch {
		case len(faults) > 0:
			w.t.Fatalf("a client saw: %v", faults)
		case ok:
			return
		case time.Now().After(deadline):
			w.t.Fatalf("not within %v: %s", inTime, what)
		}
		time.Sleep(time.Millisecond) // between polls
	}
}

// converged waits until every replica of the client equals what the store has.
func (w *world) converged(c *client) {
	w.t.Helper()
	w.eventually("every replica equals the store", func() bool {
		for id, r := range c.replicas {
			position, tile := w.stored(id)
			if !r.live || r.position != position || !slices.Equal(r.tile, tile) {
				return false
			}
		}
		return true
	})
}

// stored replays the store's log of a region; the test keeps it short enough to be whole.
func (w *world) stored(id canvas.RegionID) (p canvas.Position, tile canvas.Tile) {
	w.t.Helper()
	_, _, width, height := testGeometry.Bounds(id)
	tile = canvas.NewTile(width, height)
	history, err := w.store.History(context.Background(), id, 0, 1<<30)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, b := range history {
		if b.From != p.Seq {
			w.t.Fatalf("region %d: the log has a hole before %d", id, b.From)
		}
		tile.Apply(b)
		p = b.Position()
	}
	return p, tile
}

// logged counts how often each op of an author is in the logs of all regions.
func (w *world) logged(author canvas.Author) map[uint64]int {
	w.t.Helper()
	counts := make(map[uint64]int)
	for i := range testGeometry.Regions() {
		history, err := w.store.History(context.Background(), canvas.RegionID(i), 0, 1<<30)
		if err != nil {
			w.t.Fatal(err)
		}
		for _, b := range history {
			for _, op := range b.Ops {
				if op.By() == author || op.ID.Author == author {
					counts[op.ID.Num]++
				}
			}
		}
	}
	return counts
}

var _ store.Store = (*memory.Store)(nil)

func dot(x, y int, c canvas.Color) canvas.Dot {
	return canvas.Dot{X: uint16(x), Y: uint16(y), Color: c}
}
