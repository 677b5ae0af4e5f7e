package auth

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"pixelplayground/transport/auth/openid"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/store/memory"
	"pixelplayground/actors/telemetry/logtest"
	"pixelplayground/transport/auth/openidtest"
)

// town is a canvas whose people sign in: some gateways over one store.
type town struct {
	t      *testing.T
	papers *memory.Store
	clock  *openidtest.Clock
	cfg    Config
	log    logtest.Lines
}

// newTown is a town with the clock of the provider, which is the computer's.
func newTown(t *testing.T, issuer string) *town {
	c := &openidtest.Clock{At: time.Now()}
	return &town{t: t, clock: c, papers: memory.New(memory.Config{Geometry: canvas.Geometry{Width: 8, Height: 8, Region: 8}}), cfg: Config{
		Pace: canvas.Pace{Rate: 5, Burst: 50},
		SignIn: SignInConfig{
			Issuer: issuer, ClientID: openidtest.ClientID, ClientSecret: openidtest.ClientSecret, Scopes: []string{"profile", "email"}, Lasts: time.Hour,
			Roles: openid.Roles{Claim: "groups", Moderators: []string{"moderators"}},
		},
	}}
}

// gateway is a server of a town.
type gateway struct {
	*People
	*httptest.Server
	mu    sync.Mutex
	ended []string // logins whose connections were ended here
}

func (w *town) gateway() *gateway {
	w.t.Helper()
	g := &gateway{People: New(w.cfg, w.papers, w.clock.Now, slog.New(slog.NewTextHandler(&w.log, nil)))}
	if err := g.Learn(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	g.Tell(Ends{Here: func(login string) {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.ended = append(g.ended, login)
	}})
	mux := http.NewServeMux()
	for path, methods := range g.Routes() {
		for method, handle := range methods {
			mux.HandleFunc(method+" "+path, handle)
		}
	}
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "the page") })
	g.Server = httptest.NewServer(mux)
	w.t.Cleanup(g.Close)
	return g
}

func browser(t *testing.T) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// got is an answer, read.
type got struct {
	*http.Response
	body string
}

func (g got) to() string { return g.Header.Get("Location") }

// ask sends a request; the headers are in pairs.
func ask(t *testing.T, b *http.Client, method, to, body string, headers ...string) got {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, to, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	answer, err := b.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return got{answer, string(text)}
}

// whoIs is what GET /api/me says.
func whoIs(t *testing.T, b *http.Client, g *gateway, headers ...string) (said me) {
	t.Helper()
	answer := ask(t, b, "GET", g.URL+"/api/me", "", headers...)
	if err := json.Unmarshal([]byte(answer.body), &said); err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("GET /api/me: %s: %s: %v", answer.Status, answer.body, err)
	}
	return said
}

// callbackOf begins a sign-in and fills in the provider's form.
func callbackOf(t *testing.T, b *http.Client, g *gateway, account, query string) string {
	t.Helper()
	begun := ask(t, b, "GET", g.URL+"/auth/login"+query, "")
	if begun.StatusCode != http.StatusSeeOther {
		t.Fatalf("login: %s: %s", begun.Status, begun.body)
	}
	callback, err := openidtest.SignIn(&http.Client{}, begun.to(), account)
	if err != nil {
		t.Fatal(err)
	}
	return callback
}

// signIn signs in as an account, and returns where the browser is sent in the end.
func signIn(t *testing.T, b *http.Client, g *gateway, account, query string) string {
	t.Helper()
	done := ask(t, b, "GET", callbackOf(t, b, g, account, query), "")
	if done.StatusCode != http.StatusSeeOther {
		t.Fatalf("callback: %s: %s", done.Status, done.body)
	}
	return done.to()
}

func TestSignIn_WithAProvider(t *testing.T) {
	provider := openidtest.Start(t)
	for _, client := range []string{openidtest.ClientID, openidtest.ClientInToken} {
		w := newTown(t, provider.Issuer)
		w.cfg.SignIn.ClientID = client
		g, b := w.gateway(), browser(t)
		if said := whoIs(t, b, g); said.Kind != "program" || said.Role != "guest" || said.SignIn != "auth/login" || said.Keys {
			t.Errorf("%s: before: %+v", client, said)
		}
		if to := signIn(t, b, g, openidtest.Moderator, "?to=/%3Fx%3D7"); to != "/?x=7" {
			t.Errorf("%s: sent to %q", client, to)
		}
		said := whoIs(t, b, g)
		if said.Kind != "account" || said.Role != "moderator" || said.Name != "Test User" || len(said.User) != 12 || !said.Keys || said.Until == 0 {
			t.Errorf("%s: after: %+v", client, said)
		}
		other := w.gateway()
		if there := whoIs(t, b, other); there != said {
			t.Errorf("%s: on another gateway: %+v", client, there)
		}
		second := browser(t) // another device of the same account
		if signIn(t, second, other, openidtest.Moderator, ""); whoIs(t, second, other).User != said.User {
			t.Errorf("%s: on another device it is another user", client)
		}

		out := ask(t, b, "POST", other.URL+"/auth/logout", "")
		var done signedOut
		if err := json.Unmarshal([]byte(out.body), &done); err != nil || !done.OK {
			t.Fatalf("%s: logout: %s: %s", client, out.Status, out.body)
		}
		if said := whoIs(t, b, g); said.Kind != "program" {
			t.Errorf("%s: after the sign-out: %+v", client, said)
		}
		next, err := url.Parse(done.Next)
		if err != nil || next.Query().Get("id_token_hint") == "" {
			t.Fatalf("%s: next is %q: %v", client, done.Next, err)
		}
		if ended := ask(t, &http.Client{CheckRedirect: b.CheckRedirect}, "GET", done.Next, ""); ended.to() != other.URL+"/" {
			t.Errorf("%s: the provider ends its session with %s, %q: %s", client, ended.Status, ended.to(), ended.body)
		}
		if whoIs(t, second, g).Kind != "account" {
			t.Errorf("%s: the other device is signed out too", client)
		}
	}
}

// TestSignIn_EndsEverywhere: a stolen cookie is worth nothing on any gateway after the sign-out, also not
// on one that starts later, and connections are ended.
func TestSignIn_EndsEverywhere(t *testing.T) {
	provider := openidtest.Start(t)
	w := newTown(t, provider.Issuer)
	a, b, thief := w.gateway(), w.gateway(), browser(t)
	owner := browser(t)
	a.ends.Others = func(_ context.Context, text string) {
		if err := b.End(text); err != nil {
			t.Error(err)
		}
	}
	signIn(t, owner, a, openidtest.Member, "")
	at, _ := url.Parse(a.URL)
	thief.Jar.SetCookies(at, owner.Jar.Cookies(at))
	if whoIs(t, thief, b).Kind != "account" {
		t.Fatal("the thief has no session")
	}
	if out := ask(t, owner, "POST", a.URL+"/auth/logout", "", "Accept", "text/html"); out.StatusCode != http.StatusSeeOther || !strings.HasPrefix(out.to(), provider.Issuer) {
		t.Errorf("a form is answered with %s to %q", out.Status, out.to())
	}
	for what, g := range map[string]*gateway{"this one": a, "another": b, "one that starts later": w.gateway()} {
		if said := whoIs(t, thief, g); said.Kind != "program" {
			t.Errorf("%s: the thief is %+v", what, said)
		}
	}
	for _, g := range []*gateway{a, b} {
		if len(g.ended) != 1 || !strings.HasPrefix(g.ended[0], "session/") {
			t.Errorf("ended here: %q", g.ended)
		}
	}
}

// TestSignIn_WithoutTheProvider: the server serves while the provider is away, says so to who wants to
// sign in, asks one at a time, and notices when the provider is back.
func TestSignIn_WithoutTheProvider(t *testing.T) {
	provider := openidtest.Start(t)
	provider.Kill()
	w := newTown(t, provider.Issuer)
	g, b := w.gateway(), browser(t)
	if whoIs(t, b, g).Kind != "program" {
		t.Error("nobody is served")
	}
	for range 2 {
		away := ask(t, b, "GET", g.URL+"/auth/login", "")
		if away.StatusCode != http.StatusServiceUnavailable || away.Header.Get("Retry-After") != "1" || !strings.Contains(away.body, "can&#39;t be reached") || !strings.Contains(away.body, "Try again in 1 s") {
			t.Errorf("while it is away: %s, %q: %s", away.Status, away.Header.Get("Retry-After"), away.body)
		}
	}
	provider.StartAgain(t)
	w.clock.Pass(openid.FirstPause)
	signIn(t, b, g, openidtest.Member, "")
	if whoIs(t, b, g).Kind != "account" {
		t.Error("it is back, and nobody can sign in")
	}

	going := browser(t)
	callback := callbackOf(t, going, g, openidtest.Member, "")
	provider.Kill()
	if away := ask(t, going, "GET", callback, ""); away.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("it went away meanwhile: %s: %s", away.Status, away.body)
	}
	if whoIs(t, b, g).Kind != "account" {
		t.Error("it is away, and a session has ended")
	}
	w.clock.Pass(time.Hour)
	if whoIs(t, b, g).Kind != "program" {
		t.Error("a session does not expire")
	}
}

// TestIssuer_Hangs: a provider that accepts and never answers is asked once at a time, and only so long.
func TestIssuer_Hangs(t *testing.T) {
	asked := make(chan struct{}, 100)
	release := make(chan struct{})
	hanging := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		asked <- struct{}{}
		<-release
	}))
	defer hanging.Close()
	defer close(release)
	time0 := openidtest.NewClock()
	i := openid.NewIssuer(hanging.URL, time0.Now)
	i.HTTP.Timeout = 300 * time.Millisecond
	var all sync.WaitGroup
	failed := make(chan error, 20)
	for range 20 {
		all.Go(func() {
			_, err := i.Get(t.Context())
			failed <- err
		})
	}
	all.Wait()
	close(failed)
	for err := range failed {
		if err == nil || reason(err) != "it takes too long" {
			t.Errorf("got %v", err)
		}
	}
	if n := len(asked); n != 1 {
		t.Errorf("asked %d times", n)
	}
}

func TestIssuer_IsNotWhatItSays(t *testing.T) {
	for what, document := range map[string]string{
		"another issuer": `{"issuer": "https://other.example", "authorization_endpoint": "https://other.example/a", "token_endpoint": "https://other.example/t", "jwks_uri": "https://other.example/k"}`,
		"too much":       `{"issuer": "` + strings.Repeat("x", openid.MaxAnswer) + `"}`,
		"no JSON":        "<html>",
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, document)
		}))
		if _, err := openid.NewIssuer(server.URL, time.Now).Get(t.Context()); err == nil {
			t.Errorf("%s: believed", what)
		}
		server.Close()
	}
}

// TestSignIn_ClocksMayDiffer: our clock is up to a minute before or after the provider's tokens.
func TestSignIn_ClocksMayDiffer(t *testing.T) {
	provider := openidtest.Start(t)
	for _, test := range []struct {
		ahead time.Duration
		ok    bool
	}{
		{-4 * time.Minute, true}, {0, true}, {time.Hour + 50*time.Second, true}, {time.Hour + 70*time.Second, false}, // its tokens last an hour
	} {
		w := newTown(t, provider.Issuer)
		w.clock.Pass(test.ahead)
		g, b := w.gateway(), browser(t)
		done := ask(t, b, "GET", callbackOf(t, b, g, openidtest.Member, ""), "")
		if (done.StatusCode == http.StatusSeeOther) != test.ok {
			t.Errorf("%s ahead: %s: %s %s", test.ahead, done.Status, done.body, &w.log)
		}
	}
}

// TestSignIn_ElsewhereThanBegun: any gateway can finish what another one began.
func TestSignIn_ElsewhereThanBegun(t *testing.T) {
	provider := openidtest.Start(t)
	w := newTown(t, provider.Issuer)
	began, b := w.gateway(), browser(t)
	callback := callbackOf(t, b, began, openidtest.Member, "")
	finishes := w.gateway()
	done := ask(t, b, "GET", strings.Replace(callback, began.URL, finishes.URL, 1), "")
	if done.StatusCode != http.StatusSeeOther || whoIs(t, b, began).Kind != "account" {
		t.Errorf("%s: %s", done.Status, done.body)
	}
}
