package api

import (
	"fmt"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"pixelplayground/web"
)

func TestPages(t *testing.T) {
	p := newPod(t)
	for _, test := range []struct {
		method, target string
		status         int
		kind, body     string
	}{
		{"GET", "/", 200, "text/html; charset=utf-8", "<!doctype html><title>canvas</title>"},
		{"HEAD", "/", 200, "text/html; charset=utf-8", ""},
		{"GET", "/app/main.js", 200, "text/javascript; charset=utf-8", "export {}"},
		{"GET", "/app/style.css", 200, "text/css; charset=utf-8", "body{}"},
		{"GET", "/app/", 404, "text/plain; charset=utf-8", "There is no such page. The canvas is at /\n"},
		{"GET", "/app", 404, "text/plain; charset=utf-8", "There is no such page. The canvas is at /\n"},
		{"GET", "/nothing", 404, "text/plain; charset=utf-8", "There is no such page. The canvas is at /\n"},
		{"POST", "/", 405, "text/plain; charset=utf-8", "Method not allowed\n"},
	} {
		w := p.ask(test.method, test.target, "")
		if w.Code != test.status || w.Header().Get("Content-Type") != test.kind || w.Body.String() != test.body {
			t.Errorf("%s %s: got %d %q %q", test.method, test.target, w.Code, w.Header().Get("Content-Type"), w.Body)
		}
		for name, want := range map[string]string{
			"Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
		} {
			if got := w.Header().Get(name); got != want {
				t.Errorf("%s %s: %s is %q", test.method, test.target, name, got)
			}
		}
	}
}

// Goal: only the frame that asks other hosts for pictures may, and it has no origin. The page itself asks nobody else.
func TestPages_Elsewhere(t *testing.T) {
	pages, err := newPages(fstest.MapFS{
		"index.html":                  {Data: []byte("<!doctype html>")},
		"js/templates/elsewhere.html": {Data: []byte("<!doctype html>")},
	}, nil, nil, nil, small)
	if err != nil {
		t.Fatal(err)
	}
	for target, want := range map[string]bool{"/js/templates/elsewhere.html": true, "/": false, "/js/templates/../templates/elsewhere.html": true, "/js/templates/nothing.html": false} {
		w := httptest.NewRecorder()
		pages.ServeHTTP(w, httptest.NewRequest("GET", target, nil))
		policies := w.Header()["Content-Security-Policy"]
		if len(policies) != 1 || strings.Contains(policies[0], "https:") != want || strings.Contains(policies[0], "sandbox allow-scripts") != want {
			t.Errorf("%s: %q", target, policies)
		}
	}
}

func TestPages_NotModified(t *testing.T) {
	p := newPod(t)
	first := p.ask("GET", "/app/main.js", "")
	tag := first.Header().Get("ETag")
	if tag == "" || first.Header().Get("Cache-Control") != "no-cache" {
		t.Fatalf("headers %v", first.Header())
	}
	if w := p.ask("GET", "/app/main.js", "", "If-None-Match", tag); w.Code != 304 || w.Body.Len() > 0 {
		t.Errorf("unchanged: got %d and %d bytes", w.Code, w.Body.Len())
	}
	if w := p.ask("GET", "/app/style.css", "", "If-None-Match", tag); w.Code != 200 {
		t.Errorf("another file: got %d", w.Code)
	}
}

// Goal: a page that is bundled names files that may be kept for ever; what another version of the server names is there too, but
// may not be kept.
func TestPages_Bundled(t *testing.T) {
	pages, err := newPages(fstest.MapFS{
		"index.html":  {Data: []byte(`<!doctype html><meta name="canvas"><script type="module" src="js/main.js"></script>`)},
		"js/main.js":  {Data: []byte(`import("./lazy.js").then(({ say }) => say("here"));`)},
		"js/lazy.js":  {Data: []byte(`export function say(text) { alert(text); }`)},
		"js/other.js": {Data: []byte(`export const unused = 1;`)},
	}, nil, nil, nil, small)
	if err != nil {
		t.Fatal(err)
	}
	ask := func(target string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		pages.ServeHTTP(w, httptest.NewRequest("GET", target, nil))
		return w
	}
	page := ask("/")
	size := fmt.Sprintf(`<meta name="canvas" content="%d %d %d">`, small.Width, small.Height, small.Region)
	main := regexp.MustCompile(`js/bundle/main\.[0-9a-f]+\.js`).FindString(page.Body.String())
	if main == "" || !strings.Contains(page.Body.String(), size) || page.Header().Get("Cache-Control") != "no-cache" {
		t.Fatalf("%v %s", page.Header(), page.Body)
	}
	script := ask("/" + main)
	lazy := regexp.MustCompile(`\./lazy\.[0-9a-f]+\.js`).FindString(script.Body.String())
	if script.Header().Get("Cache-Control") != "public, max-age=31536000, immutable" || lazy == "" {
		t.Errorf("%v %s", script.Header(), script.Body)
	}
	for target, want := range map[string]string{
		"/js/bundle/" + lazy[2:]:          "200 public, max-age=31536000, immutable",
		"/js/bundle/main.0123456789ab.js": "200 no-store",
		"/js/bundle/lazy.0123456789ab.js": "404 ", // of another version: it would not fit the page
		"/js/bundle/main.css":             "404 ",
		"/js/bundle/":                     "404 ",
		"/js/main.js":                     "200 no-cache",
		"/index.html?sources":             "200 no-cache",
	} {
		w := ask(target)
		if got := fmt.Sprint(w.Code, " ", w.Header().Get("Cache-Control")); got != want {
			t.Errorf("%s: %s, want %s", target, got, want)
		}
	}
	if body := ask("/?sources").Body.String(); !strings.Contains(body, `src="js/main.js"`) {
		t.Errorf("sources: %s", body)
	}
}

// Goal: pages of any site, and programs, get the client as one module, from which they import what client.d.ts says;
// and under a name that may be kept for ever.
func TestPages_Client(t *testing.T) {
	pages, err := newPages(web.Files(), nil, nil, nil, small)
	if err != nil {
		t.Fatal(err)
	}
	ask := func(target string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		pages.ServeHTTP(w, httptest.NewRequest("GET", target, nil))
		return w
	}
	client := ask("/client.js")
	kept := client.Header().Get("Content-Location")
	if client.Code != 200 || client.Header().Get("Cache-Control") != askAgain || client.Header().Get("Access-Control-Allow-Origin") != "*" {
		t.Errorf("%d %v", client.Code, client.Header())
	}
	if body := client.Body.String(); !strings.Contains(body, "export const{") || strings.Contains(body, "import ") {
		t.Errorf("the client is not one module that exports: %.100s", body)
	}
	for _, test := range []struct{ target, caching, types string }{
		{"/" + kept, forEver, "../../js/client.d.ts"},
		{"/js/bundle/client.0123456789ab.js", "no-store", "../../js/client.d.ts"}, // of another version of the server
		{"/client.js", askAgain, "js/client.d.ts"},
	} {
		w := ask(test.target)
		if w.Code != 200 || w.Body.String() != client.Body.String() {
			t.Errorf("%s: %d, %d bytes", test.target, w.Code, w.Body.Len())
		}
		if got := w.Header(); got.Get("Cache-Control") != test.caching || got.Get("X-TypeScript-Types") != test.types || got.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%s: %v", test.target, got)
		}
	}
	if types := ask("/js/client.d.ts"); types.Code != 200 || !strings.HasPrefix(types.Header().Get("Content-Type"), "text/typescript") {
		t.Errorf("types: %d %v", types.Code, types.Header())
	}
}
