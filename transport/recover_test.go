package transport

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"github.com/gobwas/ws"

	"pixelplayground/actors/canvas"
	"pixelplayground/codec"
	"pixelplayground/transport/frames"
	"pixelplayground/transport/netpoll"
	"pixelplayground/transport/stats"
	"pixelplayground/transport/upgrade/upgradetest"
)

// pingsThenClose makes a connection wait for a tick with its answers, and then end in it.
func pingsThenClose() []byte {
	var burst []byte
	for range 140 {
		burst = append(burst, frame(ws.OpPing, make([]byte, 125))...)
	}
	return append(burst, frame(ws.OpClose, nil)...)
}

// A client that waits for a region and has much due from another, sends pings until it is
// not read from any more, and then a close frame: the tick that makes room for the answer
// reads on, and ends the connection.
func TestShard_TickBeforeAnAnswerEndsTheConnection(t *testing.T) {
	b := newBench(t)
	c, _ := b.connect(frames.Binary)
	b.follows(c, 1)
	b.do(follow{c, []canvas.Mark{{Region: 2}}})
	b.receive(c, pingsThenClose())
	if !c.paused || !c.catchingUp.asked {
		t.Fatalf("paused %t, asked %t", c.paused, c.catchingUp.asked)
	}
	b.draw(1, 8000)
	b.do(join{viewer: c.id, region: 2})
	if c.state != closing || b.server.counters.Faults.Load() > 0 {
		t.Errorf("state %d after %d faults", c.state, b.server.counters.Faults.Load())
	}
	if err := b.audit(); err != nil {
		t.Error(err)
	}
}

// faultLog makes a bench's server tell its log.
func (b *bench) faultLog() *bytes.Buffer {
	var log bytes.Buffer
	b.server.cfg.Log = slog.New(slog.NewTextHandler(&log, nil))
	b.server.faults = stats.NewFaults(b.server.cfg.Log, &b.server.counters.Faults)
	return &log
}

// A panic for one connection ends that connection, with a reason, and the others still get
// everything. The log has the place of the panic once.
func TestShard_FaultEndsItsConnection(t *testing.T) {
	steps := map[string]func(b *bench, c *conn){
		"event":   func(b *bench, c *conn) { b.serve(netpoll.Event{Owner: c, Readable: true}) },
		"command": func(b *bench, c *conn) { b.do(broken{deliver{conn: c}}) },
	}
	for name, step := range steps {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			log := b.faultLog()
			good, goodSocket := b.connect(frames.Binary)
			b.follows(good, 1)
			for n := range 3 {
				bad, socket := b.connect(frames.Binary)
				b.follows(bad, 1)
				bad.socket = panickySocket{socket}
				step(b, bad)
				b.draw(1, 1)
				b.flush()
				if bad.state != closing || b.server.counters.Faults.Load() != int64(n+1) {
					t.Fatalf("state %d, %d faults", bad.state, b.server.counters.Faults.Load())
				}
				if got := socket.written.Bytes(); !bytes.HasSuffix(got, frames.Close(codec.CloseInternal, frames.Reason(codec.CloseInternal))) {
					t.Errorf("was written % x", got)
				}
			}
			if _, messages := goodSocket.take(t); len(messages) != 3 || good.state != live {
				t.Errorf("the other got %v", kinds(messages))
			}
			if n := strings.Count(log.String(), "recover_test.go"); n == 0 || strings.Count(log.String(), "told once") != 1 {
				t.Errorf("the log tells of the place %d times:\n%s", n, log)
			}
		})
	}
}

// broken is a command that panics, for the connection of another.
type broken struct{ owned }

func (broken) run(*shard) { panic("broken") }

type panickySocket struct{ *benchSocket }

func (panickySocket) Read([]byte) (int, error) { panic("read") }

// A panic that belongs to no connection closes all of the shard's connections. After that the shard
// serves new ones.
func TestShard_FaultOfNobody(t *testing.T) {
	bad := frames.NewPixels(&canvas.Batch{Region: 1, Epoch: 1, To: 1}, testGeometry)
	for p := range frames.Protocols {
		bad.Encoded[p] = func() []byte { panic("can't be encoded") }
	}
	for name, fault := range map[string]command{"in a tick": publish{bad}, "in a command": point{region: 1 << 20}} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			var sockets []*benchSocket
			for i := range 4 {
				c, socket := b.connect(frames.Protocol(i % 2))
				if c.protocol == frames.Binary {
					b.follows(c, 1)
				}
				sockets = append(sockets, socket)
			}
			b.do(fault)
			b.flush()
			for i, socket := range sockets {
				if !socket.closed || !bytes.HasSuffix(socket.written.Bytes(), frames.Close(codec.CloseInternal, frames.Reason(codec.CloseInternal))) {
					t.Errorf("connection %d: closed %t, written %q", i, socket.closed, socket.written.Bytes())
				}
			}
			k := &b.server.counters
			if kept := b.server.kept(); len(kept) != 0 {
				t.Errorf("the server still holds %v", kept)
			}
			if k.Connections.Load()+k.Binary.Load()+k.JSON.Load() != 0 || k.Closes.All()[codec.CloseInternal] != 4 || b.server.Viewing(1) {
				t.Errorf("left: %d connections, closed %v, viewing %t", k.Connections.Load(), k.Closes.All(), b.server.Viewing(1))
			}
			c, socket := b.connect(frames.Binary)
			b.follows(c, 1)
			b.draw(1, 1)
			b.flush()
			if _, messages := socket.take(t); len(messages) != 1 {
				t.Errorf("who comes then got %v", kinds(messages))
			}
		})
	}
}

// A tick catches what panics for each connection without costing memory.
func TestShard_AttemptAllocatesNothing(t *testing.T) {
	b := newBench(t)
	c, _ := b.connect(frames.Binary)
	if n := testing.AllocsPerRun(100, func() { b.attempt(c, (*shard).check) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

// Goal: clients that close, break and subscribe while much is drawn end nothing but
// themselves.
// Method: real sockets, one shard, a busy region with viewers; then all who are left are served.
func TestServer_ClientsThatEndInATick(t *testing.T) {
	onBothSockets(t, func(t *testing.T, plain bool) {
		s, host := openServer(t, plain, func(c *Config, _ *fakeHost) { c.Shards = 1 })
		viewer, p := newPainting(t, s)
		viewer.paintAll(p, host)
		again := codec.AppendSubscribe(nil, codec.Subscribe{Marks: []canvas.Mark{{Region: 2}, {Region: 3}, {Region: 0}}})
		for n := range 40 {
			c := dialBinary(t, s)
			c.subscribe(canvas.Mark{Region: 1, Position: canvas.Head()})
			for range 3 {
				c.send(ws.OpBinary, again)
			}
			c.write(pingsThenClose()[:len(pingsThenClose())-6*(n%2)]) // every other is cut off within the close frame
			host.publish(1, 1, make([]canvas.Pixel, 7000)...)
			_ = c.conn.Close()
		}
		viewer.paintAll(p, host)
		upgradetest.Eventually(t, "only the viewer is left", func() bool { return s.Counters().Connections.Load() == 1 })
		if n := s.Counters().Faults.Load(); n > 0 {
			t.Errorf("%d faults", n)
		}
	})
}

// A connection's actor that panics as it is called ends that connection, on real sockets too.
func TestServer_SurvivesSessionsThatPanic(t *testing.T) {
	onBothSockets(t, func(t *testing.T, plain bool) {
		s, host := openServer(t, plain, nil)
		good := dialBinary(t, s)
		bad := dialBinary(t, s)
		inspect(s, 2, func(_ *shard, c *conn) { c.session = panickySession{c.session} })
		bad.send(ws.OpBinary, codec.AppendRename(nil, codec.Rename{Name: "x"}))
		if code := bad.closeCode(); code != codec.CloseInternal {
			t.Errorf("closed with %d", code)
		}
		good.send(ws.OpBinary, codec.AppendPing(nil, codec.Ping{Token: 1}))
		await[codec.Pong](good)
		upgradetest.Eventually(t, "closed", func() bool { return host.session(2).isClosed() })
		if n := s.Counters().Faults.Load(); n != 1 {
			t.Errorf("%d faults", n)
		}
	})
}

type panickySession struct{ ConnectionActor }

func (panickySession) Send(any) { panic("send") }
