package upgrade

import (
	"bufio"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"pixelplayground/codec"
	"pixelplayground/transport/upgrade/upgradetest"
)

func TestHandshake_Table(t *testing.T) {
	a := openAcceptor(t, func(c *Config) { c.Origins = []string{"https://friend.test"} }, nil)
	tests := []struct {
		name    string
		request string
		status  int
		reason  string // counted; empty: none
	}{
		{"json", upgradetest.HandshakeRequest(""), 101, ""},
		{"binary", upgradetest.HandshakeRequest(upgradetest.OfferBinary), 101, ""},
		{"binary among others", upgradetest.HandshakeRequest("Sec-WebSocket-Protocol: soap, " + codec.Subprotocol + "\r\n"), 101, ""},
		{"binary in a second header", upgradetest.HandshakeRequest("Sec-WebSocket-Protocol: soap\r\n" + upgradetest.OfferBinary), 101, ""},
		{"other subprotocol", upgradetest.HandshakeRequest("Sec-WebSocket-Protocol: soap\r\n"), 400, refusedProtocol},
		{"own origin", upgradetest.HandshakeRequest("Origin: https://canvas.test\r\n"), 101, ""},
		{"own origin, other case", upgradetest.HandshakeRequest("Origin: http://Canvas.Test\r\n"), 101, ""},
		{"allowed origin", upgradetest.HandshakeRequest("Origin: https://friend.test\r\n"), 101, ""},
		{"other origin", upgradetest.HandshakeRequest("Origin: https://evil.test\r\n"), 403, refusedOrigin},
		{"own origin, Host with the port of https", withHost("canvas.test:443", "Origin: https://canvas.test\r\n"), 101, ""},
		{"own origin, Host with the port of http", withHost("canvas.test:80", "Origin: http://canvas.test\r\n"), 101, ""},
		{"own origin with its port", upgradetest.HandshakeRequest("Origin: https://canvas.test:443\r\n"), 101, ""},
		{"allowed origin with its port", upgradetest.HandshakeRequest("Origin: https://friend.test:443\r\n"), 101, ""},
		{"the other scheme's port", withHost("canvas.test:80", "Origin: https://canvas.test\r\n"), 403, refusedOrigin},
		{"another port", withHost("canvas.test:8443", "Origin: https://canvas.test\r\n"), 403, refusedOrigin},
		{"opaque origin", upgradetest.HandshakeRequest("Origin: null\r\n"), 403, refusedOrigin},
		{"origin that contains ours", upgradetest.HandshakeRequest("Origin: https://canvas.test.evil.test\r\n"), 403, refusedOrigin},
		{"query", strings.Replace(upgradetest.HandshakeRequest(""), "/ws", "/ws?a=b", 1), 101, ""},
		{"headers in lower case", "GET /ws HTTP/1.1" + strings.ToLower(upgradetest.HandshakeRequest("")[len("GET /ws HTTP/1.1"):]), 101, ""},
		{"old version", strings.Replace(upgradetest.HandshakeRequest(""), "Version: 13", "Version: 8", 1), 426, refusedMalformed},
		{"no key", strings.Replace(upgradetest.HandshakeRequest(""), "Sec-WebSocket-Key", "X-Key", 1), 400, refusedMalformed},
		{"no host", strings.Replace(upgradetest.HandshakeRequest(""), "Host:", "X-Host:", 1), 400, refusedMalformed},
		{"http/1.0", strings.Replace(upgradetest.HandshakeRequest(""), "HTTP/1.1", "HTTP/1.0", 1), 505, refusedMalformed},
		{"large cookies", upgradetest.HandshakeRequest("Cookie: " + strings.Repeat("x", maxHead-1000) + "\r\n"), 101, ""},
		{"head too large", upgradetest.HandshakeRequest("Cookie: " + strings.Repeat("x", maxHead) + "\r\n"), 431, refusedHead},
		{"two Connection lines", strings.Replace(upgradetest.HandshakeRequest(""), "Connection: Upgrade", "Connection: keep-alive\r\nConnection: Upgrade", 1), 101, ""},
		{"Connection in a list", strings.Replace(upgradetest.HandshakeRequest(""), "Connection: Upgrade", "Connection: keep-alive, upgrade", 1), 101, ""},
		{"Upgrade in a list", strings.Replace(upgradetest.HandshakeRequest(""), "Upgrade: websocket", "Upgrade: h2c, WebSocket", 1), 101, ""},
		{"two Upgrade lines", strings.Replace(upgradetest.HandshakeRequest(""), "Upgrade: websocket", "Upgrade: h2c\r\nUpgrade: websocket", 1), 101, ""},
		{"no Connection", strings.Replace(upgradetest.HandshakeRequest(""), "Connection: Upgrade", "X: y", 1), 400, refusedMalformed},
		{"two Hosts", upgradetest.HandshakeRequest("Host: canvas.test\r\n"), 400, refusedMalformed},
		{"two Origins", upgradetest.HandshakeRequest("Origin: https://canvas.test\r\nOrigin: https://evil.test\r\n"), 400, refusedMalformed},
		{"two keys", upgradetest.HandshakeRequest("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"), 400, refusedMalformed},
		{"two versions", upgradetest.HandshakeRequest("Sec-WebSocket-Version: 8\r\n"), 400, refusedMalformed},
		{"key of 24 characters that is not base64", withKey("!!!!!!!!!!!!!!!!!!!!!!!!"), 400, refusedMalformed},
		{"key of 15 bytes", withKey("dGhlIHNhbXBsZSBub25j"), 400, refusedMalformed},
		{"key of 17 bytes", withKey("dGhlIHNhbXBsZSBub25jZWE="), 400, refusedMalformed},
		{"NUL in a value", upgradetest.HandshakeRequest("Cookie: a\x00b\r\n"), 400, refusedMalformed},
		{"NUL in a name", upgradetest.HandshakeRequest("Coo\x00kie: a\r\n"), 400, refusedMalformed},
		{"NUL in the path", strings.Replace(upgradetest.HandshakeRequest(""), "/ws", "/ws?\x00", 1), 400, refusedMalformed},
		{"carriage return in a value", upgradetest.HandshakeRequest("Cookie: a\rb\r\n"), 400, refusedMalformed},
		{"folded line", upgradetest.HandshakeRequest("Cookie: a\r\n b\r\n"), 400, refusedMalformed},
		{"space before the colon", upgradetest.HandshakeRequest("Cookie : a\r\n"), 400, refusedMalformed},
		{"no colon", upgradetest.HandshakeRequest("Cookie\r\n"), 400, refusedMalformed},
		{"with a body", upgradetest.HandshakeRequest("Content-Length: 5\r\n"), 400, refusedMalformed},
		{"with a body in chunks", upgradetest.HandshakeRequest("Transfer-Encoding: chunked\r\n"), 400, refusedMalformed},
		{"with an empty body", upgradetest.HandshakeRequest("Content-Length: 0\r\n"), 101, ""},
		{"with two lengths", upgradetest.HandshakeRequest("Content-Length: 5\r\nContent-Length: 0\r\n"), 400, refusedMalformed},
		{"with two lengths in a list", upgradetest.HandshakeRequest("Content-Length: 0, 5\r\n"), 400, refusedMalformed},
		{"no upgrade", "GET /ws HTTP/1.1\r\nHost: canvas.test\r\n\r\n", 426, ""},
		{"post", strings.Replace(upgradetest.HandshakeRequest(""), "GET", "POST", 1), 426, ""},
		{"page", "GET /wsx HTTP/1.1\r\nHost: canvas.test\r\n\r\n", 200, ""},
		{"garbage", "\x16\x03\x01 hello\r\n\r\n", 400, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			before := a.cfg.Counters.Refused.All()
			if response := ask(t, a, tt.request); response.StatusCode != tt.status {
				body, _ := io.ReadAll(response.Body)
				t.Fatalf("got %s: %s", response.Status, body)
			}
			if tt.reason != "" {
				upgradetest.Eventually(t, "refusal counted", func() bool { return a.cfg.Counters.Refused.All()[tt.reason] == before[tt.reason]+1 })
			}
		})
	}
}

func withHost(host, headers string) string {
	return strings.Replace(upgradetest.HandshakeRequest(headers), "Host: canvas.test", "Host: "+host, 1)
}

func withKey(key string) string {
	head, rest, _ := strings.Cut(upgradetest.HandshakeRequest(""), "Sec-WebSocket-Key: ")
	_, rest, _ = strings.Cut(rest, "\r\n")
	return head + "Sec-WebSocket-Key: " + key + "\r\n" + rest
}

func TestHandshake_SubprotocolIsEchoedOnlyWhenSpoken(t *testing.T) {
	a := openAcceptor(t, nil, nil)
	for headers, want := range map[string]string{"": "", upgradetest.OfferBinary: codec.Subprotocol} {
		if got := ask(t, a, upgradetest.HandshakeRequest(headers)).Header.Get("Sec-WebSocket-Protocol"); got != want {
			t.Errorf("asked with %q: got %q", headers, got)
		}
	}
}

// TestHandshake_OneNetworkCannotFillTheServer: the last places are for others.
func TestHandshake_OneNetworkCannotFillTheServer(t *testing.T) {
	for name, proxies := range map[string][]netip.Prefix{"strangers": nil, "proxy": {netip.MustParsePrefix("127.0.0.1/32")}} {
		t.Run(name, func(t *testing.T) {
			a := openAcceptor(t, func(c *Config) { c.MaxConnections, c.Proxies.Networks = 64, proxies }, nil)
			connected := func(address string) int {
				return statusOf(t, from(t, a, address, upgradetest.HandshakeRequest(upgradetest.OfferBinary)))
			}
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
	a := openAcceptor(t, func(c *Config) { c.Timeout = 500 * time.Millisecond }, nil)
	slow := upgradetest.Connect(t, a.Addr())
	if _, err := slow.Write([]byte(upgradetest.HandshakeRequest("")[:60])); err != nil {
		t.Fatal(err)
	}
	silent := upgradetest.Connect(t, a.Addr())
	connects(t, a)
	if got := a.cfg.Counters.Refused.All()[refusedLost]; got != 0 {
		t.Fatalf("%d given up on already: the test proves nothing", got)
	}
	for _, c := range []io.Reader{slow, silent} {
		if n, err := c.Read(make([]byte, 1)); err == nil {
			t.Errorf("read %d bytes", n)
		}
	}
	if got := a.cfg.Counters.Refused.All()[refusedLost]; got != 2 {
		t.Errorf("%d given up on", got)
	}
}

// A client that is gone when the handshake is answered does not count as a connection.
func TestHandshake_LostWhileAnswered(t *testing.T) {
	a := openAcceptor(t, nil, nil)
	c := upgradetest.Connect(t, a.Addr())
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	a.upgrade(&guest{tcp: c}, []byte(upgradetest.HandshakeRequest("")), nil)
	if n := a.cfg.Counters.Connections.Load(); n != 0 || a.cfg.Counters.Refused.All()[refusedLost] == 0 {
		t.Errorf("%d connections, refused were %v", n, a.cfg.Counters.Refused.All())
	}
}

// TestHandshake_SameOnKeepAlive: a request that is refused on a new connection is refused on one
// that has served a page before, too. net/http takes header fields out of such a request by which
// a proxy may have judged it.
func TestHandshake_SameOnKeepAlive(t *testing.T) {
	a := openAcceptor(t, nil, nil)
	for name, request := range map[string]string{
		"a body":                   upgradetest.HandshakeRequest("Content-Length: 5\r\n"),
		"a body in chunks":         upgradetest.HandshakeRequest("Transfer-Encoding: chunked\r\n"),
		"a length and chunks":      upgradetest.HandshakeRequest("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"),
		"two lengths":              upgradetest.HandshakeRequest("Content-Length: 5\r\nContent-Length: 0\r\n"),
		"two Hosts":                upgradetest.HandshakeRequest("Host: canvas.test\r\n"),
		"two keys":                 upgradetest.HandshakeRequest("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"),
		"two Origins":              upgradetest.HandshakeRequest("Origin: https://canvas.test\r\nOrigin: https://evil.test\r\n"),
		"HTTP/1.0":                 strings.Replace(upgradetest.HandshakeRequest(""), "Connection: Upgrade\r\n", "Connection: Upgrade, keep-alive\r\n", 1),
		"NUL in a value":           upgradetest.HandshakeRequest("Cookie: a\x00b\r\n"),
		"carriage return, a value": upgradetest.HandshakeRequest("Cookie: a\rb\r\n"),
		"no Connection":            strings.Replace(upgradetest.HandshakeRequest(""), "Connection: Upgrade", "X: y", 1),
		"an expectation":           upgradetest.HandshakeRequest("Content-Length: 5\r\nExpect: 100-continue\r\n"),
	} {
		t.Run(name, func(t *testing.T) {
			if name == "HTTP/1.0" {
				request = strings.Replace(request, "HTTP/1.1", "HTTP/1.0", 1)
			}
			c := upgradetest.Connect(t, a.Addr())
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
	a := openAcceptor(t, nil, nil)
	c := upgradetest.Connect(t, a.Addr())
	r := bufio.NewReader(c)
	for _, step := range []struct {
		request string
		status  int
	}{
		{"GET / HTTP/1.1\r\nHost: canvas.test\r\n\r\n", 200},
		{"GET /ws HTTP/1.1\r\nHost: canvas.test\r\n\r\n", 426},
		{upgradetest.HandshakeRequest("Origin: https://evil.test\r\n"), 403},
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
	a := openAcceptor(t, func(c *Config) { c.MaxConnections = 1 }, nil)
	why := func(origin string) *http.Response {
		return ask(t, a, "GET /ws?origin="+url.QueryEscape(origin)+" HTTP/1.1\r\nHost: canvas.test\r\n\r\n")
	}
	for origin, want := range map[string]int{"https://canvas.test": 426, "https://canvas.test:443": 426, "https://evil.test": 403, "": 426} {
		if response := why(origin); response.StatusCode != want || response.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %s", origin, response.Status)
		}
	}
	connects(t, a)
	if response := why("https://canvas.test"); response.StatusCode != 503 || response.Header.Get("Retry-After") == "" {
		t.Errorf("full: %s", response.Status)
	}
	if got := a.cfg.Counters.Connections.Load(); got != 1 {
		t.Errorf("asking counts as %d connections", got-1)
	}
}

func TestHandshake_Full(t *testing.T) {
	a := openAcceptor(t, func(c *Config) { c.MaxConnections = 1 }, nil)
	c := connects(t, a)
	response := ask(t, a, upgradetest.HandshakeRequest(""))
	if response.StatusCode != http.StatusServiceUnavailable || response.Header.Get("Retry-After") == "" {
		t.Fatalf("got %s, %v", response.Status, response.Header)
	}
	_ = c.Close()
	upgradetest.Eventually(t, "its place is free", func() bool { return a.cfg.Counters.Connections.Load() == 0 })
	connects(t, a)
}

func TestHandshake_InSingleBytes(t *testing.T) {
	a := openAcceptor(t, nil, nil)
	c := from(t, a, "127.0.0.1", "")
	for _, b := range []byte(upgradetest.HandshakeRequest(upgradetest.OfferBinary)) {
		if _, err := c.Write([]byte{b}); err != nil {
			t.Fatal(err)
		}
	}
	if status := statusOf(t, c); status != http.StatusSwitchingProtocols {
		t.Errorf("answered %d", status)
	}
}

func TestHandshake_Draining(t *testing.T) {
	a := openAcceptor(t, nil, nil)
	a.Drain()
	response := ask(t, a, upgradetest.HandshakeRequest(""))
	if response.StatusCode != http.StatusServiceUnavailable || response.Header.Get("Retry-After") == "" {
		t.Fatalf("got %s, %v", response.Status, response.Header)
	}
	if response := ask(t, a, pageRequest); response.StatusCode != http.StatusOK {
		t.Fatalf("HTTP answered %s", response.Status)
	}
}
