package transport

import (
	"bytes"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// maxHTTP bounds the connections that net/http has, the idle ones included.
const maxHTTP = 4096

// httpIdle is how long an unused connection is kept for the next request.
const httpIdle = 60 * time.Second

// newHTTP serves everything that is not a WebSocket from the start.
func (s *Server) newHTTP(handler http.Handler) *http.Server {
	return &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == wsPath {
				s.serveWS(w, r)
			} else {
				handler.ServeHTTP(w, r)
			}
		}),
		ReadHeaderTimeout: s.cfg.HandshakeTimeout,
		IdleTimeout:       httpIdle,
		ErrorLog:          slog.NewLogLogger(s.cfg.Log.Handler(), slog.LevelDebug), // strangers' mistakes
	}
}

// serveWS is a request for a WebSocket on a connection that has served others before, or
// one that does not ask for a WebSocket.
func (s *Server) serveWS(w http.ResponseWriter, r *http.Request) {
	head, err := requestHead(r)
	if err != nil || r.Method != http.MethodGet || !wantsUpgrade(head) {
		w.Header().Set("Upgrade", "websocket")
		w.Header().Set("Connection", "Upgrade")
		http.Error(w, "this is a WebSocket: see PROTOCOL.md", http.StatusUpgradeRequired)
		return
	}
	hijacked, buffers, err := http.NewResponseController(w).Hijack()
	if err != nil {
		http.Error(w, "this connection can't become a WebSocket", http.StatusInternalServerError)
		return
	}
	c := hijacked.(*httpConn) // handover gives no others
	early, _ := buffers.Reader.Peek(buffers.Reader.Buffered())
	early = append(bytes.Clone(early), c.release()...)
	_ = c.SetDeadline(time.Now().Add(s.cfg.HandshakeTimeout))
	s.upgrade(c.tcp, head, early)
}

// requestHead writes a request's head again, as upgrade reads it.
func requestHead(r *http.Request) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString("GET " + wsPath + " HTTP/1.1\r\nHost: " + r.Host + "\r\n")
	if err := r.Header.Write(&b); err != nil {
		return nil, err
	}
	b.WriteString("\r\n")
	return b.Bytes(), nil
}

// handover is the net.Listener from which net/http accepts.
type handover struct {
	addr  net.Addr
	conns chan *httpConn // offer sends; never closed
	open  atomic.Int64   // connections that net/http has

	closed chan struct{} // closed by Close
	once   sync.Once
}

func newHandover(addr net.Addr) *handover {
	return &handover{addr: addr, conns: make(chan *httpConn), closed: make(chan struct{})}
}

// offer gives net/http a connection from which head has been read.
func (h *handover) offer(c *net.TCPConn, head []byte) {
	if h.open.Add(1) > maxHTTP {
		h.open.Add(-1)
		turnAway(c, "503 Service Unavailable", retryAfter)
		return
	}
	_ = c.SetDeadline(time.Time{}) // net/http has its own
	conn := &httpConn{Conn: c, tcp: c, handover: h, head: bytes.Clone(head)}
	select {
	case h.conns <- conn:
	case <-h.closed:
		_ = conn.Close()
	}
}

func (h *handover) Accept() (net.Conn, error) {
	select {
	case c := <-h.conns:
		return c, nil
	case <-h.closed:
		return nil, net.ErrClosed
	}
}

func (h *handover) Close() error {
	h.once.Do(func() { close(h.closed) })
	return nil
}

func (h *handover) Addr() net.Addr { return h.addr }

// httpConn is a connection that net/http has. It first reads what had been read before.
type httpConn struct {
	net.Conn // tcp, without what would go round Read
	tcp      *net.TCPConn
	handover *handover
	head     []byte // net/http's reading goroutine alone uses it, until it is released
	once     sync.Once
}

func (c *httpConn) Read(p []byte) (int, error) {
	if len(c.head) > 0 {
		n := copy(p, c.head)
		c.head = c.head[n:]
		return n, nil
	}
	return c.tcp.Read(p)
}

// CloseWrite lets net/http end a connection without losing its last answer.
func (c *httpConn) CloseWrite() error { return c.tcp.CloseWrite() }

func (c *httpConn) Close() error {
	c.leave()
	return c.tcp.Close()
}

// release takes the connection away from net/http, and returns what is left of head.
func (c *httpConn) release() []byte {
	c.leave()
	return c.head
}

func (c *httpConn) leave() { c.once.Do(func() { c.handover.open.Add(-1) }) }
