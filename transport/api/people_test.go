package api

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/transport/api/answer"
	"pixelplayground/transport/auth"
	"pixelplayground/transport/quota"
)

// fakePeople knows one guest, refuses one visitor, and greets all.
type fakePeople struct {
	asked   []auth.Shown
	greeted []bool // whether they came by TLS
}

func (p *fakePeople) Identify(shown auth.Shown) (canvas.Person, *auth.Refusal) {
	p.asked = append(p.asked, shown)
	switch {
	case slices.Contains(shown.Cookies, "guest=looker"):
		return canvas.Person{Kind: canvas.Guest, User: 8, ReadOnly: true}, nil
	case slices.Contains(shown.Cookies, "guest=ada"):
		return canvas.Person{Kind: canvas.Guest, User: 7}, nil
	case slices.Contains(shown.Cookies, "early=1"):
		return canvas.Person{Unsure: true}, nil
	case slices.Contains(shown.Authorization, "Bearer nobody"):
		return canvas.Person{}, &auth.Refusal{Status: http.StatusServiceUnavailable, Text: "come again", Retry: 1500 * time.Millisecond}
	}
	return canvas.Person{}, nil
}

func (p *fakePeople) Greet(_ http.ResponseWriter, _ *http.Request, secure bool) {
	p.greeted = append(p.greeted, secure)
}

func (p *fakePeople) MayWatch(shown auth.Shown) *auth.Refusal {
	if slices.Contains(shown.Authorization, "Bearer nobody") {
		return &auth.Refusal{Status: http.StatusUnauthorized, Text: "sign in"}
	}
	return nil
}

func (p *fakePeople) Routes() map[string]answer.Methods {
	return map[string]answer.Methods{"/api/me": {"GET": func(w http.ResponseWriter, _ *http.Request) { answer.JSON(w, http.StatusOK, "ada") }}}
}

func (p *fakePeople) Operator() map[string]answer.Methods {
	return map[string]answer.Methods{"keys": {"GET": func(w http.ResponseWriter, _ *http.Request) { answer.JSON(w, http.StatusOK, "keys") }}}
}

func TestPeople_PlaceAsWhoTheyAre(t *testing.T) {
	p, people := newPod(t), &fakePeople{}
	p.server.People = people
	for path, body := range map[string]string{
		"/api/pixel": `{"x":1,"y":1,"color":"#000000"}`, "/api/pixels": `{"pixels":[{"x":1,"y":1,"color":"#000000"}]}`,
	} {
		p.canvas.persons = nil
		if w := p.ask("PUT", path, body, "Cookie", "guest=ada"); w.Code != 200 {
			t.Errorf("%s as a guest: %d %s", path, w.Code, w.Body)
		}
		if w := p.ask("PUT", path, body); w.Code != 200 {
			t.Errorf("%s as a program: %d %s", path, w.Code, w.Body)
		}
		if want := []canvas.Person{{Kind: canvas.Guest, User: 7}, {}}; !slices.Equal(p.canvas.persons, want) {
			t.Errorf("%s was placed by %+v, want %+v", path, p.canvas.persons, want)
		}
		if w := p.ask("PUT", path, body, "Cookie", "early=1"); w.Code != 503 || w.Header().Get("Retry-After") == "" {
			t.Errorf("%s before it is known who that is: %d %s", path, w.Code, w.Body)
		}
		w := p.ask("PUT", path, body, "Authorization", "Bearer nobody")
		if w.Code != 503 || w.Header().Get("Retry-After") != "2" || w.Body.String() != `{"error":"come again"}`+"\n" {
			t.Errorf("%s as nobody: %d %v %s", path, w.Code, w.Header(), w.Body)
		}
	}
	if from := people.asked[0].From; from != netip.MustParseAddr("192.0.2.1") { // httptest's
		t.Errorf("asked about %v", from)
	}
}

// The page makes its browser a guest, and nothing else does.
func TestPeople_AreGreetedWithThePage(t *testing.T) {
	proxies := quota.Proxies{Networks: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}, Header: quota.XForwardedFor}
	for _, test := range []struct {
		method, target, peer string
		forwarded            string
		greeted              []bool
	}{
		{method: "GET", target: "/", peer: "198.51.100.1", greeted: []bool{false}},
		{method: "HEAD", target: "/index.html", peer: "198.51.100.1", greeted: []bool{false}},
		{method: "GET", target: "https://canvas.test/", peer: "198.51.100.1", greeted: []bool{true}}, // by TLS, for httptest
		{method: "GET", target: "/", peer: "192.0.2.1", forwarded: "https", greeted: []bool{true}},
		{method: "GET", target: "/", peer: "192.0.2.1", forwarded: "http", greeted: []bool{false}},
		{method: "GET", target: "/?embed", peer: "192.0.2.1", forwarded: "https"},                      // it may be in the frame of another site
		{method: "GET", target: "/", peer: "198.51.100.1", forwarded: "https", greeted: []bool{false}}, // who is no proxy
		{method: "GET", target: "/app/main.js", peer: "198.51.100.1"},
		{method: "GET", target: "/app/", peer: "198.51.100.1"},
		{method: "POST", target: "/", peer: "198.51.100.1"},
	} {
		people := &fakePeople{}
		pages, err := newPages(fstest.MapFS{"index.html": {}, "app/main.js": {}}, people, nil, nil, small)
		if err != nil {
			t.Fatal(err)
		}
		w, r := httptest.NewRecorder(), httptest.NewRequest(test.method, test.target, nil)
		r.RemoteAddr = test.peer + ":1234"
		r.Header.Set("X-Forwarded-Proto", test.forwarded)
		answer.Behind(proxies, pages).ServeHTTP(w, r)
		if !slices.Equal(people.greeted, test.greeted) {
			t.Errorf("%s %s from %s, forwarded %q: greeted %v, want %v", test.method, test.target, test.peer, test.forwarded, people.greeted, test.greeted)
		}
		if cached := w.Header().Get("Cache-Control"); len(test.greeted) > 0 && cached != "private, no-cache" {
			t.Errorf("%s %s: a shared cache may keep it: %q", test.method, test.target, cached)
		}
	}
}

// TestPeople_HostOfTheProxy: what our proxy says that the browser asked for is where this server is; what others say is not.
func TestPeople_HostOfTheProxy(t *testing.T) {
	networks := []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}
	for _, test := range []struct {
		header, peer, field, value string
		host                       string
		secure                     bool
	}{
		{quota.XForwardedFor, "192.0.2.1", "X-Forwarded-Host", "example.org", "example.org", false},
		{quota.XForwardedFor, "192.0.2.1", "X-Forwarded-Host", "evil.example/, ", "inner", false},
		{quota.XForwardedFor, "198.51.100.1", "X-Forwarded-Host", "evil.example", "inner", false},
		{quota.Forwarded, "192.0.2.1", "Forwarded", "for=198.51.100.1;host=example.org;proto=https", "example.org", true},
		{quota.Forwarded, "198.51.100.1", "Forwarded", "for=198.51.100.1;host=evil.example;proto=https", "inner", false},
		{quota.Forwarded, "192.0.2.1", "X-Forwarded-Host", "evil.example", "inner", false},
	} {
		proxies := quota.Proxies{Networks: networks, Header: test.header}
		r := httptest.NewRequest("GET", "http://inner/", nil)
		r.RemoteAddr = test.peer + ":1234"
		r.Header.Set(test.field, test.value)
		answer.Behind(proxies, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			if r.Host != test.host || answer.Secure(r) != test.secure {
				t.Errorf("%s: %s from %s: host %q, secure %v; want %q, %v", test.field, test.value, test.peer, r.Host, answer.Secure(r), test.host, test.secure)
			}
		})).ServeHTTP(httptest.NewRecorder(), r)
	}
}

// TestPeople_AreNoOtherSites: pages that may use the API still can't read who somebody is, or use keys,
// and nobody reads a canvas that they may not see.
func TestPeople_AreNoOtherSites(t *testing.T) {
	p := newPodOf(t, &fakePeople{}, func(c *Config) { c.AdminTokens = []string{"0123456789abcdef"} })
	for path, shared := range map[string]bool{"/api/me": false, "/api/canvas": true} {
		for _, method := range []string{"GET", "OPTIONS"} {
			w := p.ask(method, path, "", "Origin", "https://friend.example")
			if got := w.Header().Get("Access-Control-Allow-Origin") != ""; got != shared || w.Code >= 300 {
				t.Errorf("%s %s: %d %v", method, path, w.Code, w.Header())
			}
		}
	}
	for _, path := range []string{"/api/canvas", "/api/canvas.png", "/api/pixel/1/1"} {
		if w := p.ask("GET", path, "", "Authorization", "Bearer nobody"); w.Code != http.StatusUnauthorized {
			t.Errorf("%s by who may not look: %d", path, w.Code)
		}
		if w := p.ask("GET", path, ""); w.Code != http.StatusOK {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
	p.canvas.names = []string{"Ada"}
	if w := p.ask("GET", "/health", "", "Authorization", "Bearer nobody"); w.Code != 200 || strings.Contains(w.Body.String(), "Ada") {
		t.Errorf("who may not look sees who is there: %s", w.Body)
	}
	if w := p.ask("GET", "/admin/api/keys", ""); w.Code != http.StatusUnauthorized {
		t.Errorf("keys for anybody: %d", w.Code)
	}
	if w := p.ask("GET", "/admin/api/keys", "", "Authorization", "Bearer 0123456789abcdef"); w.Code != 200 || w.Body.String() != "\"keys\"\n" {
		t.Errorf("keys for operators: %d %s", w.Code, w.Body)
	}
}

// TestPeople_MayOnlyLook: who may look and not draw is told so.
func TestPeople_MayOnlyLook(t *testing.T) {
	p := newPodOf(t, &fakePeople{})
	for path, body := range map[string]string{"/api/pixel": `{"x":1,"y":1,"color":"#000000"}`, "/api/pixels": `{"pixels":[{"x":1,"y":1,"color":"#000000"}]}`} {
		w := p.ask("PUT", path, body, "Cookie", "guest=looker")
		if w.Code != http.StatusForbidden || !strings.Contains(w.Body.String(), canvas.RefusedRights.Text()) {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
	if len(p.canvas.persons) > 0 {
		t.Errorf("placed by %+v", p.canvas.persons)
	}
}

func (p *fakePeople) Rank(context.Context, canvas.Author) (canvas.Role, error) { return 0, nil }

func (p *fakePeople) Maker(context.Context, canvas.Author) (canvas.Author, error) { return 0, nil }
