package api

import "testing"

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
