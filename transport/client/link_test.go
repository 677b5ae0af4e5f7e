package client

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"pixelplayground/actors/canvas"
	"pixelplayground/codec"
	"pixelplayground/transport/client/clienttest"
	"pixelplayground/transport/client/wire"
)

func frame(fin bool, code ws.OpCode, payload []byte) []byte {
	return ws.MustCompileFrame(ws.NewFrame(code, fin, payload))
}

func TestClient_AnswersPings(t *testing.T) {
	r := connect(t, Config{})
	r.conn.Write(frame(true, ws.OpPing, []byte("are you there?")))
	f, err := r.conn.Frame()
	if err != nil || f.Header.OpCode != ws.OpPong || string(f.Payload) != "are you there?" {
		t.Errorf("answer %+v %q, %v", f.Header, f.Payload, err)
	}
}

// A server that was taken off the network says nothing, not even goodbye.
func TestClient_GivesUpOnASilentServer(t *testing.T) {
	server := clienttest.Listen(t)
	cfg := Config{URLs: []string{server.URL()}}
	r := newRig(t, server, &cfg)
	r.client = newClient(t, cfg)
	r.client.session.Silence = 50 * time.Millisecond
	go func() { _ = r.client.Open(t.Context()) }()
	r.welcome(testWelcome())
	for range 3 { // as long as it answers it is kept
		f, err := r.conn.Frame()
		if err != nil || f.Header.OpCode != ws.OpPing {
			t.Fatalf("frame %+v, %v", f.Header, err)
		}
		r.conn.Write(frame(true, ws.OpPong, f.Payload))
	}
	r.clock.pause(t)
}

// A server may say more with the handshake than was asked.
func TestClient_MessagesRightBehindTheHandshake(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	served := make(chan error, 1)
	go func() {
		conn, err := listener.Accept()
		if err != nil {
			served <- err
			return
		}
		defer conn.Close()
		var both buffered
		both.Conn = conn
		_, err = ws.Upgrader{Protocol: func([]byte) bool { return true }}.Upgrade(&both)
		_, _ = both.Write(frame(true, ws.OpBinary, codec.AppendWelcome(nil, testWelcome())))
		_, _ = conn.Write(both.out.Bytes())
		_, _ = io.Copy(io.Discard, conn)
		served <- err
	}()
	c := newClient(t, Config{URLs: []string{"ws://" + listener.Addr().String() + "/ws"}})
	if err := c.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := c.Welcome(); got.Node != "test" {
		t.Errorf("welcome %+v", got)
	}
	c.Close()
	if err := receive(t, served, "the server's end"); err != nil {
		t.Error(err)
	}
}

// buffered keeps what is written.
type buffered struct {
	net.Conn
	out bytes.Buffer
}

func (b *buffered) Write(p []byte) (int, error) { return b.out.Write(p) }

func TestClient_ServerOfAnotherProtocol(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go func() {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		_, _ = ws.Upgrader{}.Upgrade(conn)
	}()
	c := newClient(t, Config{URLs: []string{"ws://" + listener.Addr().String() + "/ws"}})
	var shake *HandshakeError
	if err := c.Open(t.Context()); !errors.As(err, &shake) || !strings.Contains(err.Error(), codec.Subprotocol) {
		t.Errorf("Open: %v", err)
	}
}

// receiver is a client with a replica of region 0, and a message for it.
func receiver(t testing.TB, n int) (*Client, wire.Message) {
	g := canvas.Geometry{Width: 1024, Height: 1024, Region: 256}
	c, err := New(Config{URLs: []string{"ws://127.0.0.1:1/ws"}, Regions: Only(0), Replica: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	c.view = newView(g, []canvas.RegionID{0}, true)
	return c, wire.Message{Op: ws.OpBinary, Payload: codec.AppendPixels(nil, &pixelsOf(n).Batch)}
}

func pixelsOf(n int) *codec.Pixels {
	p := pixels(0, make([]canvas.Color, n)...)
	return &p
}

// receiveOne handles a message that takes region 0 from 0 to n.
func receiveOne(t testing.TB, c *Client, m wire.Message) {
	c.view.regions[0].held = canvas.Position{}
	if err := (user{c}).Receive(m, time.Time{}); err != nil {
		t.Fatal(err)
	}
}

// Allocations belong to a message, never to a pixel.
func TestClient_ReceivingAllocatesNothingPerPixel(t *testing.T) {
	count := func(n int) float64 {
		c, m := receiver(t, n)
		allocs := testing.AllocsPerRun(100, func() { receiveOne(t, c, m) })
		if got := c.Stats(); got.PixelsReceived != 101*uint64(n) {
			t.Fatalf("received %+v", got)
		}
		return allocs
	}
	one, many := count(1), count(4096)
	if one != many || one > 5 {
		t.Errorf("%g allocations for a message of one pixel, %g for one of 4,096; want the same, 5 at most", one, many)
	}
}

func BenchmarkClient_Receive(b *testing.B) {
	for _, n := range []int{1, 10, 100, 4096} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			c, m := receiver(b, n)
			b.ReportAllocs()
			for b.Loop() {
				receiveOne(b, c, m)
			}
			b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "pixels/s")
		})
	}
}

// The key is shown with every connection.
func TestClient_ShowsItsKey(t *testing.T) {
	s := clienttest.NewCanvas(t, clienttest.Small(), clienttest.Faults{})
	shown := make(chan string, 16)
	gateway := s.Gateway("g", func(r *http.Request) { shown <- r.Header.Get("Authorization") })
	c, err := New(Config{URLs: []string{gateway}, Key: "pp_secret"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	if err := c.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.Drop()
	for range 2 {
		if got := <-shown; got != "Bearer pp_secret" {
			t.Errorf("shown %q", got)
		}
	}
}
