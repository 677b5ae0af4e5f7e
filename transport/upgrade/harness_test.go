package upgrade

import (
	"bufio"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"pixelplayground/actors/telemetry/logtest"
	"pixelplayground/transport/quota"
	"pixelplayground/transport/stats"
	"pixelplayground/transport/upgrade/upgradetest"
)

const pageRequest = "GET /page HTTP/1.1\r\nHost: canvas.test\r\n\r\n"

// openAcceptor opens an acceptor whose WebSockets say nothing and end when their clients leave.
func openAcceptor(t testing.TB, change func(*Config), pages http.HandlerFunc) *Acceptor {
	t.Helper()
	cfg := Config{Listen: "127.0.0.1:0", MaxConnections: 1000, Timeout: 5 * time.Second, Counters: new(stats.Counters), Log: slog.New(slog.DiscardHandler)}
	if change != nil {
		change(&cfg)
	}
	refusals := quota.NewRefusals(cfg.Log, time.Now)
	cfg.Accounts, cfg.Refusals, cfg.Faults = quota.NewAccounts(cfg.Proxies), &refusals, stats.NewFaults(cfg.Log, &cfg.Counters.Faults)
	if pages == nil {
		pages = func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, "page "+r.URL.Path) }
	}
	a := New(cfg)
	if err := a.Listen(); err != nil {
		t.Fatal(err)
	}
	sockets := &sockets{acceptor: a, open: make(map[*net.TCPConn]bool)}
	a.Open(sockets.connect, pages)
	t.Cleanup(func() {
		a.Stop()
		a.Wait()
		sockets.close()
	})
	return a
}

// sockets are the WebSockets that an acceptor has made.
type sockets struct {
	acceptor *Acceptor
	reading  sync.WaitGroup

	mu     sync.Mutex
	open   map[*net.TCPConn]bool
	closed bool // a connection that net/http had may come this late
}

func (s *sockets) connect(w WebSocket) {
	account := w.Account
	_ = w.Conn.SetDeadline(time.Time{})
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		_ = w.Conn.Close()
		account.Close()
		return
	}
	s.open[w.Conn] = true
	s.reading.Go(func() {
		_, _ = io.Copy(io.Discard, w.Conn)
		_ = w.Conn.Close()
		account.Close()
		s.acceptor.cfg.Counters.Connections.Add(-1)
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.open, w.Conn)
	})
}

func (s *sockets) close() {
	s.mu.Lock()
	s.closed = true
	for c := range s.open {
		_ = c.Close()
	}
	s.mu.Unlock()
	s.reading.Wait()
}

// from connects from another address of this computer, and sends something.
func from(t *testing.T, a *Acceptor, address, request string) net.Conn {
	t.Helper()
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}}
	c, err := dialer.Dial("tcp", a.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	_ = c.SetDeadline(time.Now().Add(upgradetest.Patience))
	if _, err := c.Write([]byte(request)); err != nil {
		t.Fatal(err)
	}
	return c
}

// ask sends a request as it is and returns the answer.
func ask(t *testing.T, a *Acceptor, request string) *http.Response {
	t.Helper()
	response, err := http.ReadResponse(bufio.NewReader(from(t, a, "127.0.0.1", request)), nil)
	if err != nil {
		t.Fatal(err)
	}
	return response
}

func statusOf(t *testing.T, c net.Conn) int {
	t.Helper()
	response, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	if response.StatusCode == http.StatusServiceUnavailable && response.Header.Get("Retry-After") == "" {
		t.Error("503 without Retry-After")
	}
	return response.StatusCode
}

// connects makes a WebSocket that stays until the test ends, and fails the test if it is refused.
func connects(t *testing.T, a *Acceptor) net.Conn {
	t.Helper()
	c := from(t, a, "127.0.0.1", upgradetest.HandshakeRequest(upgradetest.OfferBinary))
	if status := statusOf(t, c); status != http.StatusSwitchingProtocols {
		t.Fatalf("handshake answered %d", status)
	}
	return c
}

func logTo(l *logtest.Lines) func(*Config) {
	return func(c *Config) { c.Log = slog.New(slog.NewTextHandler(l, nil)) }
}
