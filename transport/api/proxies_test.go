package api

import (
	"context"
	"net/netip"
	"testing"
	"time"

	"pixelplayground/transport/quota"
)

// People behind one proxy have a limit each, and so has who tries to log in there.
func TestProxies_LimitsApplyToWhoIsBehindThem(t *testing.T) {
	p := newPod(t, func(c *Config) {
		c.Rate, c.Burst, c.AdminTokens = 1, 1, []string{testToken}
		c.Proxies = quota.Proxies{Networks: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}, Header: quota.XForwardedFor} // where the test's requests come from
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
