package auth

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"pixelplayground/transport/api/answer"
	"pixelplayground/transport/auth/openid"
)

// signedOut answers POST /auth/logout for programs. A form is sent on instead.
type signedOut struct {
	OK   bool   `json:"ok"`
	Next string `json:"next,omitempty"` // where to send the browser to end the issuer's session too
}

// out is POST /auth/logout: it ends the session on every pod, and tells where the issuer's own session
// is ended, if the issuer has such a place.
func (s *SignIn) out(w http.ResponseWriter, r *http.Request) {
	here := siteOf(s.cfg.PublicURL, r)
	seals := s.seals()
	if seals == nil {
		answer.RetryAfter(w, openid.FirstPause)
		answer.Fail(w, http.StatusServiceUnavailable, "The server can't sign anybody out at the moment")
		return
	}
	if found, until := s.sessionIn(r.Header["Cookie"], seals); found != nil {
		if err := s.ended.end(context.WithoutCancel(r.Context()), found.login(), until); err != nil {
			s.log.Error("a sign-out could not be stored: a server that starts anew would not know of it", "err", err)
			answer.RetryAfter(w, openid.FirstPause)
			answer.Fail(w, http.StatusServiceUnavailable, "You are signed out for now, but that could not be stored: try again")
			return
		}
		s.log.Info("signed out")
	}
	next := s.endSession(r, here)
	for _, name := range []string{sessionCookie, loginCookie, tokenCookie} {
		http.SetCookie(w, here.forget(name))
	}
	if strings.Contains(r.Header.Get("Accept"), "text/html") {
		if next == "" {
			next = here.base
		}
		w.Header().Set("Location", next)
		w.WriteHeader(http.StatusSeeOther)
		return
	}
	answer.JSON(w, http.StatusOK, signedOut{true, next})
}

// endSession is the issuer's address for ending its own session of the account: OpenID Connect
// RP-Initiated Logout. Without an answer of the issuer there is none.
func (s *SignIn) endSession(r *http.Request, here site) string {
	of, err := s.issuer.Get(r.Context())
	if err != nil || of.EndSession == "" {
		return ""
	}
	to, err := url.Parse(of.EndSession)
	if err != nil {
		return ""
	}
	query := to.Query()
	query.Set("client_id", s.cfg.ClientID)
	query.Set("post_logout_redirect_uri", here.url(""))
	if hint, err := r.Cookie(here.cookieName(tokenCookie)); err == nil {
		query.Set("id_token_hint", hint.Value)
	}
	to.RawQuery = query.Encode()
	return to.String()
}
