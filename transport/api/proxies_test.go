package api

import (
	"context"
	"net/netip"
	"testing"
	"time"

	"pixelplayground/transport/quota"
)

// Who tries to log in from behind a proxy has limits of its own.
func TestProxies_LimitsApplyToWhoIsBehindThem(t *testing.T) {
	p := newPod(t, func(c *Config) {
		c.AdminTokens = []string{testToken}
		c.Proxies = quota.Proxies{Networks: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}, Header: quota.XForwardedFor} // where the test's requests come from
	})
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
