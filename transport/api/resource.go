package api

import (
	"net/http"
	"slices"
	"strings"
)

// methods is what can be done with one resource. If it is empty, the resource does not exist.
type methods map[string]http.HandlerFunc

// allow lists the methods for the Allow header.
func (m methods) allow() string {
	names := []string{"OPTIONS"}
	for name := range m {
		names = append(names, name)
		if name == http.MethodGet {
			names = append(names, http.MethodHead)
		}
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

func (m methods) of(method string) http.HandlerFunc {
	if method == http.MethodHead {
		method = http.MethodGet
	}
	return m[method]
}

// resource is the handler for one path. It does what is the same for all paths, and answers
// errors as JSON.
func (s *server) resource(route string, m methods) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		counted := &counted{ResponseWriter: w, status: http.StatusOK}
		defer func() { s.metrics.answered(route, counted.status) }()
		w = counted

		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		s.shareWith(w, r, m)
		handle := m.of(r.Method)
		switch {
		case len(m) == 0:
			fail(w, http.StatusNotFound, "Not found")
		case handle != nil:
			handle(w, r)
		case r.Method == http.MethodOptions:
			w.Header().Set("Allow", m.allow())
			w.WriteHeader(http.StatusNoContent)
		default:
			w.Header().Set("Allow", m.allow())
			fail(w, http.StatusMethodNotAllowed, "Method not allowed")
		}
	})
}

// preflightAge is how long, in seconds, a browser may remember what shareWith allows. Two hours
// is Chromium's own upper bound.
const preflightAge = "7200"

// shareWith lets pages of allowed origins use the resource (CORS). For other pages it sets no
// such headers. Their browser then hides the answer from them, and asks before it would send a
// PUT.
func (s *server) shareWith(w http.ResponseWriter, r *http.Request, m methods) {
	header := w.Header()
	header.Add("Vary", "Origin")
	origin := r.Header.Get("Origin")
	if origin == "" || !s.Origin(r) {
		return
	}
	header.Set("Access-Control-Allow-Origin", origin)
	header.Set("Access-Control-Expose-Headers", "ETag, Retry-After")
	if r.Method == http.MethodOptions {
		header.Set("Access-Control-Allow-Methods", m.allow())
		header.Set("Access-Control-Allow-Headers", "Content-Type")
		header.Set("Access-Control-Max-Age", preflightAge)
	}
}

// counted remembers the status for the metrics.
type counted struct {
	http.ResponseWriter
	status int
}

func (c *counted) WriteHeader(status int) {
	c.status = status
	c.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController reach the connection.
func (c *counted) Unwrap() http.ResponseWriter { return c.ResponseWriter }
