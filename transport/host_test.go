package transport

import (
	"net/http"
	"sync"
	"testing"
	"time"

	"pixelplayground/actors"
	"pixelplayground/actors/canvas"
	"pixelplayground/transport/upgrade/upgradetest"
)

// testGeometry has 16 regions of 64x64.
var testGeometry = canvas.Geometry{Width: 256, Height: 256, Region: 64}

// fakeHost stands in for the actors. One goroutine handles what sessions and viewers ask, in
// order, as the actors would.
type fakeHost struct {
	server   *Server
	geometry canvas.Geometry

	mu       sync.Mutex
	work     []func()
	more     sync.Cond // of mu
	stopped  bool
	sessions map[canvas.ViewerID]*fakeSession

	// hold makes sessions record messages without handling them. Set before any connects.
	hold bool
	// pages answers HTTP requests; nil: the answer is the path.
	pages http.HandlerFunc
	// ringBatches is how many batches a region can resume from.
	ringBatches int

	// Only for the host's goroutine.
	regions []fakeRegion
}

type fakeRegion struct {
	at   canvas.Position
	tile canvas.Tile
	ring []*canvas.Batch
	base *canvas.Snapshot
}

type fakeSession struct {
	host   *fakeHost
	viewer canvas.ViewerID
	person canvas.Person
	out    actors.Outbox

	mu       sync.Mutex
	messages []any
	closed   bool
}

func newFakeHost(t testing.TB) *fakeHost {
	h := &fakeHost{sessions: make(map[canvas.ViewerID]*fakeSession), ringBatches: 1000}
	h.more.L = &h.mu
	var done sync.WaitGroup
	done.Go(h.run)
	t.Cleanup(func() {
		h.mu.Lock()
		h.stopped = true
		h.more.Broadcast()
		h.mu.Unlock()
		done.Wait()
	})
	return h
}

func (h *fakeHost) run() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for !h.stopped {
		if len(h.work) == 0 {
			h.more.Wait()
			continue
		}
		work := h.work
		h.work = nil
		h.mu.Unlock()
		for _, f := range work {
			f()
		}
		h.mu.Lock()
	}
}

// do runs f on the host's goroutine, later.
func (h *fakeHost) do(f func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.work = append(h.work, f)
	h.more.Broadcast()
}

// wait runs f on the host's goroutine and waits for it.
func (h *fakeHost) wait(f func()) {
	done := make(chan struct{})
	h.do(func() { f(); close(done) })
	<-done
}

func (h *fakeHost) Connect(v canvas.ViewerID, _ canvas.Network, person canvas.Person, out actors.Outbox) ConnectionActor {
	s := &fakeSession{host: h, viewer: v, person: person, out: out}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.sessions[v] = s
	return s
}

func (h *fakeHost) session(v canvas.ViewerID) *fakeSession {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.sessions[v]
}

func (h *fakeHost) Resync(v canvas.ViewerID, m canvas.Mark) {
	h.do(func() { h.server.Join(v, h.catchUp(m)) })
}

// catchUp does what a relay does.
func (h *fakeHost) catchUp(m canvas.Mark) actors.CatchUp {
	r := &h.regions[m.Region]
	c := actors.CatchUp{Region: m.Region, At: r.at}
	if m.Position == canvas.Head() || m.Position == r.at {
		return c
	}
	for i, b := range r.ring {
		if b.From == m.Position.Seq && (b.From == 0 || b.Epoch == m.Position.Epoch) {
			c.Delta = canvas.Merge(r.ring[i:])
			return c
		}
	}
	if r.base == nil || r.base.Position != r.at {
		r.base = &canvas.Snapshot{Region: m.Region, Position: r.at, Tile: append(canvas.Tile(nil), r.tile...)}
	}
	c.Snapshot = r.base
	return c
}

// publish commits pixels to a region and shows them.
func (h *fakeHost) publish(region canvas.RegionID, author canvas.Author, pixels ...canvas.Pixel) {
	h.do(func() { h.commit(region, author, pixels) })
}

func (h *fakeHost) commit(region canvas.RegionID, author canvas.Author, pixels []canvas.Pixel) {
	r := &h.regions[region]
	b := &canvas.Batch{
		Region: region, Epoch: max(r.at.Epoch, 1), From: r.at.Seq, To: r.at.Seq + uint64(len(pixels)), Time: 1_700_000_000_000,
		Ops: []canvas.Op{{ID: canvas.OpID{Author: author, Num: 1}, Name: "ada", Pixels: pixels}},
	}
	r.tile.Apply(b)
	r.at = b.Position()
	if r.ring = append(r.ring, b); len(r.ring) > h.ringBatches {
		r.ring = r.ring[1:]
	}
	h.server.Publish(b)
}

// tile returns a region's pixels, with everything that was published before.
func (h *fakeHost) tile(region canvas.RegionID) (tile canvas.Tile, at canvas.Position) {
	h.wait(func() {
		tile, at = append(canvas.Tile(nil), h.regions[region].tile...), h.regions[region].at
	})
	return tile, at
}

func (s *fakeSession) Send(command any) {
	s.mu.Lock()
	s.messages = append(s.messages, command)
	s.mu.Unlock()
	if !s.host.hold {
		s.host.do(func() { s.handle(command) })
	} else if _, isHello := command.(actors.Hello); isHello {
		s.host.do(func() { s.handle(command) })
	}
}

func (s *fakeSession) handle(command any) {
	switch m := command.(type) {
	case actors.Hello:
		s.out.Welcome(actors.Welcome{
			Session: canvas.Session{1}, User: canvas.Author(s.viewer), Node: "pod", Time: time.UnixMilli(1_700_000_000_000),
			Rate: 100, Burst: 1000, Window: 256,
		})
	case actors.Subscribe:
		s.out.Follow(m.Marks)
	case actors.SubscribeAll:
		marks := make([]canvas.Mark, s.host.geometry.Regions())
		for i := range marks {
			marks[i] = canvas.Mark{Region: canvas.RegionID(i), Position: canvas.Head()}
		}
		s.out.Follow(marks)
	case actors.Unsubscribe:
		s.out.Unfollow(m.Regions)
	case actors.Place:
		for _, d := range m.Dots {
			region, pos := s.host.geometry.Locate(int(d.X), int(d.Y))
			s.host.commit(region, canvas.Author(s.viewer), []canvas.Pixel{{Pos: pos, Color: d.Color}})
		}
		if m.Num > 0 {
			s.out.Ack([]uint64{m.Num}, actors.Left{Pixels: 7})
		}
	}
	s.out.Handled()
}

func (s *fakeSession) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
}

func (s *fakeSession) received() []any {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]any(nil), s.messages...)
}

func (s *fakeSession) isClosed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed
}

// openServer starts a server on a free port that stops with the test. change may adapt
// its config.
func openServer(t testing.TB, plain bool, change func(*Config, *fakeHost)) (*Server, *fakeHost) {
	t.Helper()
	cfg := DefaultConfig()
	cfg.Listen, cfg.Geometry, cfg.Plain, cfg.Shards = "127.0.0.1:0", testGeometry, plain, 2
	cfg.Now = func() time.Time { return time.UnixMilli(1_700_000_001_000) }
	host := newFakeHost(t)
	if change != nil {
		change(&cfg, host)
	}
	if err := cfg.Validate(); err != nil {
		t.Fatal(err)
	}
	s := New(cfg)
	host.server, host.geometry = s, cfg.Geometry
	for id := range canvas.RegionID(cfg.Geometry.Regions()) {
		_, _, width, height := cfg.Geometry.Bounds(id)
		host.regions = append(host.regions, fakeRegion{tile: canvas.NewTile(width, height)})
	}
	if host.pages == nil {
		host.pages = func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write([]byte("page " + r.URL.Path)) }
	}
	if err := s.Open(host, host.pages); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s, host
}

// onBothSockets runs a test on the platform's sockets and on the portable ones.
func onBothSockets(t *testing.T, test func(t *testing.T, plain bool)) {
	t.Run("native", func(t *testing.T) { test(t, false) })
	t.Run("plain", func(t *testing.T) { test(t, true) })
}

// inspection runs f on a shard's goroutine.
type inspection struct {
	f    func(s *shard)
	done chan struct{} // closed by the shard
}

func (m inspection) run(s *shard) {
	defer close(m.done)
	m.f(s)
}

// inspect looks at a connection on its shard's goroutine; nil: it is gone.
func inspect(s *Server, v canvas.ViewerID, look func(s *shard, c *conn)) {
	m := inspection{f: func(shard *shard) { look(shard, shard.byID[v]) }, done: make(chan struct{})}
	if s.shardOf(v).inbox.Post(m) {
		<-m.done
	}
}

// held is the memory that a connection alone holds, in bytes.
func (c *conn) held() int {
	n := cap(c.control)
	if c.intake != nil {
		n += cap(c.intake.partial) + cap(c.intake.message)
	}
	if c.backlog != nil {
		for _, b := range c.backlog.pending {
			n += len(b)
		}
	}
	if c.catchingUp != nil {
		n += c.catchingUp.bytes - dueRoom*len(c.catchingUp.due) + 8*cap(c.catchingUp.follows) + 8*cap(c.catchingUp.synced) + 24*cap(c.catchingUp.want) + 56*cap(c.catchingUp.due)
	}
	return n
}

// settled waits until a connection is in the group of all regions that it follows.
func settled(t testing.TB, s *Server, v canvas.ViewerID) {
	t.Helper()
	upgradetest.Eventually(t, "settled", func() (ok bool) {
		inspect(s, v, func(_ *shard, c *conn) { ok = c.view != nil && s.Viewing(3) })
		return ok
	})
}
