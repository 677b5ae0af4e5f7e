// Package fakeserver stands in for a server in tests of cmd/pixelctl/loadtest. It goes wrong
// exactly as a test asks, so that a report can be compared with what is known to have happened.
package fakeserver

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"

	"pixelplayground/actors/canvas"
	"pixelplayground/codec"
	"pixelplayground/transport/client/clienttest"
)

// Seq is the sequence number at which every region begins.
const Seq = 1000

// Geometry has 3x2 regions; those at the right and the bottom are cut off.
func Geometry() canvas.Geometry { return canvas.Geometry{Width: 40, Height: 24, Region: 16} }

// Faults are what goes wrong; a nil field goes right. Connections are counted from 0 in the order
// in which they were made, and so are the PIXELS frames of each. The functions are called one at a
// time.
type Faults struct {
	Node     func(conn int) string                                    // its server's name; else "fake"
	Pixels   func(conn, n int, b *canvas.Batch) []codec.ServerMessage // what is sent instead
	Text     func(conn, n int) int                                    // how often a pixel_updated is sent
	Delay    func(conn, n int) time.Duration                          // before a PIXELS frame and everything after it
	Stall    func(placed int) time.Duration                           // of the whole server
	Answer   func(conn int, p codec.Place) canvas.Refusal             // 0: the op is carried out
	Silent   func(conn int, p codec.Place) bool                       // the op is carried out, but not acknowledged
	Users    func(conn, connected int) int                            // the number of users to show
	HTTPRead func(x, y int, color canvas.Color) canvas.Color          // what HTTP shows
	Cluster  string                                                   // answer to GET /api/cluster
}

// Server is a canvas that commits every pixel by itself.
type Server struct {
	t      testing.TB
	http   *httptest.Server
	faults Faults
	wait   sync.WaitGroup
	doors  []*httptest.Server // besides http

	mu      sync.Mutex
	conns   map[int]*conn
	next    int
	placed  int
	regions []region
}

// conn is a client's connection. All but the socket is guarded by Server.mu.
type conn struct {
	index   int
	door    string // the name of the server that it came to
	socket  net.Conn
	text    bool
	follows map[canvas.RegionID]bool
	n       int      // PIXELS frames so far
	out     chan due // one goroutine writes what is in it; serve closes it
}

// due is a frame, and how long to wait before it is written.
type due struct {
	frame []byte
	pause time.Duration
}

// New starts a server, and stops it when the test ends.
func New(t testing.TB, faults Faults) *Server {
	s := &Server{t: t, faults: faults, conns: make(map[int]*conn)}
	for id := range Geometry().Regions() {
		_, _, width, height := Geometry().Bounds(canvas.RegionID(id))
		s.regions = append(s.regions, region{at: canvas.Position{Epoch: 1, Seq: Seq}, tile: canvas.NewTile(width, height)})
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/ws", s.upgrade)
	mux.HandleFunc("GET /api/canvas", s.getCanvas)
	mux.HandleFunc("GET /api/pixel/{x}/{y}", s.getPixel)
	if faults.Cluster != "" {
		mux.HandleFunc("GET /api/cluster", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(faults.Cluster)) })
	}
	s.http = httptest.NewServer(mux)
	t.Cleanup(func() {
		s.Drop()
		for _, door := range append(s.doors, s.http) {
			door.Close()
		}
		s.wait.Wait()
		http.DefaultClient.CloseIdleConnections()
	})
	return s
}

// Target is the URL for clients.
func (s *Server) Target() string { return "ws" + strings.TrimPrefix(s.http.URL, "http") + "/ws" }

// Gateway starts another server of the same canvas, with a name and HTTP of its own, and returns
// its URL. seen is called with each request.
func (s *Server) Gateway(name string, seen func(r *http.Request)) string {
	door := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen(r)
		s.http.Config.Handler.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), doorKey{}, name)))
	}))
	s.doors = append(s.doors, door)
	return "ws" + strings.TrimPrefix(door.URL, "http") + "/ws"
}

// doorKey is the key in a request's context for the gateway that it came to.
type doorKey struct{}

// Drop breaks all connections; clients can come back at once.
func (s *Server) Drop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.conns {
		c.socket.Close()
	}
}

func (s *Server) upgrade(w http.ResponseWriter, r *http.Request) {
	upgrader := ws.HTTPUpgrader{Protocol: func(p string) bool { return p == codec.Subprotocol }}
	socket, _, shake, err := upgrader.Upgrade(r, w)
	if err != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	door, named := r.Context().Value(doorKey{}).(string)
	if !named {
		door = "fake"
	}
	c := &conn{index: s.next, door: door, socket: socket, text: shake.Protocol == "", follows: make(map[canvas.RegionID]bool), out: make(chan due, 100_000)}
	s.next++
	s.conns[c.index] = c
	s.wait.Go(func() {
		for d := range c.out {
			time.Sleep(d.pause)
			_, _ = socket.Write(d.frame) // the read side notices when the client is gone
		}
		socket.Close()
	})
	s.wait.Go(func() { s.serve(c) })
}

// serve reads from a client until it is gone.
func (s *Server) serve(c *conn) {
	defer s.leave(c)
	if c.text {
		s.greetText(c)
	}
	for {
		payload, op, err := wsutil.ReadClientData(c.socket)
		if err != nil {
			return
		}
		if op == ws.OpText {
			s.takeText(c, payload)
			continue
		}
		m, err := codec.DecodeClient(payload)
		if err != nil {
			s.t.Errorf("from client %d: %v", c.index, err)
			return
		}
		s.take(c, m)
	}
}

func (s *Server) leave(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, c.index)
	close(c.out)
	s.present()
}

// push queues messages.
func (c *conn) push(messages ...codec.ServerMessage) {
	for _, m := range messages {
		c.out <- due{frame: ws.MustCompileFrame(ws.NewBinaryFrame(clienttest.Encode(m)))}
	}
}
