package admin

import (
	"context"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"pixelplayground/transport/api/answer"
	"pixelplayground/transport/quota"
)

// Who tries to log in from behind a proxy has limits of its own.
func TestProxies_LimitsApplyToWhoIsBehindThem(t *testing.T) {
	p := newPod(testToken)
	proxies := quota.Proxies{Networks: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}, Header: quota.XForwardedFor} // where the test's requests come from
	behind := answer.Behind(proxies, p)
	login := func(from, token string) string {
		r, w := httptest.NewRequest("POST", "/admin/login", strings.NewReader("token="+token)), httptest.NewRecorder()
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("X-Forwarded-For", from)
		behind.ServeHTTP(w, r)
		return w.Header().Get("Location")
	}
	p.attempts.pause = func(context.Context, time.Duration) {}
	for range attemptsAtOnce {
		login("198.51.100.1", "wrong")
	}
	if slowed, first := login("198.51.100.1", "wrong"), login("198.51.100.2", "wrong"); slowed != "login#wait" || first != "login#wrong" {
		t.Errorf("who has tried too often is led to %s, somebody else to %s", slowed, first)
	}
}
