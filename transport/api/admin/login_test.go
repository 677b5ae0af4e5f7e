package admin

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pixelplayground/actors/message"
)

// adminRoutes is every route below /admin and /debug with each of its methods.
func adminRoutes(t *testing.T) (routes [][2]string) {
	t.Helper()
	a := newPod(testToken)
	for path, m := range a.routes {
		for method := range m {
			routes = append(routes, [2]string{method, path})
		}
	}
	for path, m := range a.More {
		for method := range m {
			routes = append(routes, [2]string{method, "/admin/api/" + strings.ReplaceAll(path, "{id}", "7")})
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

// TestAdmin_NobodyPassesWithoutTheToken asks every route in every way that must be refused.
func TestAdmin_NobodyPassesWithoutTheToken(t *testing.T) {
	id := func(expiry time.Time) sessionID { return sessionID(expiry.Unix())<<randomBits | 5 }
	sign := func(s *operatorToken, expiry time.Time) string { return sessionCookie + "=" + s.sign(id(expiry)) }
	valid := newOperatorToken(testToken)
	later := noon.Add(time.Hour)
	forged, _ := base64.RawURLEncoding.DecodeString(valid.sign(id(noon.Add(-time.Hour))))
	forged[0] = 0x7F // an expiry far away, with another's signature
	for name, headers := range map[string][]string{
		"nothing":          nil,
		"header only":      {intentHeader, "1"},
		"no cookie":        {"Cookie", sessionCookie + "="},
		"token as cookie":  {"Cookie", sessionCookie + "=" + testToken},
		"garbage":          {"Cookie", sessionCookie + "=" + strings.Repeat("A", 54)},
		"too long":         {"Cookie", sign(valid, later) + "AAAA"},
		"forged":           {"Cookie", sessionCookie + "=" + base64.RawURLEncoding.EncodeToString(forged)},
		"expired":          {"Cookie", sign(valid, noon), intentHeader, "1"},
		"another token's":  {"Cookie", sign(newOperatorToken(testToken+"!"), later), intentHeader, "1"},
		"no token's":       {"Cookie", sign(newOperatorToken(""), later), intentHeader, "1"},
		"wrong bearer":     {"Authorization", "Bearer " + testToken + "!"},
		"empty bearer":     {"Authorization", "Bearer "},
		"bearer and valid": {"Authorization", "Bearer x", "Cookie", sign(valid, later)},
		"basic":            {"Authorization", "Basic " + testToken},
	} {
		p := newPod(testToken)
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
	p := newPod(testToken)
	cookie := p.login(t)
	for name, headers := range map[string][]string{
		"no header":      {},
		"another header": {intentHeader, "0"},
		"cross-site":     {intentHeader, "1", "Sec-Fetch-Site", "cross-site"},
		"same site":      {intentHeader, "1", "Sec-Fetch-Site", "same-site"},
		"origin":         {intentHeader, "1", "Origin", "https://evil.example"},
		"friend":         {intentHeader, "1", "Origin", "https://friend.example"}, // may draw, not operate
		"null":           {intentHeader, "1", "Origin", "null"},
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
	p := newPod(testToken)
	cookie := p.login(t)
	if w := p.ask("GET", "/admin/", "", "Cookie", cookie); w.Code != 200 || !strings.Contains(w.Body.String(), "dashboard") {
		t.Errorf("page: %d", w.Code)
	}
	p.now = p.now.Add(2 * time.Second) // after the pods' start
	cookie = p.login(t)
	other := newPod(testToken) // the load balancer sends the next request there
	other.now = p.now
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
	w := p.ask("POST", "/admin/logout", "{}", "Cookie", cookie, intentHeader, "1")
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
		p := newPod(testToken)
		w := p.ask("POST", "/admin/login", "token="+testToken, "Content-Type", "application/x-www-form-urlencoded", "X-Forwarded-Proto", proto)
		c := w.Result().Cookies()[0]
		if !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Secure != secure || c.Path != "" || c.Domain != "" || c.MaxAge != int(sessionLasts.Seconds()) {
			t.Errorf("%q: %v", proto, c)
		}
	}
}

// TestAdmin_WrongTokensAreSlowed, and never the right one.
func TestAdmin_WrongTokensAreSlowed(t *testing.T) {
	p := newPod(testToken)
	pauses := 0
	p.attempts.pause = func(context.Context, time.Duration) { pauses++ }
	form := []string{"Content-Type", "application/x-www-form-urlencoded"}
	try := func(token string) string {
		return p.ask("POST", "/admin/login", "token="+token, form...).Header().Get("Location")
	}
	for range attemptsAtOnce {
		if to := try("wrong"); to != "login#wrong" || pauses > 0 {
			t.Fatalf("to %s, %d pauses", to, pauses)
		}
	}
	if to := try("wrong"); to != "login#wait" || pauses != 1 {
		t.Errorf("too many: to %s, %d pauses", to, pauses)
	}
	if to := try(testToken); to != "./" || pauses != 1 {
		t.Errorf("the right token after too many: to %s", to)
	}
	if w := p.ask("GET", "/admin/api/state", "", "Authorization", "Bearer wrong"); w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") == "" {
		t.Errorf("a wrong bearer after too many: %d", w.Code)
	}
	if w := p.ask("GET", "/admin/api/state", "", "Authorization", "Bearer "+testToken); w.Code != 200 {
		t.Errorf("the right bearer after too many: %d", w.Code)
	}
	p.now = p.now.Add(attemptEvery)
	if to := try("wrong"); to != "login#wrong" {
		t.Errorf("after a pause: to %s", to)
	}
}

// TestAdmin_StrangersLockNobodyOut: 60 addresses send two wrong tokens each.
func TestAdmin_StrangersLockNobodyOut(t *testing.T) {
	p := newPod(testToken)
	p.attempts.pause = func(context.Context, time.Duration) {}
	ask := func(address, token string) int {
		r := httptest.NewRequest("GET", "/admin/api/state", nil)
		r.RemoteAddr = address + ":1"
		r.Header.Set("Authorization", "Bearer "+token)
		w := httptest.NewRecorder()
		p.ServeHTTP(w, r)
		return w.Code
	}
	slowed := 0
	for i := range 120 {
		if ask(fmt.Sprintf("10.0.0.%d", i/2), "wrong") == http.StatusTooManyRequests {
			slowed++
		}
	}
	if slowed != 120-allAttemptsAtOnce {
		t.Errorf("%d of 120 were slowed", slowed)
	}
	for _, address := range []string{"10.0.0.1", "10.9.9.9"} {
		if got := ask(address, testToken); got != 200 {
			t.Errorf("the operator from %s: %d", address, got)
		}
	}
}

// TestAttempts_FewAreHeldUpAtOnce: only a few wait, since each that waits occupies a place.
func TestAttempts_FewAreHeldUpAtOnce(t *testing.T) {
	p := newPod(testToken)
	held, goOn := make(chan struct{}, 100), make(chan struct{})
	p.attempts.pause = func(context.Context, time.Duration) { held <- struct{}{}; <-goOn }
	var all sync.WaitGroup
	for range attemptsAtOnce + networkPauses {
		all.Go(func() { p.ask("GET", "/admin/api/state", "", "Authorization", "Bearer wrong") })
	}
	for range networkPauses {
		<-held
	}
	if w := p.ask("GET", "/admin/api/state", "", "Authorization", "Bearer wrong"); w.Code != http.StatusTooManyRequests { // at once
		t.Errorf("one more: %d", w.Code)
	}
	close(goOn)
	all.Wait()
}

func TestAdmin_LogoutEndsTheSession(t *testing.T) {
	p := newPod(testToken)
	cookie, another := p.login(t), p.login(t)
	if cookie == another {
		t.Fatal("two sessions are one")
	}
	if w := p.ask("POST", "/admin/logout", "{}", "Cookie", cookie, intentHeader, "1"); w.Code != 200 {
		t.Fatalf("logout: %d", w.Code)
	}
	for c, want := range map[string]int{cookie: 401, another: 200} {
		if w := p.ask("GET", "/admin/api/state", "", "Cookie", c); w.Code != want {
			t.Errorf("afterwards: %d, want %d", w.Code, want)
		}
	}
	acts := p.cluster.acts
	if len(acts) != 1 || acts[0].Do != message.ActLogout {
		t.Fatalf("the other pod was told %v", acts)
	}
	other := newPod(testToken)
	other.sessions.trust(idOf(t, other, cookie))
	other.sessions.End(acts[0].Text)
	if w := other.ask("GET", "/admin/api/state", "", "Cookie", cookie); w.Code != 401 {
		t.Errorf("on the pod that was told: %d", w.Code)
	}
}

func idOf(t *testing.T, p *pod, cookie string) sessionID {
	t.Helper()
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("Cookie", cookie)
	ids := p.sessions.signed(r)
	if len(ids) != 1 {
		t.Fatalf("sessions %v", ids)
	}
	return ids[0]
}

// TestAdmin_RestartRemembersThroughOthers: a pod that was not there asks those that were.
func TestAdmin_RestartRemembersThroughOthers(t *testing.T) {
	before := newPod(testToken)
	cookie := before.login(t)
	for name, tt := range map[string]struct {
		says error
		want int
	}{
		"it goes on":      {nil, 200},
		"it was ended":    {errSessionEnded, 401},
		"nobody knows":    {errSessionUnknown, 401},
		"earlier version": {errors.New("this pod does not know how to vouch"), 401},
	} {
		p := newPod(testToken)
		p.cluster.fails = tt.says
		if w := p.ask("GET", "/admin/api/state", "", "Cookie", cookie); w.Code != tt.want {
			t.Errorf("%s: %d", name, w.Code)
		}
		if len(p.cluster.acts) != 1 || p.cluster.acts[0].Do != message.ActVouch {
			t.Errorf("%s: asked %v", name, p.cluster.acts)
		}
	}
}

// TestSessions_OfTwoTokens: while there are two, both let in; a session goes on for as long as
// its own token is there, and on pods that have not heard of the other one.
func TestSessions_OfTwoTokens(t *testing.T) {
	const next = testToken + " the next"
	p := newPod(testToken)
	sessions := p.sessions
	logIn := func(token string) (cookie string) {
		t.Helper()
		w := p.ask("POST", "/admin/login", "token="+url.QueryEscape(token), "Content-Type", "application/x-www-form-urlencoded")
		if made := w.Result().Cookies(); len(made) == 1 {
			return made[0].Name + "=" + made[0].Value
		}
		return ""
	}
	passes := func(header, value string) bool {
		t.Helper()
		p.now = p.now.Add(attemptEvery) // so that it is not the number of attempts that stops them
		return p.ask("GET", "/admin/api/state", "", header, value).Code == http.StatusOK
	}
	before := logIn(testToken)
	for _, step := range []struct {
		tokens   []string
		old, new bool
	}{
		{[]string{testToken}, true, false}, {[]string{testToken, next}, true, true}, {[]string{next, testToken}, true, true}, {[]string{next}, false, true},
	} {
		if err := sessions.UseTokens(step.tokens); err != nil {
			t.Fatal(err)
		}
		if got := passes("Cookie", before); got != step.old {
			t.Errorf("%d tokens: the session of before passes: %v", len(step.tokens), got)
		}
		for token, want := range map[string]bool{testToken: step.old, next: step.new} {
			if got := passes("Authorization", "Bearer "+token); got != want {
				t.Errorf("%d tokens: passes with one: %v, want %v", len(step.tokens), got, want)
			}
			cookie := logIn(token)
			if got := cookie != "" && passes("Cookie", cookie); got != want {
				t.Errorf("%d tokens: logs in with one: %v, want %v", len(step.tokens), got, want)
			}
		}
	}
	for name, unfit := range map[string][]string{"none": nil, "empty": {""}, "short": {next, "short"}, "too many": slices.Repeat([]string{next}, MaxTokens+1)} {
		if err := sessions.UseTokens(unfit); err == nil || strings.Contains(err.Error(), "short") {
			t.Errorf("%s: %v", name, err)
		}
		if !passes("Authorization", "Bearer "+next) || passes("Authorization", "Bearer ") {
			t.Errorf("%s: changes who passes", name)
		}
	}
	if newPod().sessions.UseTokens([]string{next}) == nil {
		t.Error("a dashboard that is off is turned on")
	}
}

// TestSessions_EarlierVersions: in a rollout pods of both have to take each other's cookies.
func TestSessions_EarlierVersions(t *testing.T) {
	clock := func() time.Time { return noon }
	s := newSessions([]string{testToken}, clock)
	theirs := sessionID(noon.Add(time.Hour).Unix())
	if got := theirs.expiry(); !got.Equal(noon.Add(time.Hour).Truncate(time.Second)) {
		t.Errorf("theirs expires at %v", got)
	}
	ours, _ := base64.RawURLEncoding.DecodeString(s.begin(noon, s.holder(testToken)))
	if seen := int64(binary.BigEndian.Uint64(ours)); seen < noon.Unix() {
		t.Errorf("ours has expired to them, at %d", seen)
	}
}

func TestAdmin_OffWithoutAToken(t *testing.T) {
	p := newPod()
	for _, path := range []string{"/admin", "/admin/", "/admin/login", "/admin/api/state", "/debug/pprof/", "/admin/css/tokens.css"} {
		w := p.ask("GET", path, "", "Authorization", "Bearer ")
		if w.Code != http.StatusNotFound || strings.TrimSpace(w.Body.String()) != isOff {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
	if err := CheckTokens([]string{testToken, "0123456789abcde"}); err == nil || strings.Contains(err.Error(), "0123") {
		t.Errorf("a token of 15 characters: %v", err)
	}
}

// Goal: the dashboard loads a few small files that browsers keep, and only those who are logged in get them.
func TestAdmin_DashboardIsBundled(t *testing.T) {
	p := newPod(testToken)
	cookie := p.login(t)
	page := p.ask("GET", "/admin/", "", "Cookie", cookie)
	script := regexp.MustCompile(`js/bundle/main\.[0-9a-f]{12}\.js`).FindString(page.Body.String())
	if script == "" || page.Header().Get("Cache-Control") != "no-store" {
		t.Fatalf("%v %s", page.Header(), page.Body)
	}
	for _, test := range []struct{ path, cookie, want string }{
		{"/admin/" + script, cookie, "200 private, max-age=31536000, immutable"},
		{"/admin/js/bundle/main.0123456789ab.js", cookie, "200 no-store"}, // of a pod of another version
		{"/admin/js/bundle/none.0123456789ab.js", cookie, "404 no-store"},
		{"/admin/js/main.js", cookie, "200 private, no-cache"},
		{"/admin/?sources", cookie, "200 no-store"},
		{"/admin/" + script, "", "401 no-store"},
	} {
		w := p.ask("GET", test.path, "", "Cookie", test.cookie)
		if got := fmt.Sprint(w.Code, " ", w.Header().Get("Cache-Control")); got != test.want {
			t.Errorf("%s: %s, want %s", test.path, got, test.want)
		}
	}
}

// TestAdmin_LoginForm: what it loads is there before anybody has logged in, and nothing else.
func TestAdmin_LoginForm(t *testing.T) {
	p := newPod(testToken)
	if w := p.ask("GET", "/admin", ""); w.Code != http.StatusSeeOther || w.Header().Get("Location") != "admin/" {
		t.Errorf("/admin: %d to %s", w.Code, w.Header().Get("Location"))
	}
	if w := p.ask("GET", "/admin/", ""); w.Code != http.StatusUnauthorized || !strings.Contains(w.Body.String(), "log in") {
		t.Errorf("/admin/: %d %s", w.Code, w.Body)
	}
	for path, kind := range map[string]string{"/admin/login": "text/html", "/admin/css/tokens.css": "text/css", "/admin/css/login.css": "text/css", "/admin/favicon.svg": "image/svg"} {
		w := p.ask("GET", path, "")
		if w.Code != 200 || !strings.HasPrefix(w.Header().Get("Content-Type"), kind) {
			t.Errorf("%s: %d %s", path, w.Code, w.Header().Get("Content-Type"))
		}
		if w.Header().Get("Content-Security-Policy") != pagePolicy || w.Header().Get("X-Frame-Options") != "DENY" || w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s: headers %v", path, w.Header())
		}
	}
	cookie := p.login(t)
	if w := p.ask("GET", "/admin/js/main.js", "", "Cookie", cookie); w.Code != 200 || !strings.Contains(w.Header().Get("Content-Type"), "javascript") {
		t.Errorf("script: %d %s", w.Code, w.Header().Get("Content-Type"))
	}
	if w := p.ask("PUT", "/admin/api/state", "", "Cookie", cookie, intentHeader, "1"); w.Code != http.StatusMethodNotAllowed {
		t.Errorf("PUT: %d", w.Code)
	}
}
