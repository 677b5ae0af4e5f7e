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

// The scheme is the client's: what the first proxy says.
func TestProxies_Scheme(t *testing.T) {
	for _, test := range []struct {
		header string
		fields map[string][]string
		want   string
	}{
		{XForwardedFor, nil, ""},
		{XForwardedFor, map[string][]string{"X-Forwarded-Proto": {"https"}}, "https"},
		{XForwardedFor, map[string][]string{"X-Forwarded-Proto": {" HTTPS , http"}}, "https"},
		{XForwardedFor, map[string][]string{"X-Forwarded-Proto": {"http", "https"}}, "http"},
		{XForwardedFor, map[string][]string{Forwarded: {"proto=https"}}, ""},
		{XRealIP, map[string][]string{"X-Forwarded-Proto": {"https"}}, "https"},
		{Forwarded, map[string][]string{Forwarded: {"for=192.0.2.1", `for=192.0.2.2;Proto="https";by=x, for=192.0.2.3;proto=http`}}, "https"},
		{Forwarded, map[string][]string{Forwarded: {"for=192.0.2.1"}, "X-Forwarded-Proto": {"https"}}, ""},
	} {
		got := Proxies{Header: test.header}.Scheme(func(field string) []string { return test.fields[field] })
		if got != test.want {
			t.Errorf("%s, %v: %q, want %q", test.header, test.fields, got, test.want)
		}
	}
}
