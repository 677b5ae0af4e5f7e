package client

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"pixelplayground/actors/canvas"
	"pixelplayground/codec"
	"pixelplayground/transport/client/clienttest"
	"pixelplayground/transport/client/wire"
)

// script is a connection that says what it was given, over and over if it is endless.
type script struct {
	net.Conn
	says    []byte
	at      int
	endless bool
}

func (s *script) Read(p []byte) (int, error) {
	if s.at == len(s.says) {
		if !s.endless {
			return 0, io.EOF
		}
		s.at = 0
	}
	n := copy(p, s.says[s.at:])
	s.at += n
	return n, nil
}

func (s *script) SetReadDeadline(time.Time) error { return nil }

func scripted(s *script) *link { return newLink(s, new(wire.Reader), time.Hour) }

func frame(fin bool, code ws.OpCode, payload []byte) []byte {
	return ws.MustCompileFrame(ws.NewFrame(code, fin, payload))
}

func TestLink_Messages(t *testing.T) {
	long := bytes.Repeat([]byte("0123456789"), 10_000)
	masked := ws.MustCompileFrame(ws.MaskFrame(ws.NewBinaryFrame([]byte("x"))))
	huge := ws.Header{Fin: true, OpCode: ws.OpBinary, Length: codec.MaxServerMessage + 1}
	var hugeHeader bytes.Buffer
	if err := ws.WriteHeader(&hugeHeader, huge); err != nil {
		t.Fatal(err)
	}
	big := bytes.Repeat([]byte{1}, codec.MaxServerMessage/2+1)
	for _, test := range []struct {
		name   string
		frames [][]byte
		want   []string
		err    string
	}{
		{"short and long", [][]byte{
			frame(true, ws.OpBinary, []byte("a")), frame(true, ws.OpBinary, long), frame(true, ws.OpBinary, nil), frame(true, ws.OpBinary, []byte("b")),
		}, []string{"a", string(long), "", "b"}, "EOF"},
		{"fragments around a ping", [][]byte{
			frame(false, ws.OpBinary, []byte("a")), frame(true, ws.OpPing, []byte("?")), frame(false, ws.OpContinuation, long), frame(true, ws.OpContinuation, []byte("z")),
			frame(true, ws.OpBinary, []byte("b")),
		}, []string{"a" + string(long) + "z", "b"}, "EOF"},
		{"pong", [][]byte{frame(true, ws.OpPong, nil), frame(true, ws.OpBinary, []byte("a"))}, []string{"a"}, "EOF"},
		{"cut off", [][]byte{frame(true, ws.OpBinary, long)[:5000]}, nil, "unexpected EOF"},
		{"text", [][]byte{frame(true, ws.OpText, []byte("a"))}, nil, "text frame: server broke the protocol"},
		{"masked", [][]byte{masked}, nil, "masked frame: server broke the protocol"},
		{"new message amid fragments", [][]byte{frame(false, ws.OpBinary, nil), frame(true, ws.OpBinary, nil)}, nil, "server broke the protocol"},
		{"continuation of nothing", [][]byte{frame(true, ws.OpContinuation, nil)}, nil, "server broke the protocol"},
		{"too long", [][]byte{hugeHeader.Bytes()}, nil, "message of more than 1048576 bytes: server broke the protocol"},
		{"too long in fragments", [][]byte{frame(false, ws.OpBinary, big), frame(true, ws.OpContinuation, big)}, nil, "message of more than 1048576 bytes"},
		{"close", [][]byte{frame(true, ws.OpClose, ws.NewCloseFrameBody(4004, "out"))}, nil, "server closed the connection with code 4004 (disconnected by an operator): out"},
		{"close without a code", [][]byte{frame(true, ws.OpClose, nil)}, nil, "server closed the connection with code 0"},
	} {
		t.Run(test.name, func(t *testing.T) {
			l := scripted(&script{says: bytes.Join(test.frames, nil)})
			for i, want := range test.want {
				got, err := l.next()
				if err != nil || string(got) != want {
					t.Fatalf("message %d: %.20q (%d bytes), %v", i, got, len(got), err)
				}
			}
			if _, err := l.next(); err == nil || !strings.Contains(err.Error(), test.err) {
				t.Errorf("at the end: %v, want %s", err, test.err)
			}
		})
	}
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
	r.client.silence = 50 * time.Millisecond
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

// receiver is a client with a replica of region 0, that reads from a script.
func receiver(t testing.TB, n int) (*Client, *link) {
	g := canvas.Geometry{Width: 1024, Height: 1024, Region: 256}
	c, err := New(Config{URLs: []string{"ws://127.0.0.1:1/ws"}, Regions: Only(0), Replica: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	c.view = newView(g, []canvas.RegionID{0}, true)
	message := codec.AppendPixels(nil, &pixelsOf(n).Batch)
	return c, scripted(&script{says: frame(true, ws.OpBinary, message), endless: true})
}

func pixelsOf(n int) *codec.Pixels {
	p := pixels(0, make([]canvas.Color, n)...)
	return &p
}

// receiveOne handles one message, which takes region 0 from 0 to n.
func receiveOne(t testing.TB, c *Client, l *link) {
	p, err := l.next()
	if err != nil {
		t.Fatal(err)
	}
	m, err := codec.DecodeServer(p)
	if err != nil {
		t.Fatal(err)
	}
	c.view.regions[0].held = canvas.Position{}
	if err := c.receive(m); err != nil {
		t.Fatal(err)
	}
}

// Allocations belong to a message, never to a pixel.
func TestClient_ReceivingAllocatesNothingPerPixel(t *testing.T) {
	count := func(n int) float64 {
		c, l := receiver(t, n)
		allocs := testing.AllocsPerRun(100, func() { receiveOne(t, c, l) })
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
			c, l := receiver(b, n)
			b.ReportAllocs()
			for b.Loop() {
				receiveOne(b, c, l)
			}
			b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "pixels/s")
		})
	}
}
