package api

import (
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/transport/api/answer"
)

// linked makes previews for a canvas, and the page that they are written into.
func linked(t *testing.T, g canvas.Geometry) (*previews, func(target string, change ...func(*http.Request)) string) {
	t.Helper()
	shown := &previews{
		geometry: g, past: true, kept: make(map[string]*answer.File),
		allowed: func(*http.Request, int) bool { return true }, open: func(*http.Request) bool { return true },
	}
	pages, err := newPages(fstest.MapFS{"index.html": {Data: []byte(`<!doctype html><title>canvas</title><meta name="canvas"><p>page</p>`)}}, nil, shown, []string{"https://friend.example"}, g)
	if err != nil {
		t.Fatal(err)
	}
	return shown, func(target string, change ...func(*http.Request)) string {
		w, r := httptest.NewRecorder(), httptest.NewRequest("GET", target, nil)
		for _, f := range change {
			f(r)
		}
		pages.ServeHTTP(w, r)
		if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "<p>page</p>") {
			t.Fatalf("%s: %d %s", target, w.Code, w.Body)
		}
		return w.Body.String()
	}
}

// tagOf is what a tag of a page says; empty: there is none.
func tagOf(page, name string) string {
	found := regexp.MustCompile(`<meta (?:property|name)="` + name + `" content="([^"]*)">`).FindStringSubmatch(page)
	if found == nil {
		return ""
	}
	return html.UnescapeString(found[1])
}

func TestPreview_OfAPlace(t *testing.T) {
	_, ask := linked(t, canvas.Geometry{Width: 1024, Height: 1024, Region: 256})
	for _, test := range []struct{ target, title, address, picture, size string }{
		{"http://c.test/", "Pixel Playground", "http://c.test/", "http://c.test/api/canvas.png?x=0&y=0&w=1024&h=1024&scale=1", "1024x1024"},
		{"http://c.test/?x=512&y=400&z=8", "Pixel Playground at 512, 400", "http://c.test/?x=512&y=400&z=8", "http://c.test/api/canvas.png?x=437&y=361&w=150&h=78&scale=8", "1200x624"},
		{"http://c.test/?x=0&y=1023&z=64", "Pixel Playground at 0, 1023", "http://c.test/?x=0&y=1023&z=64", "http://c.test/api/canvas.png?x=0&y=1005&w=37&h=19&scale=32", "1184x608"},
		{"http://c.test/?x=3&y=4", "Pixel Playground at 3, 4", "http://c.test/?x=3&y=4&z=8", "http://c.test/api/canvas.png?x=0&y=0&w=150&h=78&scale=8", "1200x624"},
		{"http://c.test/?x=512&y=512&z=0.25", "Pixel Playground at 512, 512", "http://c.test/?x=512&y=512&z=0.25", "http://c.test/api/canvas.png?x=0&y=197&w=1024&h=630&scale=1", "1024x630"},
		{"http://c.test/?x=3&y=4&z=8&t=2026-05-04T12:00:00Z", "Pixel Playground at 3, 4", "http://c.test/?x=3&y=4&z=8&t=2026-05-04T12:00:00Z", "http://c.test/api/canvas.png?x=0&y=0&w=150&h=78&scale=8&at=1777896000000", "1200x624"},
	} {
		page := ask(test.target)
		got := []string{tagOf(page, "og:title"), tagOf(page, "og:url"), tagOf(page, "og:image"), tagOf(page, "og:image:width") + "x" + tagOf(page, "og:image:height")}
		if want := []string{test.title, test.address, test.picture, test.size}; fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s\ngot  %q\nwant %q", test.target, got, want)
		}
		if tagOf(page, "twitter:card") != "summary_large_image" || tagOf(page, "og:description") == "" {
			t.Errorf("%s: %s", test.target, page)
		}
	}
}

// Goal: whatever place a link names, its picture is one that this server makes, and no large one.
func TestPreview_PicturesCanBeAskedFor(t *testing.T) {
	for _, g := range []canvas.Geometry{small, {Width: 1, Height: 1, Region: 1}, {Width: 16384, Height: 4096, Region: 256}, {Width: 1024, Height: 2, Region: 256}} {
		shown := &previews{geometry: g}
		for _, at := range []place{{}, {zoom: 0.01}, {x: g.Width - 1, y: g.Height - 1, zoom: 64}, {x: g.Width / 2, zoom: 1.5}, {y: g.Height - 1, zoom: 33}} {
			p := shown.picture(at)
			query := url.Values{}
			for name, n := range map[string]int{"x": p.x, "y": p.y, "w": p.width, "h": p.height, "scale": p.scale} {
				query.Set(name, fmt.Sprint(n))
			}
			v, err := parseView(query, g)
			if err != nil || v.part != p || v.pixels() > smallWork {
				t.Errorf("%v at %v: %v, %d pixels, %v", g, at, p, v.pixels(), err)
			}
			if at.zoom > 0 && (at.x < p.x || at.y < p.y || at.x >= p.x+p.width || at.y >= p.y+p.height) {
				t.Errorf("%v at %v: %v does not show it", g, at, p)
			}
		}
	}
}

// Goal: nothing that a stranger writes comes into the page as it is. Method: hosts and queries that are none.
func TestPreview_HostileLinks(t *testing.T) {
	_, ask := linked(t, small)
	plain := ask("http://c.test/")
	for _, query := range []string{
		`x="><script>&y=1&z=1`, `x=1&y=1&z="><script>`, `x=1&y=1&z=NaN`, `x=1&y=1&z=Inf`, `x=1&y=1&z=-1`, `x=1&y=1&z=1e9`, `x=-1&y=0`, `x=40&y=0`, `x=0&y=20`, `x=99999999999999999999&y=0`,
		`x=%00&y=%00`, `x[]=1&y=1`, `x=1`, `z=8`, `x=1;y=2`,
	} {
		target := "http://c.test/?" + strings.NewReplacer(`"`, "%22", "<", "%3C", ">", "%3E", " ", "%20").Replace(query)
		if got := ask(target); got != plain {
			t.Errorf("%s: %s", query, got)
		}
	}
	if page := ask(`http://c.test/?x=1&y=1&z=8&t=%22%3E%3Cscript%3E`); strings.Contains(page, "<script") || strings.Contains(tagOf(page, "og:image"), "at=") {
		t.Errorf("a time that is none: %s", page)
	}
	if page := ask(`http://c.test/?x=1&y=1&z=8&t=now`); strings.Contains(tagOf(page, "og:image"), "at=") {
		t.Errorf("now is no moment of the past: %s", page)
	}
	for _, host := range []string{`a"><script>`, "a b", "a/b", "a@b", "", strings.Repeat("a", 300), "a\nb", "a&b", "ä"} {
		page := ask("http://c.test/?x=1&y=1", func(r *http.Request) { r.Host = host })
		if strings.Contains(page, "og:") || strings.Contains(page, "script>") {
			t.Errorf("host %q: %s", host, page)
		}
	}
}

// Goal: the addresses are those where the page is, as a proxy of ours or the operator says.
func TestPreview_WhereThePageIs(t *testing.T) {
	shown, ask := linked(t, small)
	if got := tagOf(ask("https://c.test/?x=1&y=1&z=1"), "og:url"); got != "https://c.test/?x=1&y=1&z=1" {
		t.Errorf("by TLS: %s", got)
	}
	shown.public = &url.URL{Scheme: "https", Host: "example.org", Path: "/draw"}
	page := ask("http://10.0.0.1:8080/?x=1&y=1&z=1", func(r *http.Request) { r.Host = `"><script>` })
	if got := tagOf(page, "og:image"); !strings.HasPrefix(got, "https://example.org/draw/api/canvas.png?") {
		t.Errorf("below a path: %s", got)
	}
}

// Goal: where strangers may not look, a link shows no picture; and who causes too much work gets the page without tags.
func TestPreview_Refused(t *testing.T) {
	shown, ask := linked(t, small)
	shown.open = func(*http.Request) bool { return false }
	if page := ask("http://c.test/"); tagOf(page, "og:image") != "" || tagOf(page, "og:title") == "" || tagOf(page, "twitter:card") != "summary" {
		t.Errorf("closed: %s", page)
	}
	left := 3
	shown.allowed = func(_ *http.Request, units int) bool { left--; return units == pageWork && left >= 0 }
	tagged := 0
	for x := range 10 {
		if tagOf(ask(fmt.Sprintf("http://c.test/?x=%d&y=1", x)), "og:title") != "" {
			tagged++
		}
	}
	if tagged != 3 {
		t.Errorf("%d pages were made, 3 allowed", tagged)
	}
	if tagOf(ask("http://c.test/?x=2&y=1"), "og:title") == "" {
		t.Error("a page that is kept costs work")
	}
}

func TestPreview_KeepsAFewPages(t *testing.T) {
	shown, ask := linked(t, small)
	for x := range small.Width {
		for y := range small.Height {
			ask(fmt.Sprintf("http://c.test/?x=%d&y=%d", x, y))
			if len(shown.kept) > keptPreviews {
				t.Fatalf("%d are kept", len(shown.kept))
			}
		}
	}
}

// Goal: what a flood of links costs is charged to its network, as pictures are. Method: a whole pod.
func TestPreview_IsCharged(t *testing.T) {
	p := newPod(t)
	shown, asked := p.server.newPreviews(), httptest.NewRequest("GET", "/", nil)
	n := 0
	for shown.allowed(asked, pageWork) {
		n++
	}
	if n != workBurst/pageWork {
		t.Errorf("%d pages at once", n)
	}
	p.now = p.now.Add(time.Second)
	if !shown.allowed(asked, pageWork) {
		t.Error("none a second later")
	}
}

// Goal: only a page to look at can be framed, by the sites that were named.
func TestPages_Framed(t *testing.T) {
	pages, err := newPages(fstest.MapFS{"index.html": {}, "app/main.js": {}}, nil, nil, []string{"https://friend.example", "http://10.0.0.1:81"}, small)
	if err != nil {
		t.Fatal(err)
	}
	for target, want := range map[string]string{
		"/": policy, "/?embedded": policy, "/?embed": policy + " https://friend.example http://10.0.0.1:81", "/?embed=1&x=1&y=1": policy + " https://friend.example http://10.0.0.1:81",
	} {
		w := httptest.NewRecorder()
		pages.ServeHTTP(w, httptest.NewRequest("GET", target, nil))
		if got := w.Header().Get("Content-Security-Policy"); got != want || !strings.Contains(got, "frame-ancestors 'self'") {
			t.Errorf("%s: %s", target, got)
		}
	}
}
