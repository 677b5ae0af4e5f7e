package api

import (
	"context"
	"net/http"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/transport/api/answer"
	"pixelplayground/transport/auth"
	"pixelplayground/transport/quota"
)

// People tells who a request is from; *auth.People is one.
type People interface {
	// Identify asks nobody, so it does not block, except about a key that was not shown for a while.
	Identify(auth.Shown) (canvas.Person, *auth.Refusal)
	// MayWatch says why a request may not see the canvas; nil: it may.
	MayWatch(auth.Shown) *auth.Refusal
	// Greet sees to it that the browser that asks for the page is a guest. secure says that it came by
	// TLS.
	Greet(w http.ResponseWriter, r *http.Request, secure bool)
	// Routes are the resources for signing in and out and for keys. No page of another origin may use them.
	Routes() map[string]answer.Methods
	// Operator is what operators may do with keys, by what comes after /admin/api/.
	Operator() map[string]answer.Methods
	// Rank and Maker are as in moderation.Ports.
	Rank(ctx context.Context, user canvas.Author) (canvas.Role, error)
	Maker(ctx context.Context, bot canvas.Author) (canvas.Author, error)
}

// shown is what a request shows of whom it is from.
func (s *server) shown(r *http.Request) auth.Shown {
	return auth.Shown{
		From: quota.AddressOf(r.RemoteAddr), Cookies: r.Header["Cookie"], Authorization: r.Header["Authorization"],
		Foreign: s.Foreign != nil && s.Foreign(r),
	}
}

// drawer is who a request to draw is from. If nobody who may draw, that has been answered.
func (s *server) drawer(w http.ResponseWriter, r *http.Request) (canvas.Person, bool) {
	if s.People == nil {
		return canvas.Person{}, true
	}
	person, refused := s.People.Identify(s.shown(r))
	switch {
	case refused != nil:
		refused.Answer(w)
	case person.Unsure:
		answer.RetryAfter(w, time.Second)
		answer.Fail(w, http.StatusServiceUnavailable, canvas.RefusedUnavailable.Text())
	case person.ReadOnly:
		answer.Fail(w, http.StatusForbidden, canvas.RefusedRights.Text())
	default:
		return person, true
	}
	return person, false
}

// watched lets only those ask who may see the canvas.
func (s *server) watched(handle http.HandlerFunc) http.HandlerFunc {
	if s.People == nil {
		return handle
	}
	return func(w http.ResponseWriter, r *http.Request) {
		if refused := s.People.MayWatch(s.shown(r)); refused != nil {
			refused.Answer(w)
			return
		}
		handle(w, r)
	}
}
