package clienttest

import (
	"cmp"
	"context"
	"crypto/rand"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"pixelplayground/actors/canvas"
	"pixelplayground/codec"
)

// Canvas is a server with a canvas in memory, for clients of both protocols. The canvas survives
// Stop and Start, as if it were in a durable store. Canvas keeps the whole log, so that every resume
// is gap-free, and the ids of all ops, so that none is applied twice.
type Canvas struct {
	*Server
	faults  Faults
	welcome codec.Welcome // except for the session

	mu      sync.Mutex // held while working: clients in tests read
	regions []region
	applied map[canvas.OpID]bool
	peers   map[int]*peer
	guests  int // cookies given
}

type region struct {
	position canvas.Position
	tile     canvas.Tile
	log      []*canvas.Batch
}

// peer is a client. All but the connection is guarded by Canvas.mu.
type peer struct {
	*Conn
	index   int
	user    canvas.User
	here    bool // it was welcomed, and counts as a user
	follows map[canvas.RegionID]bool
	frames  int      // PIXELS so far
	ops     uint64   // in the JSON protocol, which has no numbers
	out     chan due // one goroutine writes what is in it; serve closes it
}

// due is a frame, and how long to wait before it is written.
type due struct {
	frame []byte
	pause time.Duration
}

// Faults let a test interfere; what is nil goes right. Connections are counted from 0 in the order
// in which they were made, and so are the PIXELS frames of each (in the JSON protocol the pixels).
// The functions are called one at a time.
type Faults struct {
	// Refuse is asked about each op that is new to the canvas; code 0 lets it pass.
	Refuse func(conn int, p codec.Place) codec.Refused
	// Placed is called after each op was carried out and before it is acknowledged, with the number
	// of ops so far. It may break connections with Drop, and the whole server waits for it.
	Placed func(ops int)
	// Silent says that an op that was carried out is not acknowledged.
	Silent func(conn int, p codec.Place) bool
	// Pixels is what is sent instead of a batch; in the JSON protocol, the pixel is sent as often
	// as there are messages.
	Pixels func(conn, n int, b *canvas.Batch) []codec.ServerMessage
	// Delay is how long to wait before a PIXELS frame and everything after it.
	Delay func(conn, n int) time.Duration
	// Node is the name of the connection's server.
	Node func(conn int) string
	// Users is the number of users to show.
	Users func(conn, connected int) int
	// HTTPRead is the colour that HTTP shows.
	HTTPRead func(x, y int, color canvas.Color) canvas.Color
	// Cluster is the answer to GET /api/cluster; empty: there is no such page.
	Cluster string
}

// Small is the limits of a canvas of 3x2 regions, of which those at the right and the bottom are cut
// off.
func Small() codec.Welcome {
	return codec.Welcome{Node: "test", Geometry: canvas.Geometry{Width: 40, Height: 24, Region: 16}, Burst: 1000, Window: 256}
}

// NewCanvas starts a blank canvas, and stops it when the test ends. Only the name, geometry, rate,
// burst and window of limits count.
func NewCanvas(t testing.TB, limits codec.Welcome, faults Faults) *Canvas {
	c := &Canvas{Server: Listen(t), faults: faults, welcome: limits, applied: make(map[canvas.OpID]bool), peers: make(map[int]*peer)}
	for id := range limits.Geometry.Regions() {
		_, _, width, height := limits.Geometry.Bounds(canvas.RegionID(id))
		c.regions = append(c.regions, region{position: canvas.Position{Epoch: 1}, tile: canvas.NewTile(width, height)})
	}
	c.handleHTTP()
	stop := make(chan struct{})
	var wait sync.WaitGroup
	wait.Go(func() {
		for index := 0; ; index++ {
			select {
			case conn := <-c.accepted:
				p := &peer{Conn: conn, index: index, follows: make(map[canvas.RegionID]bool), out: make(chan due, 100_000)}
				wait.Go(p.write)
				wait.Go(func() { c.serve(p) })
			case <-stop:
				return
			}
		}
	})
	t.Cleanup(func() {
		c.Stop()
		close(stop)
		wait.Wait()
	})
	return c
}

// nameKey is the key in a request's context for the name of the gateway that it came to.
type nameKey struct{}

// Gateway starts another server of the same canvas, with a name of its own, and returns its URL.
// seen is called with each request.
func (c *Canvas) Gateway(name string, seen func(*http.Request)) string {
	gateway := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen(r)
		c.mux.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), nameKey{}, name)))
	}))
	c.t.Cleanup(gateway.Close)
	return "ws" + strings.TrimPrefix(gateway.URL, "http") + "/ws"
}

// At is the colour of a pixel.
func (c *Canvas) At(x, y int) canvas.Color {
	c.mu.Lock()
	defer c.mu.Unlock()
	id, pos := c.welcome.Geometry.Locate(x, y)
	return c.regions[id].tile.At(pos)
}

// Position is where a region stands.
func (c *Canvas) Position(id canvas.RegionID) canvas.Position {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.regions[id].position
}

// Ops counts the ops carried out.
func (c *Canvas) Ops() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.applied)
}

// Paint places pixels as another user does.
func (c *Canvas) Paint(author canvas.Author, dots ...canvas.Dot) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.publish(canvas.OpID{Author: author}, dots)
}

// Cut breaks one connection, as a network would.
func (c *Canvas) Cut(conn int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.peers[conn].Break()
}

// write writes what is due, until serve has ended.
func (p *peer) write() {
	for d := range p.out {
		time.Sleep(d.pause)
		p.Write(d.frame)
	}
}

// push queues messages.
func (p *peer) push(messages ...codec.ServerMessage) {
	for _, m := range messages {
		p.out <- due{frame: ws.MustCompileFrame(ws.NewBinaryFrame(Encode(m)))}
	}
}

func (c *Canvas) serve(p *peer) {
	defer c.leave(p)
	c.mu.Lock()
	c.peers[p.index] = p
	if p.text {
		c.greetText(p)
	}
	c.mu.Unlock()
	for {
		op, payload, err := p.message()
		if err != nil {
			return
		}
		var m any
		if op == ws.OpText {
			m, err = codec.DecodeJSON(payload, c.welcome.Geometry)
		} else {
			m, err = codec.DecodeClient(payload)
		}
		if err != nil {
			c.t.Errorf("from client %d: %v", p.index, err)
			return
		}
		c.take(p, m)
	}
}

func (c *Canvas) leave(p *peer) {
	p.Break()
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.peers, p.index)
	close(p.out)
	c.present()
}

func (c *Canvas) take(p *peer, m any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch m := m.(type) {
	case codec.Hello:
		c.hello(p, m)
	case codec.Subscribe:
		for _, mark := range m.Marks {
			p.follows[mark.Region] = true
			p.push(c.regions[mark.Region].since(mark))
		}
	case codec.Place:
		c.place(p, m)
	case codec.Rename:
		p.user.Name = m.Name
		c.present()
	case codec.Ping:
		p.push(codec.Pong{Token: m.Token, Time: time.Now()})
	case codec.JSONPixelUpdate:
		p.ops++
		c.place(p, codec.Place{Op: p.ops, Dots: []canvas.Dot{m.Dot}})
	case codec.JSONPing:
		p.pushText(`{"type":"pong","timestamp":1}`)
	}
}

func (c *Canvas) hello(p *peer, m codec.Hello) {
	welcome := c.welcome
	welcome.Node, welcome.Session, welcome.Time = c.nameFor(p), m.Session, time.Now()
	if !m.Resume {
		_, _ = rand.Read(welcome.Session[:]) // never fails
	}
	welcome.User = welcome.Session.Author()
	p.user, p.here = canvas.User{Author: welcome.User, Name: m.Name}, true
	p.push(welcome)
	c.present()
}

// nameFor is the name of the server that a client is told.
func (c *Canvas) nameFor(p *peer) string {
	if c.faults.Node != nil {
		return c.faults.Node(p.index)
	}
	name, _ := p.request.Context().Value(nameKey{}).(string)
	return cmp.Or(name, c.welcome.Node)
}

// present sends everyone the list of who is here.
func (c *Canvas) present() {
	all := codec.Presence{Full: true}
	users := 0
	for _, p := range c.peers {
		if p.here {
			users++
		}
		if p.user.Name != "" {
			all.Joined = append(all.Joined, p.user)
		}
	}
	for _, p := range c.peers {
		shown := users
		if c.faults.Users != nil {
			shown = c.faults.Users(p.index, users)
		}
		all.Count = uint64(shown)
		switch {
		case p.here && p.text:
			p.pushUsers(shown)
		case p.here:
			p.push(all)
		}
	}
}

// since is what a client that stands at a mark has missed.
func (r *region) since(mark canvas.Mark) codec.ServerMessage {
	if mark.Position == (canvas.Position{}) && len(r.log) > 0 {
		return codec.Snapshot{Mark: canvas.Mark{Region: mark.Region, Position: r.position}, Data: codec.CompressTile(r.tile)}
	}
	from := mark.Position.Seq
	if mark.Position == canvas.Head() {
		from = r.position.Seq
	}
	missed := canvas.Batch{Region: mark.Region, Epoch: r.position.Epoch, From: from, To: from}
	for _, b := range r.log {
		if b.From >= from {
			missed.Ops, missed.To = append(missed.Ops, b.Ops...), b.To
		}
	}
	return codec.Pixels{Batch: missed}
}

func (c *Canvas) place(p *peer, m codec.Place) {
	id := canvas.OpID{Author: p.user.Author, Num: m.Op}
	if !c.applied[id] {
		if c.faults.Refuse != nil {
			if refused := c.faults.Refuse(p.index, m); refused.Code != 0 {
				refused.Op = m.Op
				p.refuse(refused)
				return
			}
		}
		c.applied[id] = true
		c.publish(id, m.Dots)
		if c.faults.Placed != nil {
			c.faults.Placed(len(c.applied))
		}
	}
	if !p.text && (c.faults.Silent == nil || !c.faults.Silent(p.index, m)) {
		p.push(codec.Ack{Ops: []uint64{m.Op}, Left: c.welcome.Burst})
	}
}

func (p *peer) refuse(refused codec.Refused) {
	if p.text {
		p.pushText(`{"type":"error","message":"no"}`)
		return
	}
	p.push(refused)
}

// publish applies an op and shows it. Each run of dots in one region becomes a batch.
func (c *Canvas) publish(id canvas.OpID, dots []canvas.Dot) {
	g := c.welcome.Geometry
	for len(dots) > 0 {
		at, _ := g.Locate(int(dots[0].X), int(dots[0].Y))
		var pixels []canvas.Pixel
		for len(dots) > 0 {
			in, pos := g.Locate(int(dots[0].X), int(dots[0].Y))
			if in != at {
				break
			}
			pixels = append(pixels, canvas.Pixel{Pos: pos, Color: dots[0].Color})
			dots = dots[1:]
		}
		r := &c.regions[at]
		b := &canvas.Batch{
			Region: at, Epoch: 1, From: r.position.Seq, To: r.position.Seq + uint64(len(pixels)),
			Ops: []canvas.Op{{ID: id, Pixels: pixels}},
		}
		r.position = b.Position()
		r.tile.Apply(b)
		r.log = append(r.log, b)
		for _, index := range slices.Sorted(maps.Keys(c.peers)) {
			if p := c.peers[index]; p.text || p.follows[at] {
				c.show(p, b)
			}
		}
	}
}

// show sends a batch to a client, as the faults say.
func (c *Canvas) show(p *peer, b *canvas.Batch) {
	n := p.frames
	p.frames++
	if c.faults.Delay != nil {
		p.out <- due{pause: c.faults.Delay(p.index, n)}
	}
	messages := []codec.ServerMessage{codec.Pixels{Batch: *b}}
	if c.faults.Pixels != nil {
		messages = c.faults.Pixels(p.index, n, b)
	}
	if !p.text {
		p.push(messages...)
		return
	}
	for range messages {
		c.showText(p, b)
	}
}
