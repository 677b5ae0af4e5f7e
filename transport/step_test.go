package transport

import (
	"bytes"
	"errors"
	"io"
	"net/netip"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"pixelplayground/actors"
	"pixelplayground/actors/canvas"
	"pixelplayground/codec"
	"pixelplayground/transport/frames"
	"pixelplayground/transport/netpoll"
)

// bench is a shard without its goroutine: the test takes its steps.
type bench struct {
	*shard
	t       testing.TB
	asked   []canvas.Mark // of host, since the test last looked
	askedBy []canvas.ViewerID
	nextID  canvas.ViewerID
}

func newBench(t testing.TB) *bench {
	cfg := DefaultConfig()
	cfg.Geometry, cfg.Shards = testGeometry, 1
	s := New(cfg)
	b := &bench{shard: s.shards[0], t: t}
	s.host = b
	b.poller = benchPoller{}
	b.inbox.Open(testGeometry.Regions(), func() {})
	return b
}

// Connect and Resync make the bench its own host.
func (b *bench) Connect(_ canvas.ViewerID, _ canvas.Network, _ canvas.Person, out actors.Outbox) ConnectionActor {
	return benchSession{out}
}

func (b *bench) Resync(v canvas.ViewerID, m canvas.Mark) {
	b.asked, b.askedBy = append(b.asked, m), append(b.askedBy, v)
}

type benchSession struct{ out actors.Outbox }

func (s benchSession) Send(command any) {
	if _, ok := command.(actors.Hello); ok {
		s.out.Welcome(actors.Welcome{User: 5, Node: "pod", Burst: 9})
	}
	s.out.Handled()
}

func (benchSession) Close() {}

type benchPoller struct{}

func (benchPoller) Add(netpoll.Socket, any, bool, bool) error { return nil }
func (benchPoller) Watch(netpoll.Socket, bool, bool)          {}
func (benchPoller) Remove(netpoll.Socket)                     {}
func (benchPoller) Wait(time.Time) []netpoll.Event            { return nil }
func (benchPoller) Wake()                                     {}
func (benchPoller) Close()                                    {}

// benchSocket takes what it has room for.
type benchSocket struct {
	room    int // bytes; negative: any number
	broken  bool
	keep    bool // what is written
	written bytes.Buffer
	writes  int
	shut    bool
	closed  bool
	aborted bool
}

var errBroken = errors.New("broken")

func (s *benchSocket) Read([]byte) (int, error) { return 0, netpoll.ErrWouldBlock }

func (s *benchSocket) Writev(vector [][]byte) (int, error) {
	if s.broken {
		return 0, errBroken
	}
	s.writes++
	n := 0
	for _, p := range vector {
		if s.room >= 0 {
			p = p[:min(len(p), s.room)]
			s.room -= len(p)
		}
		if s.keep {
			s.written.Write(p)
		}
		n += len(p)
	}
	if n == 0 {
		return 0, netpoll.ErrWouldBlock
	}
	return n, nil
}

func (s *benchSocket) CloseWrite()      { s.shut = true }
func (s *benchSocket) Close(abort bool) { s.closed, s.aborted = true, abort }

// connect makes a connection that is welcome and follows nothing.
func (b *bench) connect(p frames.Protocol) (*conn, *benchSocket) {
	b.t.Helper()
	b.nextID++
	socket := &benchSocket{room: -1, keep: true}
	b.server.counters.Connections.Add(1)
	b.do(open{socket: socket, protocol: p, id: b.nextID, account: b.server.accounts.Open(netip.Addr{}, 0)})
	c := b.byID[b.nextID]
	if p == frames.Binary {
		b.shard.receive(c, frame(ws.OpBinary, codec.AppendHello(nil, codec.Hello{})))
	}
	b.obey()
	if p == frames.JSON {
		b.do(follow{conn: c})
	}
	b.flush()
	if c.state != live {
		b.t.Fatalf("connection is in state %d", c.state)
	}
	c.counted = true
	socket.written.Reset()
	socket.writes = 0
	return c, socket
}

// follows makes a connection a settled viewer of regions.
func (b *bench) follows(c *conn, regions ...canvas.RegionID) {
	b.t.Helper()
	marks := make([]canvas.Mark, len(regions))
	for i, region := range regions {
		marks[i] = canvas.Mark{Region: region, Position: b.at(region)}
	}
	b.do(follow{c, marks})
	b.answer()
	b.flush()
	if c.view == nil {
		b.t.Fatalf("not settled: %+v", c.catchingUp)
	}
	socket := c.socket.(*benchSocket)
	socket.written.Reset()
	socket.writes = 0
}

// at is where a region's viewers stand.
func (b *bench) at(region canvas.RegionID) canvas.Position {
	if b.feeds[region].viewers == 0 {
		return canvas.Position{}
	}
	return b.feeds[region].at
}

// answer tells everyone who asks that it has missed nothing.
func (b *bench) answer() {
	for len(b.asked) > 0 {
		m, v := b.asked[0], b.askedBy[0]
		b.asked, b.askedBy = b.asked[1:], b.askedBy[1:]
		b.do(join{viewer: v, region: m.Region, at: m.Position})
	}
}

// batch is the next one of a region, of n pixels.
func (b *bench) batch(region canvas.RegionID, n int) *frames.Pixels {
	from := b.at(region).Seq
	return frames.NewPixels(&canvas.Batch{
		Region: region, Epoch: 1, From: from, To: from + uint64(n),
		Ops: []canvas.Op{{ID: canvas.OpID{Author: 1, Num: 1}, Pixels: make([]canvas.Pixel, n)}},
	}, testGeometry)
}

func (b *bench) draw(region canvas.RegionID, n int) { b.do(publish{b.batch(region, n)}) }

// take reads what a client has been written.
func (s *benchSocket) take(t testing.TB) (ops []ws.OpCode, messages []codec.ServerMessage) {
	t.Helper()
	for {
		h, err := ws.ReadHeader(&s.written)
		if errors.Is(err, io.EOF) {
			return ops, messages
		}
		payload := make([]byte, h.Length)
		if _, err := io.ReadFull(&s.written, payload); err != nil {
			t.Fatal(err)
		}
		ops = append(ops, h.OpCode)
		if h.OpCode == ws.OpBinary {
			m, err := codec.DecodeServer(payload)
			if err != nil {
				t.Fatal(err)
			}
			messages = append(messages, m)
		}
	}
}
