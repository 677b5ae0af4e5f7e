package client

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"pixelplayground/actors/canvas"
	"pixelplayground/codec"
	"pixelplayground/transport/client/clienttest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// limit is how long a test waits for what must happen.
const limit = 10 * time.Second

// testWelcome is a canvas of 2x2 regions of which the right and lower ones are cut off.
func testWelcome() codec.Welcome {
	return codec.Welcome{
		Session: canvas.Session{1, 2, 3}, User: canvas.Session{1, 2, 3}.Author(), Node: "test", Time: time.UnixMilli(1),
		Geometry: canvas.Geometry{Width: 20, Height: 12, Region: 16}, Rate: 100, Burst: 1000, Window: 4,
	}
}

// fakeClock stands still, and hands the pauses between attempts to the test.
type fakeClock struct {
	now   atomic.Int64
	waits chan fakeWait
}

type fakeWait struct {
	pause time.Duration
	over  chan struct{} // the test closes it
}

func newFakeClock() *fakeClock { return &fakeClock{waits: make(chan fakeWait)} }

func (c *fakeClock) Now() time.Time          { return time.Unix(0, c.now.Load()) }
func (c *fakeClock) advance(d time.Duration) { c.now.Add(int64(d)) }

func (c *fakeClock) Wait(ctx context.Context, d time.Duration) error {
	w := fakeWait{d, make(chan struct{})}
	select {
	case c.waits <- w:
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case <-w.over:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// pause waits until the client pauses, and gives for how long.
func (c *fakeClock) pause(t *testing.T) fakeWait {
	t.Helper()
	return receive(t, c.waits, "a pause")
}

func receive[T any](t *testing.T, ch <-chan T, what string) T {
	t.Helper()
	select {
	case v := <-ch:
		return v
	case <-time.After(limit):
		t.Fatalf("waited in vain for %s", what)
		panic("unreachable")
	}
}

// rig is a client and the server's end of its connection.
type rig struct {
	t      *testing.T
	server *clienttest.Server
	clock  *fakeClock
	client *Client
	conn   *clienttest.Conn

	connected chan struct{} // the client's Handler.Connected was called
}

// connect opens a client that has been welcomed and, if it follows regions, has sent
// its first SUBSCRIBE, which is left to be read.
func connect(t *testing.T, cfg Config) *rig {
	t.Helper()
	r := newRig(t, clienttest.Listen(t), &cfg)
	cfg.URLs = []string{r.server.URL()}
	r.open(cfg)
	return r
}

func newRig(t *testing.T, server *clienttest.Server, cfg *Config) *rig {
	r := &rig{t: t, server: server, clock: newFakeClock(), connected: make(chan struct{}, 1)}
	cfg.Handler.Connected = func(codec.Welcome) { r.connected <- struct{}{} }
	cfg.Clock, cfg.Random = r.clock, func() float64 { return 0.5 }
	return r
}

func (r *rig) open(cfg Config) {
	r.t.Helper()
	r.client = newClient(r.t, cfg)
	r.t.Cleanup(r.server.Stop) // before the client is closed, so that it need not wait for an answer
	opened := make(chan error, 1)
	go func() { opened <- r.client.Open(context.Background()) }()
	if hello := r.welcome(testWelcome()); hello.Resume {
		r.t.Errorf("the first HELLO resumes: %+v", hello)
	}
	if err := receive(r.t, opened, "Open"); err != nil {
		r.t.Fatal(err)
	}
}

func newClient(t *testing.T, cfg Config) *Client {
	t.Helper()
	c, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// welcome accepts the client's connection and answers its HELLO.
func (r *rig) welcome(w codec.Welcome) codec.Hello {
	r.t.Helper()
	r.conn = r.server.Accept()
	hello := next[codec.Hello](r)
	r.conn.Send(w)
	receive(r.t, r.connected, "the client to be connected")
	return hello
}

// reconnect ends the client's pause and welcomes it again.
func (r *rig) reconnect() codec.Hello {
	r.t.Helper()
	close(r.clock.pause(r.t).over)
	return r.welcome(testWelcome())
}

// ping is a round trip: the client has handled all that was sent to it before.
func (r *rig) ping() {
	r.t.Helper()
	answered := make(chan error, 1)
	go func() {
		_, _, err := r.client.Ping(context.Background())
		answered <- err
	}()
	r.conn.Send(codec.Pong{Token: next[codec.Ping](r).Token})
	if err := receive(r.t, answered, "PONG"); err != nil {
		r.t.Fatal(err)
	}
}

// next reads a message of a given type from the client.
func next[T codec.ClientMessage](r *rig) T {
	r.t.Helper()
	m := r.conn.Next()
	typed, ok := m.(T)
	if !ok {
		r.t.Fatalf("client sent %T %+v instead of %T", m, m, typed)
	}
	return typed
}

// pixels is a PIXELS of region 0 from a sequence number on.
func pixels(from uint64, colors ...canvas.Color) codec.Pixels {
	b := canvas.Batch{Epoch: 1, From: from, To: from + uint64(len(colors)), Ops: []canvas.Op{{ID: canvas.OpID{Author: 7}}}}
	for i, c := range colors {
		b.Ops[0].Pixels = append(b.Ops[0].Pixels, canvas.Pixel{Pos: uint16(i), Color: c})
	}
	return codec.Pixels{Batch: b}
}

func marks(seq uint64, ids ...canvas.RegionID) []canvas.Mark {
	var list []canvas.Mark
	for _, id := range ids {
		m := canvas.Mark{Region: id}
		if seq > 0 {
			m.Position = canvas.Position{Epoch: 1, Seq: seq}
		}
		list = append(list, m)
	}
	return list
}
