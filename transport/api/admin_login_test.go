package api

import (
	"encoding/base64"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// adminRoutes is every route below /admin and /debug with each of its methods.
func adminRoutes(t *testing.T) (routes [][2]string) {
	t.Helper()
	a := newAdmin(&server{Config: Config{Pages: true, AdminToken: testToken}, Ports: Ports{AdminPages: adminPages()}})
	for path, m := range a.routes {
		for method := range m {
			routes = append(routes, [2]string{method, path})
		}
	}
	for _, path := range []string{"/debug/pprof/heap", "/debug/pprof/goroutine", "/debug", "/debug/", "/debug/vars", "/admin/nothing", "/admin/api/", "/admin/login/", "/admin/css/"} {
		routes = append(routes, [2]string{"GET", path}, [2]string{"POST", path})
	}
	if len(routes) < 35 {
		t.Fatalf("only %v", routes)
	}
	return routes
}

// TestAdmin_NobodyPassesWithoutTheToken asks every route in every way that must not do.
func TestAdmin_NobodyPassesWithoutTheToken(t *testing.T) {
	sign := func(s sessions, expiry time.Time) string { return sessionCookie + "=" + s.sign(expiry) }
	valid := newSessions(testToken)
	later := noon.Add(time.Hour)
	forged, _ := base64.RawURLEncoding.DecodeString(valid.sign(noon.Add(-time.Hour)))
	forged[0] = 0x7F // an expiry far away, with another's signature
	for name, headers := range map[string][]string{
		"nothing":          nil,
		"header only":      {adminHeader, "1"},
		"no cookie":        {"Cookie", sessionCookie + "="},
		"token as cookie":  {"Cookie", sessionCookie + "=" + testToken},
		"garbage":          {"Cookie", sessionCookie + "=" + strings.Repeat("A", 54)},
		"too long":         {"Cookie", sign(valid, later) + "AAAA"},
		"forged":           {"Cookie", sessionCookie + "=" + base64.RawURLEncoding.EncodeToString(forged)},
		"expired":          {"Cookie", sign(valid, noon), adminHeader, "1"},
		"another token's":  {"Cookie", sign(newSessions(testToken+"!"), later), adminHeader, "1"},
		"no token's":       {"Cookie", sign(newSessions(""), later), adminHeader, "1"},
		"wrong bearer":     {"Authorization", "Bearer " + testToken + "!"},
		"empty bearer":     {"Authorization", "Bearer "},
		"bearer and valid": {"Authorization", "Bearer x", "Cookie", sign(valid, later)},
		"basic":            {"Authorization", "Basic " + testToken},
	} {
		p := newAdminPod(t)
		for _, route := range adminRoutes(t) {
			if slices.Contains(openPaths(), route[1]) {
				continue
			}
			p.now = p.now.Add(attemptEvery) // so that it is not the number of attempts that stops them
			w := p.ask(route[0], route[1], "{}", headers...)
			if w.Code != http.StatusUnauthorized && w.Code != http.StatusForbidden {
				t.Errorf("%s: %s %s: %d", name, route[0], route[1], w.Code)
			}
			if strings.Contains(w.Body.String(), "dashboard") || strings.Contains(w.Body.String(), "goroutine") {
				t.Errorf("%s: %s %s shows something", name, route[0], route[1])
			}
		}
		if len(p.cluster.asked)+len(p.cluster.acts) > 0 {
			t.Errorf("%s: the pods were asked: %v", name, p.cluster.asked)
		}
	}
}

// TestAdmin_OtherSitesCannotAct: a browser that is logged in can be made to send requests.
func TestAdmin_OtherSitesCannotAct(t *testing.T) {
	p := newAdminPod(t)
	cookie := p.login(t)
	for name, headers := range map[string][]string{
		"no header":      {},
		"another header": {adminHeader, "0"},
		"cross-site":     {adminHeader, "1", "Sec-Fetch-Site", "cross-site"},
		"same site":      {adminHeader, "1", "Sec-Fetch-Site", "same-site"},
		"origin":         {adminHeader, "1", "Origin", "https://evil.example"},
		"friend":         {adminHeader, "1", "Origin", "https://friend.example"}, // may draw, not operate
		"null":           {adminHeader, "1", "Origin", "null"},
	} {
		for _, route := range adminRoutes(t) {
			if route[0] != "POST" || slices.Contains(openPaths(), route[1]) && len(headers) < 4 {
				continue
			}
			w := p.ask("POST", route[1], `{"text":"hi","member":"a"}`, append(headers, "Cookie", cookie)...)
			if w.Code != http.StatusForbidden || w.Header().Get("Access-Control-Allow-Origin") != "" {
				t.Errorf("%s: %s: %d", name, route[1], w.Code)
			}
		}
	}
	if len(p.cluster.acts) > 0 {
		t.Errorf("done: %v", p.cluster.acts)
	}
}

func TestAdmin_LoginMakesASession(t *testing.T) {
	p := newAdminPod(t)
	cookie := p.login(t)
	if w := p.ask("GET", "/admin", "", "Cookie", cookie); w.Code != 200 || !strings.Contains(w.Body.String(), "dashboard") {
		t.Errorf("page: %d", w.Code)
	}
	other := newAdminPod(t) // the load balancer sends the next request there
	if w := other.ask("GET", "/admin/api/state", "", "Cookie", cookie); w.Code != 200 {
		t.Errorf("on another pod: %d", w.Code)
	}
	if w := p.ask("GET", "/debug/pprof/cmdline", "", "Cookie", cookie); w.Code != 200 {
		t.Errorf("profiler: %d", w.Code)
	}
	if w := p.ask("GET", "/debug/pprof/goroutine?debug=1", "", "Authorization", "Bearer "+testToken); w.Code != 200 || !strings.Contains(w.Body.String(), "goroutine profile") {
		t.Errorf("bearer: %d", w.Code)
	}
	if w := p.ask("POST", "/admin/api/announce", `{"text":"hi"}`, "Authorization", "Bearer "+testToken); w.Code != 200 {
		t.Errorf("a script's act: %d", w.Code)
	}
	w := p.ask("POST", "/admin/logout", "{}", "Cookie", cookie, adminHeader, "1")
	if set := w.Result().Cookies(); w.Code != 200 || len(set) != 1 || set[0].MaxAge >= 0 || set[0].Value != "" {
		t.Errorf("logout: %d %v", w.Code, set)
	}
	p.now = p.now.Add(sessionLasts)
	if w := p.ask("GET", "/admin/api/state", "", "Cookie", cookie); w.Code != http.StatusUnauthorized {
		t.Errorf("after %v: %d", sessionLasts, w.Code)
	}
}

func TestAdmin_CookieIsForThisSiteOnly(t *testing.T) {
	for proto, secure := range map[string]bool{"": false, "https": true} {
		p := newAdminPod(t)
		w := p.ask("POST", "/admin/login", "token="+testToken, "Content-Type", "application/x-www-form-urlencoded", "X-Forwarded-Proto", proto)
		c := w.Result().Cookies()[0]
		if !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Secure != secure || c.Path != "/" || c.Domain != "" || c.MaxAge != int(sessionLasts.Seconds()) {
			t.Errorf("%q: %v", proto, c)
		}
	}
}

func TestAdmin_AttemptsAreLimited(t *testing.T) {
	p := newAdminPod(t)
	form := []string{"Content-Type", "application/x-www-form-urlencoded"}
	try := func(token string) string {
		return p.ask("POST", "/admin/login", "token="+token, form...).Header().Get("Location")
	}
	for range attemptsAtOnce {
		if to := try("wrong"); to != "/admin/login#wrong" {
			t.Fatalf("to %s", to)
		}
	}
	if to := try(testToken); to != "/admin/login#wait" {
		t.Errorf("the right token after too many: to %s", to)
	}
	if w := p.ask("GET", "/admin/api/state", "", "Authorization", "Bearer "+testToken); w.Code != http.StatusTooManyRequests {
		t.Errorf("bearer after too many: %d", w.Code)
	}
	p.now = p.now.Add(attemptEvery)
	if to := try(testToken); to != "/admin" {
		t.Errorf("after a pause: to %s", to)
	}
	all := newAttempts()
	for i := range allAttemptsAtOnce {
		client := clientOf(&http.Request{RemoteAddr: "10.0.0." + string(rune('0'+i%10)) + ":1"})
		all.failed(client, noon)
	}
	if all.open(clientOf(&http.Request{RemoteAddr: "10.9.9.9:1"}), noon) {
		t.Error("attempts from many addresses are not limited together")
	}
}

func TestAdmin_OffWithoutAToken(t *testing.T) {
	p := newPod(t)
	for _, path := range []string{"/admin", "/admin/", "/admin/login", "/admin/api/state", "/debug/pprof/", "/admin/css/tokens.css"} {
		w := p.ask("GET", path, "", "Authorization", "Bearer ")
		if w.Code != http.StatusNotFound || strings.TrimSpace(w.Body.String()) != adminOff {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
	if err := (Config{Node: "n", Geometry: small, AdminToken: "0123456789abcde"}).Validate(); err == nil || strings.Contains(err.Error(), "0123") {
		t.Errorf("a token of 15 characters: %v", err)
	}
}

// TestAdmin_LoginForm: what it loads is there before anybody has logged in, and nothing else.
func TestAdmin_LoginForm(t *testing.T) {
	p := newAdminPod(t)
	for _, path := range []string{"/admin", "/admin/"} {
		if w := p.ask("GET", path, ""); w.Code != http.StatusUnauthorized || !strings.Contains(w.Body.String(), "log in") {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
	for path, kind := range map[string]string{"/admin/login": "text/html", "/admin/css/tokens.css": "text/css", "/admin/css/login.css": "text/css", "/admin/favicon.svg": "image/svg"} {
		w := p.ask("GET", path, "")
		if w.Code != 200 || !strings.HasPrefix(w.Header().Get("Content-Type"), kind) {
			t.Errorf("%s: %d %s", path, w.Code, w.Header().Get("Content-Type"))
		}
		if w.Header().Get("Content-Security-Policy") != adminPolicy || w.Header().Get("X-Frame-Options") != "DENY" || w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s: headers %v", path, w.Header())
		}
	}
	cookie := p.login(t)
	if w := p.ask("GET", "/admin/js/main.js", "", "Cookie", cookie); w.Code != 200 || !strings.Contains(w.Header().Get("Content-Type"), "javascript") {
		t.Errorf("script: %d %s", w.Code, w.Header().Get("Content-Type"))
	}
	if w := p.ask("PUT", "/admin/api/state", "", "Cookie", cookie, adminHeader, "1"); w.Code != http.StatusMethodNotAllowed {
		t.Errorf("PUT: %d", w.Code)
	}
}

// TestAdmin_Apart: on a port of its own, what is for operators is there and nowhere else.
func TestAdmin_Apart(t *testing.T) {
	p := newAdminPod(t, func(c *Config) { c.Apart = true })
	at := &pod{Handler: p.apart}
	for path, want := range map[string][2]int{
		"/": {200, 404}, "/api/canvas": {200, 404}, "/healthz": {200, 200}, "/readyz": {200, 200},
		"/metrics": {404, 200}, "/api/cluster": {404, 200}, "/admin": {404, 401}, "/admin/login": {404, 200}, "/debug/pprof/": {404, 401},
	} {
		if w := p.ask("GET", path, ""); w.Code != want[0] {
			t.Errorf("%s for people: %d, want %d", path, w.Code, want[0])
		}
		if w := at.ask("GET", path, ""); w.Code != want[1] {
			t.Errorf("%s for operators: %d, want %d", path, w.Code, want[1])
		}
	}
}
