package conformance

import (
	"flag"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/codec"
	"pixelplayground/transport/client/clienttest"
)

// folder is where what the clients need to run is made.
var folder string

func TestMain(m *testing.M) {
	flag.Parse()
	_ = flag.Set("test.parallel", "8") // most tests wait most of the time
	var err error
	if folder, err = os.MkdirTemp("", "conformance"); err != nil {
		panic(err)
	}
	code := m.Run()
	_ = os.RemoveAll(folder)
	os.Exit(code)
}

var (
	making sync.Once
	made   []Client
)

// each judges every client.
func each(t *testing.T, judge func(t *testing.T, b *bench)) {
	t.Parallel()
	making.Do(func() { made = Clients(t, folder) })
	if len(made) == 0 {
		t.Fatal("there are no clients")
	}
	for _, c := range made {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			judge(t, &bench{t: t, Driver: Start(t, c.Command), server: clienttest.Listen(t)})
		})
	}
}

// bench is a client and the server that it is judged by.
type bench struct {
	*Driver
	t      *testing.T
	server *clienttest.Server
	conn   *conn // the latest connection
}

// conn is the server's end of a connection. It answers PINGs by itself, since clients may ask at any
// time whether the server is there.
type conn struct {
	*clienttest.Conn
	came   chan codec.ClientMessage // closed when the connection has ended
	closed codec.CloseCode          // by the client; 0: without a close frame
	mute   atomic.Bool              // PINGs come as what else comes, and get no answer
}

// welcome is a canvas of 2x2 regions, of which those at the right and below are cut off.
func welcome() codec.Welcome {
	return codec.Welcome{
		Session: canvas.Session{1, 2, 3}, User: 7, Node: "test", Time: time.Now(),
		Geometry: canvas.Geometry{Width: 20, Height: 12, Region: 16}, Burst: 1000, Window: 4,
	}
}

// accept waits for the client's next connection.
func (b *bench) accept() {
	b.t.Helper()
	b.conn = &conn{Conn: b.server.Accept(), came: make(chan codec.ClientMessage, 10_000)}
	go b.conn.read()
}

func (c *conn) read() {
	defer close(c.came)
	for {
		m, err := c.Read()
		if err != nil {
			if goodbye, ok := err.(clienttest.Goodbye); ok {
				c.closed = goodbye.Code
				c.Conn.Close(goodbye.Code, "")
				c.Break()
			}
			return
		}
		if ping, ok := m.(codec.Ping); ok && !c.mute.Load() {
			c.Send(codec.Pong{Token: ping.Token, Time: time.Now()})
			continue
		}
		c.came <- m
	}
}

// next waits for the client's next message, which must be of a kind.
func next[T codec.ClientMessage](b *bench) T {
	b.t.Helper()
	var typed T
	select {
	case m, open := <-b.conn.came:
		if !open {
			b.t.Fatalf("the client has closed the connection (code %d), want %T", b.conn.closed, typed)
		}
		var ok bool
		if typed, ok = m.(T); !ok {
			b.t.Fatalf("client sent %T %+v instead of %T", m, m, typed)
		}
	case <-time.After(Patience):
		b.t.Fatalf("client has not sent %T", typed)
	}
	return typed
}

// silent fails the test if the client sends anything but PING before it has answered a question that
// makes it ask the server.
func (b *bench) silent() {
	b.t.Helper()
	b.Do("sync", nil)
	select {
	case m, open := <-b.conn.came:
		if open {
			b.t.Fatalf("client sent %T %+v, want nothing", m, m)
		}
	default:
	}
}

// gone waits until the client has left.
func (b *bench) gone() codec.CloseCode {
	b.t.Helper()
	timeout := time.After(Patience)
	for {
		select {
		case _, open := <-b.conn.came:
			if !open {
				return b.conn.closed
			}
		case <-timeout:
			b.t.Fatal("the client has not left")
		}
	}
}

// connect has the client connect, follow regions and hold them, all blank. changed changes the welcome; nil: nothing.
func (b *bench) connect(follow []canvas.RegionID, changed func(*codec.Welcome)) {
	b.t.Helper()
	answer := b.Go("connect", Args{"url": b.server.URL(), "follow": append([]canvas.RegionID{}, follow...)})
	b.accept()
	hello := next[codec.Hello](b)
	if hello.Resume || hello.Sent == nil || *hello.Sent != 0 {
		b.t.Errorf("the first HELLO is %+v", hello)
	}
	w := welcome()
	if changed != nil {
		changed(&w)
	}
	b.conn.Send(w)
	b.Succeeded("connect", b.Answer(answer))
	b.subscribed(follow)
}

// subscribed expects a SUBSCRIBE of blank regions, and answers that they are.
func (b *bench) subscribed(follow []canvas.RegionID) {
	b.t.Helper()
	if len(follow) == 0 {
		return
	}
	marks := next[codec.Subscribe](b).Marks
	if len(marks) != len(follow) {
		b.t.Fatalf("SUBSCRIBE %v, want %v", marks, follow)
	}
	for _, m := range marks {
		if m.Position != (canvas.Position{}) {
			b.t.Errorf("SUBSCRIBE %+v, want a blank one", m)
		}
		b.conn.Send(codec.Pixels{Batch: canvas.Batch{Region: m.Region}})
	}
	b.Do("sync", nil)
}

// reconnect accepts the client's next connection, which must resume, and returns its HELLO.
func (b *bench) reconnect() codec.Hello {
	b.t.Helper()
	b.accept()
	hello := next[codec.Hello](b)
	if !hello.Resume || hello.Session != welcome().Session {
		b.t.Errorf("HELLO %+v does not resume", hello)
	}
	b.conn.Send(welcome())
	return hello
}

// ended waits until the client has ended.
func (b *bench) ended() Ended {
	b.t.Helper()
	for range 100 {
		l := b.Answer(b.Go("changed", nil))
		if l.Ended != nil {
			return *l.Ended
		}
		b.Succeeded("changed", l)
	}
	b.t.Fatal("changed returns although nothing changes")
	panic("unreachable")
}

const red, green, blue canvas.Color = 0xFF0000, 0x00FF00, 0x0000FF

// pixels is a PIXELS of a region from a sequence number on: positions 0, 1, … in these colours.
func pixels(region canvas.RegionID, from uint64, colors ...canvas.Color) codec.Pixels {
	b := canvas.Batch{Region: region, Epoch: 1, From: from, To: from + uint64(len(colors)), Ops: []canvas.Op{{ID: canvas.OpID{Author: 9}}}}
	for i, c := range colors {
		b.Ops[0].Pixels = append(b.Ops[0].Pixels, canvas.Pixel{Pos: uint16(i), Color: c})
	}
	return codec.Pixels{Batch: b}
}

func mark(region canvas.RegionID, epoch, seq uint64) canvas.Mark {
	return canvas.Mark{Region: region, Position: canvas.Position{Epoch: epoch, Seq: seq}}
}

// dots are pixels for a driver: the first n of a row, in a colour.
func dots(n, row int, color canvas.Color) [][]any {
	var list [][]any
	for x := range n {
		list = append(list, []any{x, row, color})
	}
	return list
}
