package quota

import (
	"net/netip"
	"strings"
	"testing"
)

func TestProxies_Client(t *testing.T) {
	ours := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	for _, c := range []struct {
		name, header, peer string
		values             []string
		want               string
	}{
		{"no proxy", XForwardedFor, "192.0.2.1", nil, "192.0.2.1"},
		{"a stranger's word", XForwardedFor, "192.0.2.1", []string{"192.0.2.9"}, "192.0.2.1"},
		{"a proxy", XForwardedFor, "10.1.1.1", []string{"192.0.2.9"}, "192.0.2.9"},
		{"two proxies", XForwardedFor, "10.1.1.1", []string{"192.0.2.9, 10.2.2.2"}, "192.0.2.9"},
		{"two headers", XForwardedFor, "10.1.1.1", []string{"192.0.2.9", "10.2.2.2"}, "192.0.2.9"},
		{"what a stranger told a proxy", XForwardedFor, "10.1.1.1", []string{"198.51.100.1,192.0.2.9"}, "192.0.2.9"},
		{"with a port", XForwardedFor, "10.1.1.1", []string{"192.0.2.9:555"}, "192.0.2.9"},
		{"IPv6", XForwardedFor, "fd00::1", []string{"2001:db8:1:2:3::1"}, "2001:db8:1:2:3::1"},
		{"IPv6 with a port", XForwardedFor, "fd00::1", []string{"[2001:db8:1:2:3::1]:555"}, "2001:db8:1:2:3::1"},
		{"IPv4 in IPv6", XForwardedFor, "::ffff:10.1.1.1", []string{"::ffff:192.0.2.9"}, "192.0.2.9"},
		{"a proxy that says nothing", XForwardedFor, "10.1.1.1", nil, "10.1.1.1"},
		{"a proxy that doesn't know", XForwardedFor, "10.1.1.1", []string{"unknown"}, "10.1.1.1"},
		{"a proxy behind one that doesn't know", XForwardedFor, "10.1.1.1", []string{"192.0.2.9, unknown, 10.2.2.2"}, "10.2.2.2"},
		{"only proxies", XForwardedFor, "10.1.1.1", []string{"10.3.3.3"}, "10.3.3.3"},

		{"Forwarded", Forwarded, "10.1.1.1", []string{`for=192.0.2.9;proto=https;by=10.1.1.1`}, "192.0.2.9"},
		{"in any case and order", Forwarded, "10.1.1.1", []string{`proto=https; For="192.0.2.9:4711"`}, "192.0.2.9"},
		{"IPv6 in quotes", Forwarded, "10.1.1.1", []string{`for="[2001:db8::1]:4711"`}, "2001:db8::1"},
		{"several elements", Forwarded, "10.1.1.1", []string{`for=198.51.100.1, for=192.0.2.9`, `for="10.2.2.2"`}, "192.0.2.9"},
		{"a stranger's open quote", Forwarded, "10.1.1.1", []string{`for="198.51.100.1, for=192.0.2.9`}, "192.0.2.9"},
		{"a stranger's escape", Forwarded, "10.1.1.1", []string{`for="198.51.100.1\\`, `for=192.0.2.9`}, "192.0.2.9"},
		{"a hidden client", Forwarded, "10.1.1.1", []string{`for=_hidden`}, "10.1.1.1"},
		{"an element without for", Forwarded, "10.1.1.1", []string{`for=198.51.100.1, proto=http`}, "10.1.1.1"},

		{"X-Real-IP", XRealIP, "10.1.1.1", []string{"192.0.2.9"}, "192.0.2.9"},
		{"twice", XRealIP, "10.1.1.1", []string{"198.51.100.1", "192.0.2.9"}, "192.0.2.9"},
		{"a list is no address", XRealIP, "10.1.1.1", []string{"198.51.100.1, 192.0.2.9"}, "10.1.1.1"},
	} {
		p := Proxies{Networks: ours, Header: c.header}
		if got := p.Client(netip.MustParseAddr(c.peer), c.values); got.Unmap() != netip.MustParseAddr(c.want) {
			t.Errorf("%s: %s is held to account, want %s", c.name, got, c.want)
		}
	}
}

// What a stranger has written before the client's address is not read, however long it is.
func TestProxies_ClientReadsFromTheEnd(t *testing.T) {
	peer, want := netip.MustParseAddr("10.1.1.1"), netip.MustParseAddr("192.0.2.9")
	for header, node := range map[string]string{XForwardedFor: "192.0.2.9", Forwarded: "for=192.0.2.9"} {
		p := Proxies{Networks: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, Header: header}
		long := []string{strings.Repeat("for=10.9.9.9,", 5000) + node}
		if n := testing.AllocsPerRun(100, func() {
			if got := p.Client(peer, long); got != want {
				t.Fatalf("%s: %s is held to account, want %s", header, got, want)
			}
		}); n > 1 { // an error of net.SplitHostPort
			t.Errorf("%s: %g allocations", header, n)
		}
	}
}

func BenchmarkProxies_ClientOfALongField(b *testing.B) {
	p := Proxies{Networks: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, Header: XForwardedFor}
	peer, long := netip.MustParseAddr("10.1.1.1"), []string{strings.Repeat("10.9.9.9,", 7000) + "192.0.2.9"}
	for b.Loop() {
		p.Client(peer, long)
	}
}

// TestProxies_Reached: the scheme and host by which the client reached the first of our proxies, whatever strangers have written before.
func TestProxies_Reached(t *testing.T) {
	type fields = map[string][]string
	for _, test := range []struct {
		header       string
		fields       fields
		scheme, host string
	}{
		{XForwardedFor, nil, "", ""},
		{XForwardedFor, fields{"X-Forwarded-Proto": {"https"}, XForwardedHost: {"example.org"}}, "https", "example.org"},
		{XForwardedFor, fields{"X-Forwarded-Proto": {" HTTPS , http"}, XForwardedHost: {" example.org:8443 "}}, "https", "example.org:8443"},
		{XForwardedFor, fields{"X-Forwarded-Proto": {"http", "https"}, XForwardedHost: {"[2001:db8::1]:80"}}, "http", "[2001:db8::1]:80"},
		{XForwardedFor, fields{"X-Forwarded-Proto": {"javascript"}, XForwardedHost: {"evil.example, example.org"}}, "", "example.org"}, // the proxy has added to it
		{XForwardedFor, fields{XForwardedHost: {"evil.example", "example.org"}}, "", "example.org"},
		{XForwardedFor, fields{Forwarded: {"proto=https;host=example.org"}}, "", ""},
		{XRealIP, fields{"X-Forwarded-Proto": {"https"}, XForwardedHost: {"example.org"}}, "https", "example.org"},
		{"", fields{"X-Forwarded-Proto": {"https"}, XForwardedHost: {"evil.example"}, Forwarded: {"host=evil.example"}}, "", ""}, // nobody but the client wrote it
		{Forwarded, fields{Forwarded: {`for=192.0.2.2;Proto="https";by=x;Host="example.org:443"`}}, "https", "example.org:443"},
		{Forwarded, fields{Forwarded: {"for=1.2.3.4;host=evil.example;proto=https, for=192.0.2.3;proto=http;host=example.org"}}, "http", "example.org"},
		{Forwarded, fields{Forwarded: {"for=1.2.3.4;host=evil.example", "for=192.0.2.3;proto=https;host=example.org, for=10.0.0.2;proto=http;host=inner"}}, "https", "example.org"},
		{Forwarded, fields{Forwarded: {`for="1.2.3.4, host=evil.example`, "for=192.0.2.3;host=example.org"}}, "", "example.org"}, // an open quote hides nothing
		{Forwarded, fields{Forwarded: {"for=1.2.3.4;host=evil.example, for=_hidden;host=example.org"}}, "", "example.org"},
		{Forwarded, fields{Forwarded: {"for=1.2.3.4;host=evil.example;proto=https, for=192.0.2.3"}}, "", ""},
		{Forwarded, fields{Forwarded: {"for=192.0.2.1"}, "X-Forwarded-Proto": {"https"}, XForwardedHost: {"evil.example"}}, "", ""},
	} {
		p := Proxies{Header: test.header, Networks: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}}
		scheme, host := p.Reached(func(field string) []string { return test.fields[field] })
		if scheme != test.scheme || host != test.host {
			t.Errorf("%s, %v: %q and %q, want %q and %q", test.header, test.fields, scheme, host, test.scheme, test.host)
		}
	}
	for _, wrong := range []string{"", "evil.example/path", "user@evil.example", "evil example", "evil.example\\x", "evil\x00", "exämple.org", "a#b", "a?b", strings.Repeat("a", 300)} {
		if _, host := (Proxies{Header: XForwardedFor}).Reached(func(string) []string { return []string{wrong} }); host != "" {
			t.Errorf("%q passes for a host", wrong)
		}
	}
}
