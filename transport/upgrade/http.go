package upgrade

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"pixelplayground/transport/quota"
)

// httpIdle is how long an unused connection is kept for the next request.
const httpIdle = 60 * time.Second

// How long one request may occupy a place, whichever handler answers it. Handlers that allow
// more time set their own deadlines.
const (
	takePatience = 10 * time.Second // until the client has taken the answer
	restPatience = 2 * time.Second  // for the client to send the rest of a body that nobody read
)

// newHTTP makes the server for every connection that greet does not upgrade itself.
func (a *Acceptor) newHTTP(handler http.Handler) *http.Server {
	return &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			rc := http.NewResponseController(w)
			_ = rc.SetWriteDeadline(time.Now().Add(takePatience))
			switch c, _ := r.Context().Value(guestKey{}).(*httpConn); {
			case c != nil && !c.admitted(r):
				w.Header().Set("Connection", "close")
				w.Header().Set("Retry-After", retrySeconds)
				http.Error(w, tooBusy().text, http.StatusServiceUnavailable)
			case r.URL.Path == wsPath && a.connect != nil:
				a.serveWS(w, r)
			default:
				handler.ServeHTTP(w, r)
			}
			if r.Body != http.NoBody { // no WebSocket has one
				// net/http reads the rest of the body, so that the connection can be used again.
				_ = rc.SetReadDeadline(time.Now().Add(restPatience))
			}
		}),
		// net/http's own answer to OPTIONS * would bypass the handler above.
		DisableGeneralOptionsHandler: true,
		ReadHeaderTimeout:            a.cfg.Timeout,
		IdleTimeout:                  httpIdle,
		MaxHeaderBytes:               maxHead,
		ErrorLog:                     slog.NewLogLogger(a.cfg.Log.Handler(), slog.LevelDebug), // strangers' mistakes
		ConnContext:                  func(ctx context.Context, c net.Conn) context.Context { return context.WithValue(ctx, guestKey{}, c) },
		ConnState:                    func(c net.Conn, state http.ConnState) { c.(*httpConn).now(state) },
	}
}

// guestKey is the key of the *httpConn in a request's context.
type guestKey struct{}

// serveWS answers a request for wsPath that came to net/http: one for a WebSocket, on a
// connection that has served other requests before, or one that does not ask for a WebSocket.
func (a *Acceptor) serveWS(w http.ResponseWriter, r *http.Request) {
	head, err := requestHead(r)
	if err != nil || r.Method != http.MethodGet || !wantsUpgrade(head) {
		a.explain(w, r)
		return
	}
	hijacked, buffers, err := http.NewResponseController(w).Hijack()
	if err != nil {
		http.Error(w, "this connection can't become a WebSocket", http.StatusInternalServerError)
		return
	}
	c := hijacked.(*httpConn) // handover gives no others
	defer a.rescueHandshake(c.guest.tcp, c.guest)
	early, _ := buffers.Reader.Peek(buffers.Reader.Buffered())
	early = append(bytes.Clone(early), c.release()...)
	_ = c.SetDeadline(time.Now().Add(a.cfg.Timeout))
	a.upgrade(c.guest, head, early)
}

// explain answers a request that does not ask for a WebSocket. Browsers don't tell a page why
// a handshake was refused. With ?origin= a page can ask whether one from that origin would be
// refused now, and why.
func (a *Acceptor) explain(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	asked := request{
		from: a.cfg.Proxies.Client(quota.AddressOf(r.RemoteAddr), r.Header.Values(a.cfg.Proxies.Header)),
		host: r.Host, origin: r.URL.Query().Get("origin"), cookies: r.Header["Cookie"], authority: r.Header["Authorization"],
	}
	if _, why := a.unwelcome(asked); why != nil {
		if why.status == http.StatusServiceUnavailable {
			w.Header().Set("Retry-After", retrySeconds)
		}
		http.Error(w, why.text, why.status)
		return
	}
	w.Header().Set("Upgrade", "websocket")
	w.Header().Set("Connection", "Upgrade")
	http.Error(w, "this is a WebSocket: see PROTOCOL.md", http.StatusUpgradeRequired)
}

// requestHead restores a request's head for upgrade to read. It includes the fields that
// net/http has taken out of the header. Otherwise a request that is refused when it is the first
// of its connection could be accepted when it is the second.
func requestHead(r *http.Request) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString("GET " + wsPath + " " + r.Proto + "\r\nHost: " + r.Host + "\r\n")
	for _, coding := range r.TransferEncoding {
		b.WriteString("Transfer-Encoding: " + coding + "\r\n")
	}
	if err := r.Header.Write(&b); err != nil {
		return nil, err
	}
	b.WriteString("\r\n")
	return b.Bytes(), nil
}

// handover is the net.Listener from which net/http accepts.
type handover struct {
	acceptor *Acceptor
	conns    chan *httpConn // offer sends; never closed

	closed chan struct{} // closed by Close
	once   sync.Once
}

func newHandover(a *Acceptor) *handover {
	return &handover{acceptor: a, conns: make(chan *httpConn), closed: make(chan struct{})}
}

// offer hands a guest, from which head has been read, to net/http.
func (h *handover) offer(g *guest, head []byte) {
	_ = g.tcp.SetDeadline(time.Time{}) // net/http has its own
	conn := &httpConn{Conn: g.tcp, acceptor: h.acceptor, guest: g, head: bytes.Clone(head), bill: bill{acceptor: h.acceptor, guest: g}, asking: true}
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

func (h *handover) Addr() net.Addr { return h.acceptor.Addr() }
