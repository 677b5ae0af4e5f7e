package api

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"
)

func TestProxies_WhoAsks(t *testing.T) {
	ours := proxies{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	for _, c := range []struct {
		name, peer string
		forwarded  []string
		want       string
	}{
		{"no proxy", "192.0.2.1:1234", nil, "192.0.2.1/32"},
		{"a stranger's word", "192.0.2.1:1234", []string{"192.0.2.9"}, "192.0.2.1/32"},
		{"a proxy", "10.1.1.1:1234", []string{"192.0.2.9"}, "192.0.2.9/32"},
		{"two proxies", "10.1.1.1:1234", []string{"192.0.2.9, 10.2.2.2"}, "192.0.2.9/32"},
		{"two headers", "10.1.1.1:1234", []string{"192.0.2.9", "10.2.2.2"}, "192.0.2.9/32"},
		{"what a stranger told a proxy", "10.1.1.1:1234", []string{"198.51.100.1,192.0.2.9"}, "192.0.2.9/32"},
		{"with a port", "10.1.1.1:1234", []string{"192.0.2.9:555"}, "192.0.2.9/32"},
		{"IPv6", "[fd00::1]:1234", []string{"2001:db8:1:2:3::1"}, "2001:db8:1:2::/64"},
		{"IPv6 with a port", "[fd00::1]:1234", []string{"[2001:db8:1:2:3::1]:555"}, "2001:db8:1:2::/64"},
		{"IPv4 in IPv6", "[::ffff:10.1.1.1]:1234", []string{"::ffff:192.0.2.9"}, "192.0.2.9/32"},
		{"a proxy that says nothing", "10.1.1.1:1234", nil, "10.1.1.1/32"},
		{"a proxy that doesn't know", "10.1.1.1:1234", []string{"unknown"}, "10.1.1.1/32"},
		{"a proxy behind one that doesn't know", "10.1.1.1:1234", []string{"192.0.2.9, unknown, 10.2.2.2"}, "10.2.2.2/32"},
		{"only proxies", "10.1.1.1:1234", []string{"10.3.3.3"}, "10.3.3.3/32"},
	} {
		var got netip.Prefix
		handler := ours.pass(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = clientOf(r) }))
		request := httptest.NewRequest("GET", "/", nil)
		request.RemoteAddr = c.peer
		request.Header["X-Forwarded-For"] = c.forwarded
		handler.ServeHTTP(httptest.NewRecorder(), request)
		if got.String() != c.want {
			t.Errorf("%s: %s is held to account, want %s", c.name, got, c.want)
		}
	}
}

// People behind one proxy have a limit each, and so has who tries to log in there.
func TestProxies_LimitsApplyToWhoIsBehindThem(t *testing.T) {
	p := newPod(t, func(c *Config) {
		c.Rate, c.Burst, c.AdminTokens = 1, 1, []string{testToken}
		c.Proxies = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")} // where the test's requests come from
	})
	place := func(from string) int {
		return p.ask("PUT", "/api/pixel", `{"x":1,"y":1,"color":"#000000"}`, "X-Forwarded-For", from).Code
	}
	if a, again, b := place("198.51.100.1"), place("198.51.100.1"), place("198.51.100.2"); a != 200 || again != 429 || b != 200 {
		t.Errorf("one is answered %d and then %d, the other %d; want 200, 429, 200", a, again, b)
	}
	login := func(from, token string) string {
		return p.ask("POST", "/admin/login", "token="+token, "Content-Type", "application/x-www-form-urlencoded", "X-Forwarded-For", from).Header().Get("Location")
	}
	p.admin.attempts.pause = func(context.Context, time.Duration) {}
	for range attemptsAtOnce {
		login("198.51.100.1", "wrong")
	}
	if slowed, first := login("198.51.100.1", "wrong"), login("198.51.100.2", "wrong"); slowed != "login#wait" || first != "login#wrong" {
		t.Errorf("who has tried too often is led to %s, somebody else to %s", slowed, first)
	}
}
