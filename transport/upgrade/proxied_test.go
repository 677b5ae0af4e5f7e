package upgrade

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/pires/go-proxyproto"

	"pixelplayground/transport/quota"
	"pixelplayground/transport/upgrade/upgradetest"
)

// proxiesAt trusts one address to name clients.
func proxiesAt(address string, header string, protocol bool) func(*Config) {
	return func(c *Config) {
		c.Proxies = quota.Proxies{Networks: []netip.Prefix{netip.MustParsePrefix(address + "/32")}, Header: header, Protocol: protocol}
	}
}

// tellsFrom answers from whom a request came.
func tellsFrom(w http.ResponseWriter, r *http.Request) {
	_, _ = fmt.Fprintf(w, "from %s\n", r.RemoteAddr)
}

// WebSockets that come through a proxy count to the network of the client that it names. Nobody
// else is believed.
func TestProxied_WebSocketsCountToTheirClient(t *testing.T) {
	const proxy, stranger, client = "127.0.0.1", "127.0.0.2", "192.0.2.7"
	for header, value := range map[string]string{quota.XForwardedFor: "198.51.100.1, " + client, quota.Forwarded: `for="` + client + `:4711"`, quota.XRealIP: client} {
		t.Run(header, func(t *testing.T) {
			a := openAcceptor(t, proxiesAt(proxy, header, false), tellsFrom)
			request := upgradetest.HandshakeRequest(strings.ToLower(header) + ": " + value + "\r\n")
			for _, peer := range []string{proxy, proxy, stranger} {
				if status := statusOf(t, from(t, a, peer, request)); status != 101 {
					t.Fatalf("from %s: %d", peer, status)
				}
			}
			kept := from(t, a, proxy, pageRequest) // and then a WebSocket on the same connection
			r := bufio.NewReader(kept)
			for _, next := range []string{request, ""} {
				response, err := http.ReadResponse(r, nil)
				if err != nil {
					t.Fatal(err)
				}
				_, _ = bufio.NewReader(response.Body).Discard(int(response.ContentLength))
				_, _ = kept.Write([]byte(next))
			}
			a.expectConns(t, map[string]int{client: 3, stranger: 1, proxy: 0, "198.51.100.1": 0})
		})
	}
}

// TestProxied_Host: a page may connect if it is of the host that the browser asked our proxy for, whatever Host the proxy
// writes. Nobody else is believed: not a stranger, not what a stranger had written before the proxy, and no other field.
func TestProxied_Host(t *testing.T) {
	const proxy, stranger = "127.0.0.1", "127.0.0.2"
	const page, ours, evil = "Origin: https://example.org\r\n", "example.org", "evil.example"
	forwarded := func(host string) string { return "Forwarded: for=192.0.2.7;host=" + host + ";proto=https\r\n" }
	passed := func(hosts ...string) string { return "X-Forwarded-Host: " + strings.Join(hosts, ", ") + "\r\n" }
	for _, test := range []struct {
		header, peer, lines string
		want                int
	}{
		{quota.XForwardedFor, proxy, page, 403}, // as before: the proxy has changed Host
		{quota.XForwardedFor, proxy, page + passed(ours), 101},
		{quota.XRealIP, proxy, page + passed("EXAMPLE.org:443"), 101},
		{quota.Forwarded, proxy, page + forwarded(ours), 101},
		{quota.XForwardedFor, proxy, page + passed(evil, ours), 101},

		{quota.XForwardedFor, stranger, page + passed(ours), 403},
		{quota.XRealIP, stranger, page + passed(ours), 403},
		{quota.Forwarded, stranger, page + forwarded(ours), 403},
		{quota.XForwardedFor, proxy, page + passed(ours, evil), 403},
		{quota.XForwardedFor, proxy, page + passed(ours) + passed(evil), 403},
		{quota.XForwardedFor, proxy, page + forwarded(ours), 403},
		{quota.Forwarded, proxy, page + passed(ours), 403},
		{quota.Forwarded, proxy, page + "Forwarded: for=1.2.3.4;host=" + ours + "\r\n" + forwarded(evil), 403},
		{quota.XForwardedFor, proxy, "Origin: https://evil.example\r\n" + passed(ours), 403},
		{quota.XForwardedFor, proxy, page + passed("example.org/x"), 403},
		{"", proxy, page + passed(ours), 403}, // it only speaks the PROXY protocol
	} {
		t.Run(test.header+test.peer+test.lines, func(t *testing.T) {
			a := openAcceptor(t, proxiesAt(proxy, test.header, false), tellsFrom)
			if got := statusOf(t, from(t, a, test.peer, upgradetest.HandshakeRequest(test.lines))); got != test.want {
				t.Errorf("%s: %d, want %d", test.peer, got, test.want)
			}
		})
	}
}

// expectConns waits until every address has so many WebSockets. They are counted after the handshake
// is answered.
func (a *Acceptor) expectConns(t *testing.T, want map[string]int) {
	t.Helper()
	for address, n := range want {
		upgradetest.Eventually(t, fmt.Sprintf("%s has %d connections", address, n), func() bool { return a.cfg.Accounts.Conns(netip.MustParseAddr(address)) == n })
	}
}

// introduction is what a proxy sends first in the PROXY protocol.
func introduction(t *testing.T, version byte, client string) string {
	t.Helper()
	header := proxyproto.HeaderProxyFromAddrs(version, net.TCPAddrFromAddrPort(netip.MustParseAddrPort(client)), &net.TCPAddr{IP: net.IPv4(10, 0, 0, 1), Port: 80})
	if strings.HasPrefix(client, "[") {
		header = proxyproto.HeaderProxyFromAddrs(version, net.TCPAddrFromAddrPort(netip.MustParseAddrPort(client)), &net.TCPAddr{IP: net.IPv6loopback, Port: 80})
	}
	b, err := header.Format()
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestProxied_Protocol(t *testing.T) {
	const v2Local = "\r\n\r\n\x00\r\nQUIT\n\x20\x00\x00\x00"
	for name, test := range map[string]struct{ first, want string }{
		"version 1":       {introduction(t, 1, "192.0.2.7:4711"), "from 192.0.2.7:0"},
		"version 2":       {introduction(t, 2, "192.0.2.7:4711"), "from 192.0.2.7:0"},
		"IPv6, version 1": {introduction(t, 1, "[2001:db8::7]:4711"), "from [2001:db8::7]:0"},
		"IPv6, version 2": {introduction(t, 2, "[2001:db8::7]:4711"), "from [2001:db8::7]:0"},
		"a local check":   {v2Local, "from 127.0.0.1:0"},
		"unknown":         {"PROXY UNKNOWN\r\n", "from 127.0.0.1:0"},
		"nothing":         {"", "400"},
		"half of it":      {"PROXY TCP4 192.0.2.7", "400"},
		"no address":      {"PROXY TCP4 a b 1 2\r\n", "400"},
		"too long":        {"\r\n\r\n\x00\r\nQUIT\n\x21\x11\xff\xff" + strings.Repeat("x", 5000), "400"},
	} {
		t.Run(name, func(t *testing.T) {
			a := openAcceptor(t, proxiesAt("127.0.0.1", quota.XForwardedFor, true), tellsFrom)
			whole := []byte(test.first + pageRequest)
			// A header of version 1 comes in one piece: its specification demands that.
			first, rest := whole[:len(test.first)], whole[len(test.first):]
			for _, parts := range [][][]byte{{whole}, append([][]byte{first}, bytes.SplitAfter(rest, []byte(""))...)} {
				c := from(t, a, "127.0.0.1", "")
				for _, part := range parts {
					if _, err := c.Write(part); err != nil {
						break // it has been refused
					}
				}
				response, err := http.ReadResponse(bufio.NewReader(c), nil)
				if err != nil {
					t.Fatal(err)
				}
				got := fmt.Sprint(response.StatusCode)
				if response.StatusCode == http.StatusOK {
					got, _ = bufio.NewReader(response.Body).ReadString('\n')
				}
				if strings.TrimSpace(got) != test.want {
					t.Errorf("in %d parts: %s, want %s", len(parts), got, test.want)
				}
			}
		})
	}
}

// A WebSocket counts to the client of the PROXY protocol or, if that is a proxy too, to the one
// that it names. Whoever is no proxy is not believed.
func TestProxied_ProtocolAndHeader(t *testing.T) {
	a := openAcceptor(t, proxiesAt("127.0.0.1", quota.XForwardedFor, true), tellsFrom)
	named := upgradetest.HandshakeRequest("X-Forwarded-For: 192.0.2.8\r\n")
	for _, request := range []string{introduction(t, 2, "192.0.2.7:1") + named, introduction(t, 1, "127.0.0.1:1") + named} {
		if status := statusOf(t, from(t, a, "127.0.0.1", request)); status != 101 {
			t.Fatalf("status %d", status)
		}
	}
	if status := statusOf(t, from(t, a, "127.0.0.2", introduction(t, 1, "192.0.2.9:1")+named)); status != 400 {
		t.Errorf("a stranger's introduction: %d", status)
	}
	a.expectConns(t, map[string]int{"192.0.2.7": 1, "192.0.2.8": 1, "192.0.2.9": 0})
}

// With the PROXY protocol the places of a client's network are bounded although a proxy stands
// in front.
func TestProxied_PlacesOfAClient(t *testing.T) {
	a := openAcceptor(t, proxiesAt("127.0.0.1", quota.XForwardedFor, true), stuck(t))
	fewPlaces(a, 8, 3, 1)
	for range 3 {
		from(t, a, "127.0.0.1", introduction(t, 2, "192.0.2.7:1")+stuckRequest)
	}
	a.waitFor(t, 3, served)
	for client, want := range map[string]int{"192.0.2.7:1": 503, "192.0.2.8:1": 200} {
		if status := statusOf(t, from(t, a, "127.0.0.1", introduction(t, 2, client)+pageRequest)); status != want {
			t.Errorf("%s: %d, want %d", client, status, want)
		}
	}
}
