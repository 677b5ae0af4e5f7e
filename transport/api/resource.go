package api

import (
	"net/http"

	"pixelplayground/transport/api/answer"
)

// resource is the handler for one path. It does what is the same for all paths, and answers
// errors as JSON.
func (s *server) resource(route string, m answer.Methods) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		counted := &answer.Counted{ResponseWriter: w, Status: http.StatusOK}
		defer func() { s.metrics.Answered(route, counted.Status) }()
		w = counted

		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		s.shareWith(w, r, m)
		handle := m.For(r.Method)
		switch {
		case len(m) == 0:
			answer.Fail(w, http.StatusNotFound, "Not found")
		case handle != nil:
			handle(w, r)
		case r.Method == http.MethodOptions:
			w.Header().Set("Allow", m.Allow())
			w.WriteHeader(http.StatusNoContent)
		default:
			w.Header().Set("Allow", m.Allow())
			answer.Fail(w, http.StatusMethodNotAllowed, "Method not allowed")
		}
	})
}

// preflightAge is how long, in seconds, a browser may remember what shareWith allows. Two hours
// is Chromium's own upper bound.
const preflightAge = "7200"

// shareWith lets pages of allowed origins use the resource (CORS). For other pages it sets no
// such headers. Their browser then hides the answer from them, and asks before it would send a
// PUT.
func (s *server) shareWith(w http.ResponseWriter, r *http.Request, m answer.Methods) {
	header := w.Header()
	header.Add("Vary", "Origin")
	origin := r.Header.Get("Origin")
	if origin == "" || !s.Origin(r) {
		return
	}
	header.Set("Access-Control-Allow-Origin", origin)
	header.Set("Access-Control-Expose-Headers", "ETag, Retry-After")
	if r.Method == http.MethodOptions {
		header.Set("Access-Control-Allow-Methods", m.Allow())
		header.Set("Access-Control-Allow-Headers", "Content-Type")
		header.Set("Access-Control-Max-Age", preflightAge)
	}
}
