package admin

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"pixelplayground/web"
)

// TestAdmin_BelowAPath: a proxy serves this server below /canvas/, and something else at its
// root, which must get neither a request nor a token or cookie.
func TestAdmin_BelowAPath(t *testing.T) {
	p := newPod(testToken)
	p.Pages = web.Admin()
	server := httptest.NewServer(New(p.Config, p.Ports)) // whose pages are the real ones
	defer server.Close()
	target, _ := url.Parse(server.URL)
	proxy := httputil.NewSingleHostReverseProxy(target)
	mux := http.NewServeMux()
	mux.Handle("/canvas/", http.StripPrefix("/canvas", proxy))
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/shop" || len(r.Cookies()) > 0 {
			t.Errorf("%s %s came to the root, with cookies %v", r.Method, r.URL, r.Cookies())
		}
	})
	front := httptest.NewServer(mux)
	defer front.Close()

	jar, _ := cookiejar.New(nil)
	browser := &http.Client{Jar: jar}
	visit := func(address *url.URL) (*http.Response, string) {
		t.Helper()
		response, err := browser.Get(address.String())
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		return response, string(body)
	}
	start, _ := url.Parse(front.URL + "/canvas/admin")
	response, page := visit(start)
	if response.StatusCode != http.StatusUnauthorized || response.Request.URL.Path != "/canvas/admin/" {
		t.Fatalf("/canvas/admin leads to %s, status %d", response.Request.URL, response.StatusCode)
	}
	at := response.Request.URL
	for _, link := range regexp.MustCompile(`(?:href|src)="([^"#]+)"`).FindAllStringSubmatch(page, -1) {
		address, _ := at.Parse(link[1])
		if r, _ := visit(address); r.StatusCode != 200 {
			t.Errorf("the login form loads %s: %d", address, r.StatusCode)
		}
	}
	action, _ := at.Parse(regexp.MustCompile(`action="([^"]+)"`).FindStringSubmatch(page)[1])
	for token, path := range map[string]string{"wrong": "/canvas/admin/login", testToken: "/canvas/admin/"} {
		posted, err := browser.PostForm(action.String(), url.Values{"token": {token}})
		if err != nil {
			t.Fatal(err)
		}
		posted.Body.Close()
		if posted.Request.URL.Path != path || posted.StatusCode != 200 {
			t.Errorf("%s leads to %s, status %d", token, posted.Request.URL, posted.StatusCode)
		}
	}
	_, page = visit(at)
	for _, link := range regexp.MustCompile(`(?:href|src)="([^"#]+)"`).FindAllStringSubmatch(page, -1) {
		address, _ := at.Parse(link[1])
		if r, _ := visit(address); r.StatusCode != 200 {
			t.Errorf("the dashboard loads %s: %d", address, r.StatusCode)
		}
	}
	for _, path := range []string{"api/state", "debug/pprof/cmdline"} {
		address, _ := at.Parse(path)
		if r, body := visit(address); r.StatusCode != 200 {
			t.Errorf("%s: %d %s", address, r.StatusCode, body)
		}
	}
	visit(at.ResolveReference(&url.URL{Path: "/shop"})) // which gets no cookie
	if !strings.Contains(page, "Log out") {
		t.Error("that was not the dashboard")
	}
}
