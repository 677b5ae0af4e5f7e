// Package clienttest stands in for a server in tests of clients. A Server does what a test
// scripts, message by message. A Canvas is a whole small canvas that runs by itself.
package clienttest

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"pixelplayground/codec"
)

// Patience is how long a test waits for something that must happen before it fails.
const Patience = time.Minute

// Until waits until ready reports true.
func Until(t testing.TB, what string, ready func() bool) {
	t.Helper()
	for deadline := time.Now().Add(Patience); !ready(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// Server accepts WebSockets on an address of this machine that is its own, so that nobody else takes its port while it is
// stopped, and leaves them to the test.
type Server struct {
	t        testing.TB
	address  string
	mux      *http.ServeMux // what there is besides WebSockets, whether the server runs or not
	accepted chan *Conn
	wait     sync.WaitGroup

	mu     sync.Mutex
	http   *http.Server // nil: stopped
	conns  []*Conn
	refuse http.HandlerFunc // nil: handshakes are accepted
}

// Listen starts a server, and stops it when the test ends.
func Listen(t testing.TB) *Server {
	own := fmt.Sprintf("127.%d.%d.%d:0", 1+rand.IntN(250), rand.IntN(250), 1+rand.IntN(250))
	s := &Server{t: t, address: own, mux: http.NewServeMux(), accepted: make(chan *Conn, 64)}
	s.mux.HandleFunc("GET /ws", s.upgrade)
	s.Start()
	t.Cleanup(s.Stop)
	return s
}

// URL is the URL of the server. It stays the same while the server is stopped.
func (s *Server) URL() string { return "ws://" + s.address + "/ws" }

// Start listens again after Stop, at the same address.
func (s *Server) Start() {
	s.t.Helper()
	listener, err := net.Listen("tcp", s.address)
	if err != nil {
		s.t.Fatalf("listen: %v", err)
	}
	s.address = listener.Addr().String()
	server := &http.Server{Handler: s.mux, ReadHeaderTimeout: Patience}
	s.mu.Lock()
	s.http = server
	s.mu.Unlock()
	s.wait.Go(func() { _ = server.Serve(listener) }) // until Stop
}

// Stop acts like a killed server: all connections break, and new ones are refused.
func (s *Server) Stop() {
	s.mu.Lock()
	if s.http != nil {
		_ = s.http.Close()
		s.http = nil
	}
	s.drop()
	s.mu.Unlock()
	s.wait.Wait()
}

// Drop breaks all connections; clients can come back at once.
func (s *Server) Drop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drop()
}

func (s *Server) drop() {
	for _, c := range s.conns {
		c.Break()
	}
	s.conns = nil
}

// Refuse makes all handshakes from now on fail with an answer; nil ends that.
func (s *Server) Refuse(answer http.HandlerFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refuse = answer
}

// Accept waits for the next client.
func (s *Server) Accept() *Conn {
	s.t.Helper()
	select {
	case c := <-s.accepted:
		return c
	case <-time.After(Patience):
		s.t.Fatal("no client has connected")
		return nil
	}
}

func (s *Server) upgrade(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	refuse := s.refuse
	s.mu.Unlock()
	if refuse != nil {
		refuse(w, r)
		return
	}
	if r.Header.Get("Upgrade") == "" {
		http.Error(w, "this is a WebSocket", http.StatusUpgradeRequired)
		return
	}
	upgrader := ws.HTTPUpgrader{Protocol: func(p string) bool { return p == codec.Subprotocol }}
	socket, _, shake, err := upgrader.Upgrade(r, w)
	if err != nil {
		return // the upgrader has told the client
	}
	c := &Conn{t: s.t, conn: socket, text: shake.Protocol == "", request: r}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.http == nil {
		c.Break()
		return
	}
	s.conns = append(s.conns, c)
	s.accepted <- c
}

// Conn is the server's end of one client.
type Conn struct {
	t       testing.TB
	conn    net.Conn
	text    bool          // it speaks the JSON protocol
	request *http.Request // by which it came
}

// Request is the handshake by which the client came.
func (c *Conn) Request() *http.Request { return c.request }

// Goodbye is a client's close frame, as an error of Read.
type Goodbye struct{ Code codec.CloseCode }

func (g Goodbye) Error() string { return fmt.Sprintf("client closed with code %d", g.Code) }

// Frame waits for the client's next frame, unmasked.
func (c *Conn) Frame() (ws.Frame, error) {
	h, err := ws.ReadHeader(c.conn)
	if err != nil {
		return ws.Frame{}, err
	}
	if err := ws.CheckHeader(h, ws.StateServerSide); err != nil {
		return ws.Frame{}, err
	}
	if h.Length > codec.MaxClientMessage {
		return ws.Frame{}, fmt.Errorf("frame of %d bytes", h.Length)
	}
	f := ws.Frame{Header: h, Payload: make([]byte, h.Length)}
	_, err = io.ReadFull(c.conn, f.Payload)
	return ws.UnmaskFrameInPlace(f), err
}

// Read waits for the client's next message, and answers its pings. The error is a
// Goodbye when the client has closed.
func (c *Conn) Read() (codec.ClientMessage, error) {
	op, payload, err := c.message()
	if err == nil && op != ws.OpBinary {
		err = fmt.Errorf("client sent a frame of kind %d", op)
	}
	if err != nil {
		return nil, err
	}
	return codec.DecodeClient(payload)
}

// message is Read for both protocols, before decoding.
func (c *Conn) message() (ws.OpCode, []byte, error) {
	for {
		f, err := c.Frame()
		if err != nil {
			return 0, nil, err
		}
		switch f.Header.OpCode {
		case ws.OpPing:
			c.Write(ws.MustCompileFrame(ws.NewPongFrame(f.Payload)))
		case ws.OpPong:
		case ws.OpClose:
			code, _ := ws.ParseCloseFrameData(f.Payload)
			return 0, nil, Goodbye{codec.CloseCode(code)}
		default:
			return f.Header.OpCode, f.Payload, nil
		}
	}
}

// Next is Read for tests that expect a message.
func (c *Conn) Next() codec.ClientMessage {
	c.t.Helper()
	_ = c.conn.SetReadDeadline(time.Now().Add(Patience))
	m, err := c.Read()
	if err != nil {
		c.t.Fatalf("read from the client: %v", err)
	}
	return m
}

// Closed waits for the client's close frame, and gives its code.
func (c *Conn) Closed() codec.CloseCode {
	c.t.Helper()
	_ = c.conn.SetReadDeadline(time.Now().Add(Patience))
	for {
		_, err := c.Read()
		var goodbye Goodbye
		if errors.As(err, &goodbye) {
			c.conn.Close()
			return goodbye.Code
		}
		if err != nil {
			c.t.Fatalf("read from the client: %v", err)
		}
	}
}

// Send writes messages, each in a frame.
func (c *Conn) Send(messages ...codec.ServerMessage) {
	for _, m := range messages {
		c.Write(ws.MustCompileFrame(ws.NewBinaryFrame(Encode(m))))
	}
}

// Write writes bytes as they are. It ignores errors: reading shows if the client is gone.
func (c *Conn) Write(p []byte) { _, _ = c.conn.Write(p) }

// Close sends a close frame.
func (c *Conn) Close(code codec.CloseCode, reason string) {
	c.Write(ws.MustCompileFrame(ws.NewCloseFrame(ws.NewCloseFrameBody(ws.StatusCode(code), reason))))
}

// Break closes the socket without a close frame.
func (c *Conn) Break() { c.conn.Close() }

// Encode is the encoded form of a server's message.
func Encode(m codec.ServerMessage) []byte {
	switch m := m.(type) {
	case codec.Welcome:
		return codec.AppendWelcome(nil, m)
	case codec.Snapshot:
		return codec.AppendSnapshot(nil, m)
	case codec.Pixels:
		return codec.AppendPixels(nil, &m.Batch)
	case codec.Ack:
		return codec.AppendAck(nil, m)
	case codec.Refused:
		return codec.AppendRefused(nil, m)
	case codec.Cursors:
		return codec.AppendCursors(nil, m)
	case codec.Presence:
		return codec.AppendPresence(nil, m)
	case codec.Pong:
		return codec.AppendPong(nil, m)
	case codec.Notice:
		return codec.AppendNotice(nil, m)
	case codec.Waiting:
		return codec.AppendWaiting(nil, m)
	case codec.Allowance:
		return codec.AppendAllowance(nil, m)
	}
	panic("clienttest: no message of a server")
}
