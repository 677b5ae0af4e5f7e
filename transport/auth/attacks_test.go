package auth

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"pixelplayground/transport/api/answer"
	"pixelplayground/transport/auth/openidtest"
	"pixelplayground/transport/quota"
)

// forger is a provider that says what a test wants.
type forger struct {
	*httptest.Server
	key  *rsa.PrivateKey
	says atomic.Pointer[func(claims map[string]any) string] // makes the ID token of a valid one's claims
	info atomic.Pointer[map[string]any]                     // what userinfo says; nil: there is none
}

func newForger(t *testing.T) *forger {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	f := &forger{key: key}
	var nonce atomic.Value
	mux := http.NewServeMux()
	show := func(w http.ResponseWriter, body any) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(body)
	}
	mux.HandleFunc("/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		show(w, map[string]any{
			"issuer": f.URL, "authorization_endpoint": f.URL + "/authorize", "token_endpoint": f.URL + "/token", "jwks_uri": f.URL + "/keys", "userinfo_endpoint": f.URL + "/info",
			"id_token_signing_alg_values_supported": []string{"RS256", "HS256", "none"},
		})
	})
	mux.HandleFunc("/keys", func(w http.ResponseWriter, _ *http.Request) {
		show(w, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: key.Public(), KeyID: "f"}}})
	})
	mux.HandleFunc("/authorize", func(w http.ResponseWriter, r *http.Request) {
		query := r.URL.Query()
		nonce.Store(query.Get("nonce"))
		http.Redirect(w, r, query.Get("redirect_uri")+"?code=c&state="+url.QueryEscape(query.Get("state")), http.StatusFound)
	})
	mux.HandleFunc("/token", func(w http.ResponseWriter, r *http.Request) {
		now := time.Now().Unix()
		claims := map[string]any{"iss": f.URL, "aud": "canvas", "sub": "s1", "nonce": nonce.Load(), "iat": now, "exp": now + 300, "name": "Ada", "groups": "moderators"}
		show(w, map[string]any{"access_token": "a", "token_type": "Bearer", "expires_in": 300, "id_token": (*f.says.Load())(claims)})
	})
	mux.HandleFunc("/info", func(w http.ResponseWriter, r *http.Request) {
		if info := f.info.Load(); info != nil {
			show(w, *info)
			return
		}
		http.NotFound(w, r)
	})
	f.Server = httptest.NewServer(mux)
	t.Cleanup(f.Close)
	return f
}

// try signs in with the token that says makes.
func (f *forger) try(t *testing.T, g *gateway, says func(claims map[string]any) string) (b *http.Client, done got) {
	t.Helper()
	f.says.Store(&says)
	b = browser(t)
	begun := ask(t, b, "GET", g.URL+"/auth/login", "")
	return b, ask(t, b, "GET", ask(t, b, "GET", begun.to(), "").to(), "")
}

// TestAttack_IDTokens: what is not exactly the issuer's word to us about this sign-in is refused.
func TestAttack_IDTokens(t *testing.T) {
	f := newForger(t)
	g := newTown(t, f.URL).gateway()
	stranger, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	honest := func(claims map[string]any) string { return openidtest.Signed(t, jose.RS256, f.key, "f", claims) }
	with := func(name string, value any) func(map[string]any) string {
		return func(claims map[string]any) string {
			if claims[name] = value; value == nil {
				delete(claims, name)
			}
			return honest(claims)
		}
	}
	var old atomic.Value
	if b, done := f.try(t, g, func(claims map[string]any) string { token := honest(claims); old.Store(token); return token }); done.StatusCode != http.StatusSeeOther || whoIs(t, b, g).Role != "moderator" {
		t.Fatalf("an honest token: %s: %s", done.Status, done.body)
	}
	now := time.Now().Unix()
	for what, says := range map[string]func(map[string]any) string{
		"other audience":           with("aud", "another"),
		"no audience":              with("aud", nil),
		"more audiences, no party": with("aud", []string{"canvas", "another"}),
		"other party":              with("azp", "another"),
		"other issuer":             with("iss", "https://evil.example"),
		"no issuer":                with("iss", nil),
		"other nonce":              with("nonce", "x"),
		"no nonce":                 with("nonce", nil),
		"token of another sign-in": func(map[string]any) string { return old.Load().(string) },
		"over":                     with("exp", now-70),
		"no end":                   with("exp", nil),
		"not yet":                  with("nbf", now+400),
		"no subject":               with("sub", nil),
		"endless subject":          with("sub", strings.Repeat("s", 256)),
		"e-mail for a subject": func(claims map[string]any) string {
			delete(claims, "sub")
			claims["email"] = "s1@x.example"
			return honest(claims)
		},
		"other access token": with("at_hash", "AAAAAAAAAAAAAAAAAAAAAA"),
		"unsigned": func(claims map[string]any) string {
			return strings.TrimRight(openidtest.HandSigned(`{"alg":"none"}`, claims, nil), "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
		},
		"unsigned, kept":      func(claims map[string]any) string { return openidtest.HandSigned(`{"alg":"none"}`, claims, nil) },
		"by a stranger":       func(claims map[string]any) string { return openidtest.Signed(t, jose.RS256, stranger, "f", claims) },
		"by a stranger's key": func(claims map[string]any) string { return openidtest.Signed(t, jose.RS256, stranger, "g", claims) },
		"by the client's secret": func(claims map[string]any) string {
			return openidtest.HandSigned(`{"alg":"HS256"}`, claims, []byte(openidtest.ClientSecret))
		},
		"by the public key": func(claims map[string]any) string {
			return openidtest.HandSigned(`{"alg":"HS256","kid":"f"}`, claims, f.key.N.Bytes())
		},
		"cut":     func(claims map[string]any) string { token := honest(claims); return token[:len(token)-20] },
		"nothing": func(map[string]any) string { return "" },
	} {
		b, done := f.try(t, g, says)
		if done.StatusCode != http.StatusForbidden || whoIs(t, b, g).Kind != "program" {
			t.Errorf("%s: %s: %s", what, done.Status, done.body)
		}
	}
	if b, done := f.try(t, g, with("aud", []string{"canvas"})); done.StatusCode != http.StatusSeeOther || whoIs(t, b, g).Kind != "account" {
		t.Errorf("an audience in a list: %s: %s", done.Status, done.body)
	}

	f.info.Store(&map[string]any{"sub": "root", "groups": []string{"moderators"}})
	if b, done := f.try(t, g, with("groups", nil)); done.StatusCode != http.StatusForbidden || whoIs(t, b, g).Kind != "program" {
		t.Errorf("userinfo of another account: %s: %s", done.Status, done.body)
	}
	f.info.Store(&map[string]any{"sub": "s1", "groups": []string{"moderators"}, "name": "Eve"})
	if b, _ := f.try(t, g, with("groups", nil)); whoIs(t, b, g).Role != "moderator" || whoIs(t, b, g).Name != "Ada" {
		t.Errorf("userinfo: got %+v", whoIs(t, b, g))
	}
}

// TestAttack_Callback: a callback counts once, in the browser that began the sign-in.
func TestAttack_Callback(t *testing.T) {
	provider := openidtest.Start(t)
	w := newTown(t, provider.Issuer)
	g, other := w.gateway(), w.gateway()

	victim, attacker := browser(t), browser(t)
	callback := callbackOf(t, attacker, g, openidtest.Member, "")
	if done := ask(t, victim, "GET", callback, ""); done.StatusCode != http.StatusBadRequest || whoIs(t, victim, g).Kind != "program" {
		t.Errorf("another browser's callback: %s", done.Status)
	}
	ask(t, victim, "GET", g.URL+"/auth/login", "") // one of its own is under way
	if done := ask(t, victim, "GET", callback, ""); done.StatusCode != http.StatusBadRequest || whoIs(t, victim, g).Kind != "program" {
		t.Errorf("another browser's callback while one of its own is under way: %s", done.Status)
	}

	at, _ := url.Parse(g.URL)
	kept := attacker.Jar.Cookies(at)
	if done := ask(t, attacker, "GET", callback, ""); done.StatusCode != http.StatusSeeOther {
		t.Fatalf("the right browser: %s: %s", done.Status, done.body)
	}
	for what, server := range map[string]*gateway{"here": g, "on another gateway": other} {
		again := browser(t)
		again.Jar.SetCookies(at, kept)
		if done := ask(t, again, "GET", strings.Replace(callback, g.URL, server.URL, 1), ""); done.StatusCode != http.StatusBadRequest || whoIs(t, again, g).Kind != "program" {
			t.Errorf("the state again, %s: %s: %s", what, done.Status, done.body)
		}
	}

	b := browser(t)
	callback = callbackOf(t, b, g, openidtest.Member, "")
	for what, changed := range map[string]string{
		"no state":      strings.Replace(callback, "state=", "estate=", 1),
		"other issuer":  callback + "&iss=" + url.QueryEscape("https://evil.example"),
		"nothing":       g.URL + "/auth/callback",
		"only an error": g.URL + "/auth/callback?error=access_denied&error_description=%3Cscript%3E",
	} {
		if done := ask(t, b, "GET", changed, ""); done.StatusCode != http.StatusBadRequest || strings.Contains(done.body, "<script>") {
			t.Errorf("%s: %s: %s", what, done.Status, done.body)
		}
	}
	w.clock.Pass(loginLasts)
	if done := ask(t, b, "GET", callback, ""); done.StatusCode != http.StatusBadRequest {
		t.Errorf("too late: %s", done.Status)
	}
}

// TestAttack_Sessions: nobody has a session that was not given to them at their own sign-in.
func TestAttack_Sessions(t *testing.T) {
	provider := openidtest.Start(t)
	w := newTown(t, provider.Issuer)
	g := w.gateway()
	at, _ := url.Parse(g.URL)
	cookie := func(b *http.Client) string {
		for _, one := range b.Jar.Cookies(at) {
			if one.Name == sessionCookie {
				return one.Value
			}
		}
		return ""
	}

	// Fixation: the attacker's session in the victim's browser does not become the victim's.
	attacker, victim := browser(t), browser(t)
	signIn(t, attacker, g, openidtest.Member, "")
	fixed := cookie(attacker)
	victim.Jar.SetCookies(at, []*http.Cookie{{Name: sessionCookie, Value: fixed, Path: "/"}})
	signIn(t, victim, g, openidtest.Moderator, "")
	if cookie(victim) == fixed || whoIs(t, victim, g).User == whoIs(t, attacker, g).User {
		t.Error("the victim has the attacker's session")
	}
	if said := whoIs(t, attacker, g); said.Kind != "program" {
		t.Errorf("the session that the sign-in replaced goes on: %+v", said)
	}
	before := cookie(victim)
	signIn(t, victim, g, openidtest.Moderator, "")
	if cookie(victim) == before {
		t.Error("a new sign-in has the session of the one before")
	}

	// An equal e-mail address is no equal account.
	member, moderator := browser(t), browser(t)
	signIn(t, member, g, openidtest.Member, "")
	signIn(t, moderator, g, openidtest.Moderator, "")
	if a, b := whoIs(t, member, g), whoIs(t, moderator, g); a.User == b.User || a.Role != "member" {
		t.Errorf("one e-mail address, one account: %+v, %+v", a, b)
	}

	// Forged and foreign cookies.
	value := cookie(member)
	payload, mac, _ := strings.Cut(value, ".")
	elsewhere := newTown(t, provider.Issuer).gateway() // a canvas with another secret
	there := browser(t)
	signIn(t, there, elsewhere, openidtest.Member, "")
	thereAt, _ := url.Parse(elsewhere.URL)
	for what, forged := range map[string]string{
		"another canvas'": there.Jar.Cookies(thereAt)[0].Value + there.Jar.Cookies(thereAt)[len(there.Jar.Cookies(thereAt))-1].Value,
		"changed":         payload[:20] + "A" + payload[21:] + "." + mac,
		"unsigned":        payload + ".",
		"no dot":          payload,
		"empty":           "",
		"other name":      value, // sent as __Host-pp_session below
	} {
		name := sessionCookie
		if what == "other name" {
			name = "__Host-" + sessionCookie
		}
		if said := whoIs(t, browser(t), g, "Cookie", name+"="+forged); said.Kind != "program" {
			t.Errorf("%s: %+v", what, said)
		}
	}
	for _, one := range there.Jar.Cookies(thereAt) {
		if said := whoIs(t, browser(t), g, "Cookie", one.Name+"="+one.Value); said.Kind != "program" {
			t.Errorf("another canvas' %s: %+v", one.Name, said)
		}
	}
	w.cfg.SignIn.Issuer = "https://other.example"
	if said := whoIs(t, browser(t), w.gateway(), "Cookie", sessionCookie+"="+value); said.Kind != "program" {
		t.Errorf("with another issuer: %+v", said)
	}
}

// TestAttack_OpenRedirect: a browser is only ever sent to a path of this host.
func TestAttack_OpenRedirect(t *testing.T) {
	here := site{"https://example.org", "/canvas/"}
	for to, want := range map[string]string{
		"/canvas/?x=1&y=2#at": "/canvas/?x=1&y=2#at", "/": "/", "/other": "/other",
		"": "/canvas/", "//evil.example": "/canvas/", "/\\evil.example": "/canvas/", "\\\\evil.example": "/canvas/", "https://evil.example": "/canvas/",
		"https:evil.example": "/canvas/", "javascript:alert(1)": "/canvas/", "/\t/evil.example": "/canvas/", "/\n/evil.example": "/canvas/", "\t//evil.example": "/canvas/",
		" //evil.example": "/canvas/", "/x\r\nSet-Cookie: a=b": "/canvas/", "evil.example": "/canvas/", "///evil.example": "/canvas/", "/%0d%0ax": "/%0d%0ax", "data:text/html,x": "/canvas/",
		"http:///evil.example": "/canvas/", "//user@evil.example/": "/canvas/", "/" + strings.Repeat("x", 600): "/canvas/", "/é": "/canvas/", "/%zz": "/canvas/", "?x": "/canvas/",
	} {
		if got := here.back(to); got != want {
			t.Errorf("%q: sent to %q", to, got)
		}
	}
}

// TestAttack_OtherSites: the page of another site can't make a browser sign out, or make and revoke keys.
func TestAttack_OtherSites(t *testing.T) {
	provider := openidtest.Start(t)
	w := newTown(t, provider.Issuer)
	g, b := w.gateway(), browser(t)
	signIn(t, b, g, openidtest.Member, "")
	for _, headers := range [][]string{
		{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "https://evil.example"}, {"Origin", "null"},
		{"Origin", "https://evil.example", "X-Forwarded-Host", "evil.example"}, {"Origin", "http://127.0.0.1:1"},
	} {
		for _, what := range [][2]string{{"POST", "/auth/logout"}, {"POST", "/api/keys"}, {"DELETE", "/api/keys/x"}} {
			answer := ask(t, b, what[0], g.URL+what[1], `{"name":"x","scopes":["draw"]}`, append(headers, "Content-Type", "application/json")...)
			if answer.StatusCode != http.StatusForbidden {
				t.Errorf("%s %s with %q: %s", what[0], what[1], headers, answer.Status)
			}
		}
	}
	for _, kind := range []string{"", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/json, text/plain"} { // what a form can send
		if answer := ask(t, b, "POST", g.URL+"/api/keys", `{"name":"x","scopes":["draw"]}`, "Content-Type", kind); answer.StatusCode != http.StatusUnsupportedMediaType {
			t.Errorf("content type %q: %s", kind, answer.Status)
		}
	}
	if answer := ask(t, b, "GET", g.URL+"/auth/logout", ""); answer.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("a sign-out by GET: %s", answer.Status)
	}
	if whoIs(t, b, g).Kind != "account" {
		t.Error("signed out by another site")
	}
	if answer := ask(t, b, "POST", g.URL+"/auth/logout", "", "Origin", g.URL, "Sec-Fetch-Site", "same-origin"); answer.StatusCode != http.StatusOK {
		t.Errorf("the page's own: %s", answer.Status)
	}
}

// TestAttack_Headers: who is no proxy of ours can't say where this server is, or that TLS is used.
func TestAttack_Headers(t *testing.T) {
	f := newForger(t)
	g := newTown(t, f.URL).gateway()
	for _, headers := range [][]string{{"X-Forwarded-Host", "evil.example"}, {"Forwarded", "host=evil.example;proto=https"}, {"X-Forwarded-Proto", "https"}, {"X-Original-Host", "evil.example"}, {"X-Forwarded-Prefix", "//evil.example"}} {
		begun := ask(t, browser(t), "GET", g.URL+"/auth/login", "", headers...)
		to, err := url.Parse(begun.to())
		if err != nil || to.Query().Get("redirect_uri") != g.URL+"/auth/callback" {
			t.Errorf("%q: sent to %q", headers, begun.to())
		}
	}
}

// TestSite_BehindAProxy: where a proxy of ours has said what the browser asked for, that is where it is sent back to, its cookies
// are secure, and the page's own requests are no other site's. From strangers it changes nothing.
func TestSite_BehindAProxy(t *testing.T) {
	f := newForger(t)
	g := newTown(t, f.URL).gateway()
	for _, test := range []struct {
		network string
		trusted bool
	}{{"127.0.0.0/8", true}, {"192.0.2.0/24", false}} {
		for header, fields := range map[string][]string{
			quota.XForwardedFor: {"X-Forwarded-Host", "example.org", "X-Forwarded-Proto", "https"},
			quota.Forwarded:     {"Forwarded", "for=198.51.100.1;host=example.org;proto=https"},
		} {
			behind := httptest.NewServer(answer.Behind(quota.Proxies{Networks: []netip.Prefix{netip.MustParsePrefix(test.network)}, Header: header}, g.Config.Handler))
			begun := ask(t, browser(t), "GET", behind.URL+"/auth/login", "", fields...)
			to, err := url.Parse(begun.to())
			want, name := behind.URL, "pp_login"
			if test.trusted {
				want, name = "https://example.org", "__Host-pp_login"
			}
			if err != nil || to.Query().Get("redirect_uri") != want+"/auth/callback" {
				t.Errorf("%s, %s: sent to %q", test.network, header, begun.to())
			}
			if c := begun.Cookies(); len(c) != 1 || c[0].Name != name || c[0].Secure != test.trusted {
				t.Errorf("%s, %s: cookies %v", test.network, header, c)
			}
			for origin, status := range map[string]int{"https://example.org": http.StatusOK, "https://evil.example": http.StatusForbidden} {
				if !test.trusted {
					status = http.StatusForbidden
				}
				if out := ask(t, browser(t), "POST", behind.URL+"/auth/logout", "", append(fields, "Origin", origin)...); out.StatusCode != status {
					t.Errorf("%s, %s: a sign-out by %s: %s", test.network, header, origin, out.Status)
				}
			}
			behind.Close()
		}
	}
}

// TestSite_Cookies: what cookies are like, by where the page is.
func TestSite_Cookies(t *testing.T) {
	for _, test := range []struct {
		public, name, path string
		secure             bool
	}{
		{"https://example.org", "__Host-pp_session", "/", true}, {"https://example.org/canvas/", "__Secure-pp_session", "/canvas/", true},
		{"http://example.org/canvas", "pp_session", "/canvas/", false}, {"", "pp_session", "/", false},
	} {
		f := newForger(t)
		w := newTown(t, f.URL)
		if test.public != "" {
			w.cfg.SignIn.PublicURL, _ = url.Parse(test.public)
		}
		g := w.gateway()
		honest := func(claims map[string]any) string { return openidtest.Signed(t, jose.RS256, f.key, "f", claims) }
		f.says.Store(&honest)
		b := browser(t)
		begun := ask(t, b, "GET", g.URL+"/auth/login", "")
		login := begun.Cookies()[0]
		back := ask(t, b, "GET", begun.to(), "").to()
		if want := test.public; want != "" && !strings.HasPrefix(back, strings.TrimSuffix(want, "/")+"/auth/callback?") {
			t.Errorf("%s: sent back to %s", test.public, back)
		}
		_, query, _ := strings.Cut(back, "?")
		done := ask(t, b, "GET", g.URL+"/auth/callback?"+query, "", "Cookie", login.Name+"="+login.Value)
		if done.StatusCode != http.StatusSeeOther {
			t.Fatalf("%s: %s: %s", test.public, done.Status, done.body)
		}
		for _, one := range append(done.Cookies(), login) {
			if one.Name == test.name && (one.Path != test.path || one.Domain != "") || !one.HttpOnly || one.SameSite != http.SameSiteLaxMode || one.Secure != test.secure {
				t.Errorf("%s: %s", test.public, one)
			}
			if one.Name == test.name {
				if said := whoIs(t, browser(t), g, "Cookie", one.Name+"="+one.Value); said.Kind != "account" {
					t.Errorf("%s: %+v", test.public, said)
				}
			}
		}
	}
}
