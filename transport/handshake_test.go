package transport

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"pixelplayground/codec"
)

// ask sends a request as it is and returns the answer.
func ask(t *testing.T, s *Server, request string) *http.Response {
	t.Helper()
	c := connectTCP(t, s)
	if _, err := c.Write([]byte(request)); err != nil {
		t.Fatal(err)
	}
	response, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	return response
}

func TestHandshake_Table(t *testing.T) {
	s, _ := openServer(t, false, func(c *Config, _ *fakeHost) { c.AllowedOrigins = []string{"https://friend.test"} })
	tests := []struct {
		name    string
		request string
		status  int
		reason  string // counted; empty: none
	}{
		{"json", handshakeRequest(""), 101, ""},
		{"binary", handshakeRequest(offerBinary), 101, ""},
		{"binary among others", handshakeRequest("Sec-WebSocket-Protocol: soap, " + codec.Subprotocol + "\r\n"), 101, ""},
		{"binary in a second header", handshakeRequest("Sec-WebSocket-Protocol: soap\r\n" + offerBinary), 101, ""},
		{"other subprotocol", handshakeRequest("Sec-WebSocket-Protocol: soap\r\n"), 400, refusedProtocol},
		{"own origin", handshakeRequest("Origin: https://canvas.test\r\n"), 101, ""},
		{"own origin, other case", handshakeRequest("Origin: http://Canvas.Test\r\n"), 101, ""},
		{"allowed origin", handshakeRequest("Origin: https://friend.test\r\n"), 101, ""},
		{"other origin", handshakeRequest("Origin: https://evil.test\r\n"), 403, refusedOrigin},
		{"own origin, Host with the port of https", withHost("canvas.test:443", "Origin: https://canvas.test\r\n"), 101, ""},
		{"own origin, Host with the port of http", withHost("canvas.test:80", "Origin: http://canvas.test\r\n"), 101, ""},
		{"own origin with its port", handshakeRequest("Origin: https://canvas.test:443\r\n"), 101, ""},
		{"allowed origin with its port", handshakeRequest("Origin: https://friend.test:443\r\n"), 101, ""},
		{"the other scheme's port", withHost("canvas.test:80", "Origin: https://canvas.test\r\n"), 403, refusedOrigin},
		{"another port", withHost("canvas.test:8443", "Origin: https://canvas.test\r\n"), 403, refusedOrigin},
		{"opaque origin", handshakeRequest("Origin: null\r\n"), 403, refusedOrigin},
		{"origin that contains ours", handshakeRequest("Origin: https://canvas.test.evil.test\r\n"), 403, refusedOrigin},
		{"query", strings.Replace(handshakeRequest(""), "/ws", "/ws?a=b", 1), 101, ""},
		{"headers in lower case", "GET /ws HTTP/1.1" + strings.ToLower(handshakeRequest("")[len("GET /ws HTTP/1.1"):]), 101, ""},
		{"old version", strings.Replace(handshakeRequest(""), "Version: 13", "Version: 8", 1), 426, refusedMalformed},
		{"no key", strings.Replace(handshakeRequest(""), "Sec-WebSocket-Key", "X-Key", 1), 400, refusedMalformed},
		{"no host", strings.Replace(handshakeRequest(""), "Host:", "X-Host:", 1), 400, refusedMalformed},
		{"http/1.0", strings.Replace(handshakeRequest(""), "HTTP/1.1", "HTTP/1.0", 1), 505, refusedMalformed},
		{"large cookies", handshakeRequest("Cookie: " + strings.Repeat("x", maxHead-1000) + "\r\n"), 101, ""},
		{"head too large", handshakeRequest("Cookie: " + strings.Repeat("x", maxHead) + "\r\n"), 431, refusedHead},
		{"two Connection lines", strings.Replace(handshakeRequest(""), "Connection: Upgrade", "Connection: keep-alive\r\nConnection: Upgrade", 1), 101, ""},
		{"Connection in a list", strings.Replace(handshakeRequest(""), "Connection: Upgrade", "Connection: keep-alive, upgrade", 1), 101, ""},
		{"Upgrade in a list", strings.Replace(handshakeRequest(""), "Upgrade: websocket", "Upgrade: h2c, WebSocket", 1), 101, ""},
		{"two Upgrade lines", strings.Replace(handshakeRequest(""), "Upgrade: websocket", "Upgrade: h2c\r\nUpgrade: websocket", 1), 101, ""},
		{"no Connection", strings.Replace(handshakeRequest(""), "Connection: Upgrade", "X: y", 1), 400, refusedMalformed},
		{"two Hosts", handshakeRequest("Host: canvas.test\r\n"), 400, refusedMalformed},
		{"two Origins", handshakeRequest("Origin: https://canvas.test\r\nOrigin: https://evil.test\r\n"), 400, refusedMalformed},
		{"two keys", handshakeRequest("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"), 400, refusedMalformed},
		{"two versions", handshakeRequest("Sec-WebSocket-Version: 8\r\n"), 400, refusedMalformed},
		{"key of 24 characters that is not base64", withKey("!!!!!!!!!!!!!!!!!!!!!!!!"), 400, refusedMalformed},
		{"key of 15 bytes", withKey("dGhlIHNhbXBsZSBub25j"), 400, refusedMalformed},
		{"key of 17 bytes", withKey("dGhlIHNhbXBsZSBub25jZWE="), 400, refusedMalformed},
		{"NUL in a value", handshakeRequest("Cookie: a\x00b\r\n"), 400, refusedMalformed},
		{"NUL in a name", handshakeRequest("Coo\x00kie: a\r\n"), 400, refusedMalformed},
		{"NUL in the path", strings.Replace(handshakeRequest(""), "/ws", "/ws?\x00", 1), 400, refusedMalformed},
		{"carriage return in a value", handshakeRequest("Cookie: a\rb\r\n"), 400, refusedMalformed},
		{"folded line", handshakeRequest("Cookie: a\r\n b\r\n"), 400, refusedMalformed},
		{"space before the colon", handshakeRequest("Cookie : a\r\n"), 400, refusedMalformed},
		{"no colon", handshakeRequest("Cookie\r\n"), 400, refusedMalformed},
		{"with a body", handshakeRequest("Content-Length: 5\r\n"), 400, refusedMalformed},
		{"with a body in chunks", handshakeRequest("Transfer-Encoding: chunked\r\n"), 400, refusedMalformed},
		{"with an empty body", handshakeRequest("Content-Length: 0\r\n"), 101, ""},
		{"with two lengths", handshakeRequest("Content-Length: 5\r\nContent-Length: 0\r\n"), 400, refusedMalformed},
		{"with two lengths in a list", handshakeRequest("Content-Length: 0, 5\r\n"), 400, refusedMalformed},
		{"no upgrade", "GET /ws HTTP/1.1\r\nHost: canvas.test\r\n\r\n", 426, ""},
		{"post", strings.Replace(handshakeRequest(""), "GET", "POST", 1), 426, ""},
		{"page", "GET /wsx HTTP/1.1\r\nHost: canvas.test\r\n\r\n", 200, ""},
		{"garbage", "\x16\x03\x01 hello\r\n\r\n", 400, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			before := s.Counters().Refused.All()
			if response := ask(t, s, tt.request); response.StatusCode != tt.status {
				body, _ := io.ReadAll(response.Body)
				t.Fatalf("got %s: %s", response.Status, body)
			}
			if tt.reason != "" {
				eventually(t, "refusal counted", func() bool { return s.Counters().Refused.All()[tt.reason] == before[tt.reason]+1 })
			}
		})
	}
}

func withHost(host, headers string) string {
	return strings.Replace(handshakeRequest(headers), "Host: canvas.test", "Host: "+host, 1)
}

func withKey(key string) string {
	head, rest, _ := strings.Cut(handshakeRequest(""), "Sec-WebSocket-Key: ")
	_, rest, _ = strings.Cut(rest, "\r\n")
	return head + "Sec-WebSocket-Key: " + key + "\r\n" + rest
}

func TestHandshake_SubprotocolIsEchoedOnlyWhenSpoken(t *testing.T) {
	s, _ := openServer(t, false, nil)
	for headers, want := range map[string]string{"": "", offerBinary: codec.Subprotocol} {
		if got := ask(t, s, handshakeRequest(headers)).Header.Get("Sec-WebSocket-Protocol"); got != want {
			t.Errorf("asked with %q: got %q", headers, got)
		}
	}
}

func TestHandshake_Full(t *testing.T) {
	s, _ := openServer(t, false, func(c *Config, _ *fakeHost) { c.MaxConnections = 1 })
	c := dialBinary(t, s)
	response := ask(t, s, handshakeRequest(""))
	if response.StatusCode != http.StatusServiceUnavailable || response.Header.Get("Retry-After") == "" {
		t.Fatalf("got %s, %v", response.Status, response.Header)
	}
	_ = c.conn.Close()
	eventually(t, "its place is free", func() bool { return s.Counters().Connections.Load() == 0 })
	dialBinary(t, s)
}

// TestHandshake_OneNetworkCannotFillTheServer: the last places are for others.
func TestHandshake_OneNetworkCannotFillTheServer(t *testing.T) {
	for name, proxies := range map[string][]netip.Prefix{"strangers": nil, "proxy": {netip.MustParsePrefix("127.0.0.1/32")}} {
		t.Run(name, func(t *testing.T) {
			s, _ := openServer(t, false, func(c *Config, _ *fakeHost) { c.MaxConnections, c.Proxies.Networks = 64, proxies })
			connected := func(address string) int { return statusOf(t, from(t, s, address, handshakeRequest(offerBinary))) }
			for i := range 62 {
				if status := connected("127.0.0.1"); status != 101 {
					t.Fatalf("number %d: %d", i, status)
				}
			}
			want := 503
			if proxies != nil {
				want = 101
			}
			if status := connected("127.0.0.1"); status != want {
				t.Errorf("its next: %d", status)
			}
			if status := connected("127.0.0.2"); status != 101 {
				t.Errorf("another address: %d", status)
			}
		})
	}
}

func TestHandshake_HalfSentHoldsUpNobody(t *testing.T) {
	s, _ := openServer(t, false, func(c *Config, _ *fakeHost) { c.HandshakeTimeout = 500 * time.Millisecond })
	slow := connectTCP(t, s)
	if _, err := slow.Write([]byte(handshakeRequest("")[:60])); err != nil {
		t.Fatal(err)
	}
	silent := connectTCP(t, s)
	dialBinary(t, s)
	if got := s.Counters().Refused.All()[refusedLost]; got != 0 {
		t.Fatalf("%d given up on already: the test proves nothing", got)
	}
	for _, c := range []io.Reader{slow, silent} {
		if n, err := c.Read(make([]byte, 1)); err == nil {
			t.Errorf("read %d bytes", n)
		}
	}
	if got := s.Counters().Refused.All()[refusedLost]; got != 2 {
		t.Errorf("%d given up on", got)
	}
}

func TestHandshake_InSingleBytes(t *testing.T) {
	onBothSockets(t, func(t *testing.T, plain bool) {
		s, _ := openServer(t, plain, nil)
		c := &client{t: t, conn: connectTCP(t, s)}
		c.r = bufio.NewReader(c.conn)
		for _, b := range []byte(handshakeRequest(offerBinary)) {
			c.write([]byte{b})
		}
		c.expectUpgrade()
	})
}

func TestHandshake_BytesBehindItAreNotLost(t *testing.T) {
	onBothSockets(t, func(t *testing.T, plain bool) {
		s, _ := openServer(t, plain, nil)
		glued := frame(ws.OpBinary, codec.AppendHello(nil, codec.Hello{Name: "ada"}))
		glued = append(glued, frame(ws.OpBinary, codec.AppendPing(nil, codec.Ping{Token: 5}))...)
		half := len(glued) - 3
		c := dial(t, s, offerBinary, glued[:half]...)
		if _, ok := c.message().(codec.Welcome); !ok {
			t.Fatal("no WELCOME")
		}
		c.write(glued[half:])
		if pong, ok := c.message().(codec.Pong); !ok || pong.Token != 5 || pong.Time.UnixMilli() != 1_700_000_001_000 {
			t.Fatalf("got %+v", pong)
		}
	})
}

func TestHandshake_OnKeepAlive(t *testing.T) {
	onBothSockets(t, func(t *testing.T, plain bool) {
		s, _ := openServer(t, plain, nil)
		c := &client{t: t, conn: connectTCP(t, s)}
		c.r = bufio.NewReader(c.conn)
		for range 2 {
			c.write([]byte("GET /health HTTP/1.1\r\nHost: canvas.test\r\n\r\n"))
			response, err := http.ReadResponse(c.r, nil)
			if err != nil {
				t.Fatal(err)
			}
			if body, err := io.ReadAll(response.Body); err != nil || string(body) != "page /health" {
				t.Fatalf("got %q, %v", body, err)
			}
		}
		// The whole of HELLO, then half of a PING, come with the request.
		hello := frame(ws.OpBinary, codec.AppendHello(nil, codec.Hello{}))
		ping := frame(ws.OpBinary, codec.AppendPing(nil, codec.Ping{Token: 9}))
		c.write(append(append([]byte(handshakeRequest(offerBinary)), hello...), ping[:3]...))
		c.expectUpgrade()
		if _, ok := c.message().(codec.Welcome); !ok {
			t.Fatal("no WELCOME")
		}
		c.write(ping[3:])
		if pong, ok := c.message().(codec.Pong); !ok || pong.Token != 9 {
			t.Fatalf("got %+v", pong)
		}
	})
}

// A client that is gone when the handshake is answered does not count as a connection.
func TestHandshake_LostWhileAnswered(t *testing.T) {
	s, _ := openServer(t, false, nil)
	c := connectTCP(t, s)
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	s.upgrade(&guest{tcp: c}, []byte(handshakeRequest("")), nil)
	if kept := s.kept(); kept["connections"] != 0 || s.Counters().Refused.All()[refusedLost] == 0 {
		t.Errorf("the server holds %v, refused were %v", kept, s.Counters().Refused.All())
	}
}

// TestHandshake_SameOnKeepAlive: a request that is refused on a new connection is refused on one
// that has served a page before, too. net/http takes header fields out of such a request by which
// a proxy may have judged it.
func TestHandshake_SameOnKeepAlive(t *testing.T) {
	s, _ := openServer(t, false, nil)
	for name, request := range map[string]string{
		"a body":                   handshakeRequest("Content-Length: 5\r\n"),
		"a body in chunks":         handshakeRequest("Transfer-Encoding: chunked\r\n"),
		"a length and chunks":      handshakeRequest("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"),
		"two lengths":              handshakeRequest("Content-Length: 5\r\nContent-Length: 0\r\n"),
		"two Hosts":                handshakeRequest("Host: canvas.test\r\n"),
		"two keys":                 handshakeRequest("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"),
		"two Origins":              handshakeRequest("Origin: https://canvas.test\r\nOrigin: https://evil.test\r\n"),
		"HTTP/1.0":                 strings.Replace(handshakeRequest(""), "Connection: Upgrade\r\n", "Connection: Upgrade, keep-alive\r\n", 1),
		"NUL in a value":           handshakeRequest("Cookie: a\x00b\r\n"),
		"carriage return, a value": handshakeRequest("Cookie: a\rb\r\n"),
		"no Connection":            strings.Replace(handshakeRequest(""), "Connection: Upgrade", "X: y", 1),
		"an expectation":           handshakeRequest("Content-Length: 5\r\nExpect: 100-continue\r\n"),
	} {
		t.Run(name, func(t *testing.T) {
			if name == "HTTP/1.0" {
				request = strings.Replace(request, "HTTP/1.1", "HTTP/1.0", 1)
			}
			c := connectTCP(t, s)
			if _, err := c.Write([]byte("GET / HTTP/1.1\r\nHost: canvas.test\r\n\r\n" + request)); err != nil {
				t.Fatal(err)
			}
			r := bufio.NewReader(c)
			for i := range 2 {
				response, err := http.ReadResponse(r, nil)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := io.Copy(io.Discard, response.Body); err != nil {
					t.Fatal(err)
				}
				if i == 1 && (response.StatusCode < 400 || response.StatusCode >= 600) {
					t.Errorf("got %s", response.Status)
				}
			}
		})
	}
}

func TestHandshake_RefusedOnKeepAlive(t *testing.T) {
	s, _ := openServer(t, false, nil)
	c := connectTCP(t, s)
	r := bufio.NewReader(c)
	for _, step := range []struct {
		request string
		status  int
	}{
		{"GET / HTTP/1.1\r\nHost: canvas.test\r\n\r\n", 200},
		{"GET /ws HTTP/1.1\r\nHost: canvas.test\r\n\r\n", 426},
		{handshakeRequest("Origin: https://evil.test\r\n"), 403},
	} {
		if _, err := c.Write([]byte(step.request)); err != nil {
			t.Fatal(err)
		}
		response, err := http.ReadResponse(r, nil)
		if err != nil {
			t.Fatal(err)
		}
		if response.StatusCode != step.status {
			t.Fatalf("got %s, not %d", response.Status, step.status)
		}
		if _, err := io.Copy(io.Discard, response.Body); err != nil {
			t.Fatal(err)
		}
	}
}

// TestHandshake_WhyRefused: a page can ask over HTTP why its handshake was refused, which its
// browser does not tell it.
func TestHandshake_WhyRefused(t *testing.T) {
	s, _ := openServer(t, false, func(c *Config, _ *fakeHost) { c.MaxConnections = 1 })
	why := func(origin string) *http.Response {
		return ask(t, s, "GET /ws?origin="+url.QueryEscape(origin)+" HTTP/1.1\r\nHost: canvas.test\r\n\r\n")
	}
	for origin, want := range map[string]int{"https://canvas.test": 426, "https://canvas.test:443": 426, "https://evil.test": 403, "": 426} {
		if response := why(origin); response.StatusCode != want || response.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %s", origin, response.Status)
		}
	}
	dialBinary(t, s)
	if response := why("https://canvas.test"); response.StatusCode != 503 || response.Header.Get("Retry-After") == "" {
		t.Errorf("full: %s", response.Status)
	}
	if got := s.Counters().Connections.Load(); got != 1 {
		t.Errorf("asking counts as %d connections", got-1)
	}
}

func TestHandshake_Draining(t *testing.T) {
	s, _ := openServer(t, false, nil)
	if err := s.Drain(context.Background(), Notice{}); err != nil {
		t.Fatal(err)
	}
	response := ask(t, s, handshakeRequest(""))
	if response.StatusCode != http.StatusServiceUnavailable || response.Header.Get("Retry-After") == "" {
		t.Fatalf("got %s, %v", response.Status, response.Header)
	}
	if response := ask(t, s, "GET /health HTTP/1.1\r\nHost: canvas.test\r\n\r\n"); response.StatusCode != 200 {
		t.Fatalf("HTTP answered %s", response.Status)
	}
}

func TestConfig_AllowsTheSameForHTTP(t *testing.T) {
	cfg := Config{AllowedOrigins: []string{"https://friend.test"}}
	for origin, want := range map[string]bool{
		"": true, "https://friend.test": true, "http://canvas.test:3000": true, "http://canvas.test": false, "https://evil.test": false,
	} {
		r := &http.Request{Host: "canvas.test:3000", Header: http.Header{"Origin": {origin}}}
		if got := cfg.Allows(r); got != want {
			t.Errorf("%q: %t", origin, got)
		}
	}
	if cfg.AllowedOrigins = []string{"null"}; !cfg.allows("null", "canvas.test") || cfg.allows("https://evil.test", "canvas.test") {
		t.Error("null can't be allowed by itself")
	}
	if cfg.AllowedOrigins = []string{"*"}; !cfg.allows("https://evil.test", "canvas.test") {
		t.Error("not any")
	}
}
