package clienttest

import (
	"crypto/rand"
	"sync"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/codec"
)

// Canvas is a server with a canvas in memory. The canvas survives Stop and Start, as if it
// were in a durable store. Canvas keeps the whole log, so that every resume is gap-free, and
// the ids of all ops, so that none is applied twice.
type Canvas struct {
	*Server
	hooks   Hooks
	welcome codec.Welcome // except for the session

	mu      sync.Mutex // held while writing: clients in tests read
	regions []region
	applied map[canvas.OpID]bool
	names   map[*Conn]canvas.User
}

type region struct {
	position canvas.Position
	tile     canvas.Tile
	log      []*canvas.Batch
	viewers  map[*Conn]bool
}

// Hooks let a test interfere. They are called one at a time.
type Hooks struct {
	// Refuse is asked about each op that is new to the canvas; code 0 lets it pass.
	Refuse func(codec.Place) codec.Refused
	// Placed is called after each op was carried out and before it is acknowledged, with the number
	// of ops so far. It may break connections with Drop.
	Placed func(ops int)
}

// NewCanvas starts a blank canvas, and stops it when the test ends. Only the geometry, rate,
// burst and window of limits count.
func NewCanvas(t testing.TB, limits codec.Welcome, hooks Hooks) *Canvas {
	c := &Canvas{
		Server: Listen(t), hooks: hooks, welcome: limits,
		applied: make(map[canvas.OpID]bool), names: make(map[*Conn]canvas.User),
	}
	for id := range limits.Geometry.Regions() {
		_, _, width, height := limits.Geometry.Bounds(canvas.RegionID(id))
		c.regions = append(c.regions, region{tile: canvas.NewTile(width, height), viewers: make(map[*Conn]bool)})
	}
	stop := make(chan struct{})
	var wait sync.WaitGroup
	wait.Go(func() {
		for {
			select {
			case conn := <-c.accepted:
				wait.Go(func() { c.serve(conn) })
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

// Drop breaks all connections; clients can come back at once.
func (c *Canvas) Drop() {
	c.Server.mu.Lock()
	defer c.Server.mu.Unlock()
	for _, conn := range c.conns {
		conn.Break()
	}
	c.conns = nil
}

// At is the colour of a pixel.
func (c *Canvas) At(x, y int) canvas.Color {
	c.mu.Lock()
	defer c.mu.Unlock()
	id, pos := c.welcome.Geometry.Locate(x, y)
	return c.regions[id].tile.At(pos)
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

func (c *Canvas) serve(conn *Conn) {
	defer c.leave(conn)
	var author canvas.Author
	for {
		m, err := conn.Read()
		if err != nil {
			return
		}
		switch m := m.(type) {
		case codec.Hello:
			author = c.hello(conn, m)
		case codec.Subscribe:
			c.subscribe(conn, m.Marks)
		case codec.Place:
			c.place(conn, author, m)
		case codec.Rename:
			c.join(conn, canvas.User{Author: author, Name: m.Name})
		case codec.Ping:
			conn.Send(codec.Pong{Token: m.Token, Time: time.Now()})
		}
	}
}

func (c *Canvas) hello(conn *Conn, m codec.Hello) canvas.Author {
	welcome := c.welcome
	welcome.Session, welcome.Time = m.Session, time.Now()
	if !m.Resume {
		_, _ = rand.Read(welcome.Session[:]) // never fails
	}
	welcome.User = welcome.Session.Author()
	conn.Send(welcome)
	c.join(conn, canvas.User{Author: welcome.User, Name: m.Name})
	return welcome.User
}

func (c *Canvas) join(conn *Conn, user canvas.User) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.names[conn] = user
	c.present()
}

func (c *Canvas) leave(conn *Conn) {
	conn.Break()
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.names, conn)
	for i := range c.regions {
		delete(c.regions[i].viewers, conn)
	}
	c.present()
}

// present sends everyone the list of who is here.
func (c *Canvas) present() {
	all := codec.Presence{Count: uint64(len(c.names)), Full: true}
	for _, user := range c.names {
		if user.Name != "" {
			all.Joined = append(all.Joined, user)
		}
	}
	for conn := range c.names {
		conn.Send(all)
	}
}

func (c *Canvas) subscribe(conn *Conn, marks []canvas.Mark) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, m := range marks {
		r := &c.regions[m.Region]
		r.viewers[conn] = true
		if m.Position == (canvas.Position{}) && len(r.log) > 0 {
			at := canvas.Mark{Region: m.Region, Position: r.position}
			conn.Send(codec.Snapshot{Mark: at, Data: codec.CompressTile(r.tile)})
			continue
		}
		from := m.Position.Seq
		if m.Position == canvas.Head() {
			from = r.position.Seq
		}
		missed := canvas.Batch{Region: m.Region, Epoch: r.position.Epoch, From: from, To: from}
		for _, b := range r.log {
			if b.From >= from {
				missed.Ops, missed.To = append(missed.Ops, b.Ops...), b.To
			}
		}
		conn.Send(codec.Pixels{Batch: missed})
	}
}

func (c *Canvas) place(conn *Conn, author canvas.Author, m codec.Place) {
	c.mu.Lock()
	defer c.mu.Unlock()
	id := canvas.OpID{Author: author, Num: m.Op}
	if !c.applied[id] {
		if c.hooks.Refuse != nil {
			if refused := c.hooks.Refuse(m); refused.Code != 0 {
				refused.Op = m.Op
				conn.Send(refused)
				return
			}
		}
		c.applied[id] = true
		c.publish(id, m.Dots)
		if c.hooks.Placed != nil {
			c.hooks.Placed(len(c.applied))
		}
	}
	conn.Send(codec.Ack{Ops: []uint64{m.Op}, Left: c.welcome.Burst})
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
		for conn := range r.viewers {
			conn.Send(codec.Pixels{Batch: *b})
		}
	}
}
