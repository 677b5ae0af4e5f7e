package auth

import (
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/store"
	"pixelplayground/transport/api/answer"
	"pixelplayground/transport/auth/openid"
	"pixelplayground/transport/quota"
)

// SignInConfig is how people sign in with an OpenID provider.
type SignInConfig struct {
	Issuer       string // URL; empty: nobody signs in
	ClientID     string
	ClientSecret string   // UseClientSecret replaces it
	Scopes       []string // besides openid
	Roles        openid.Roles
	Lasts        time.Duration // how long a session lasts
	PublicURL    *url.URL      // where browsers find the page; nil: where they ask
}

// SignIn is the OpenID client: authorisation code with PKCE, state and nonce. What it has to remember
// of a sign-in under way is in a cookie of the browser that began it, so any gateway can finish it.
type SignIn struct {
	cfg      SignInConfig
	secret   atomic.Pointer[string]
	issuer   *openid.Issuer
	docs     store.Documents
	ended    *ended
	seals    func() *seals                                    // nil: the canvas' secret is not known yet
	signedIn func(ctx context.Context, account session) error // notes what the account's keys may do from now on
	now      func() time.Time
	log      *slog.Logger

	begun     *quota.Rates  // sign-ins by network
	exchanges chan struct{} // full: as many codes are being exchanged as may be
	told      quota.Refusals
}

// seals are the keys that the canvas' secret gives.
type seals struct {
	sessions [3]seal // by the prefix of the cookie's name
	login    seal
}

func newSeals(secret []byte) *seals {
	made := &seals{login: newSeal(secret, "login")}
	for i, prefix := range prefixes() {
		made.sessions[i] = newSeal(secret, "session "+prefix)
	}
	return made
}

// session is the key for sessions under a cookie's name.
func (s *seals) session(name string) seal {
	for i, prefix := range prefixes() {
		if name == prefix+sessionCookie {
			return s.sessions[i]
		}
	}
	panic("auth: no session is in the cookie " + name)
}

const (
	// loginLasts is how long somebody may take to sign in.
	loginLasts = 10 * time.Minute
	// A network may begin so many sign-ins at once, and then so many a second: a school's all come at
	// once, and each that succeeds may leave a document of its end.
	loginsAtOnce, loginsPerSecond = 100, 1
	// maxExchanges bounds how many requests wait for the issuer.
	maxExchanges = 16
	// kindLogin is the kind of the documents of sign-ins that have been finished, so that none is
	// finished twice.
	kindLogin store.Kind = "login"
)

func newSignIn(cfg SignInConfig, docs store.Documents, ended *ended, seals func() *seals, now func() time.Time, log *slog.Logger) *SignIn {
	s := &SignIn{
		cfg: cfg, issuer: openid.NewIssuer(cfg.Issuer, now), docs: docs, ended: ended, seals: seals, now: now, log: log,
		begun: quota.NewRates(loginsPerSecond, loginsAtOnce), exchanges: make(chan struct{}, maxExchanges), told: quota.NewRefusals(log, now),
	}
	s.UseClientSecret(cfg.ClientSecret)
	return s
}

// UseClientSecret replaces the secret that the issuer knows this server by.
func (s *SignIn) UseClientSecret(secret string) { s.secret.Store(&secret) }

// pending is what a browser keeps of a sign-in under way.
type pending struct {
	State    string `json:"s"`
	Nonce    string `json:"n"`
	Verifier string `json:"p"`
	Back     string `json:"b"`
	Redirect string `json:"r"`
}

func (s *SignIn) client(of *openid.Discovered, redirect string) *oauth2.Config {
	return &oauth2.Config{
		ClientID: s.cfg.ClientID, ClientSecret: *s.secret.Load(), Endpoint: of.Endpoint(), RedirectURL: redirect,
		Scopes: append([]string{oidc.ScopeOpenID}, s.cfg.Scopes...),
	}
}

// begin is GET /auth/login?to=PATH: it sends the browser to the issuer.
func (s *SignIn) begin(w http.ResponseWriter, r *http.Request) {
	here := siteOf(s.cfg.PublicURL, r)
	seals := s.seals()
	if seals == nil || s.ended.full() {
		s.fail(w, r, http.StatusServiceUnavailable, "The server can't sign anybody in at the moment.", openid.FirstPause, errNotKnown)
		return
	}
	if wait, ok := s.begun.Take(answer.ClientOf(r), 1, s.now()); !ok {
		s.fail(w, r, http.StatusTooManyRequests, "Too many sign-ins from your network.", wait, errors.New("too many sign-ins"))
		return
	}
	of, err := s.issuer.Get(r.Context())
	if err != nil {
		s.away(w, r, err)
		return
	}
	going := pending{State: random(), Nonce: random(), Verifier: oauth2.GenerateVerifier(), Back: here.back(r.URL.Query().Get("to")), Redirect: here.url("auth/callback")}
	value, err := seals.login.close(going, s.now().Add(loginLasts))
	if err != nil {
		s.fail(w, r, http.StatusInternalServerError, "The sign-in could not begin.", 0, err)
		return
	}
	http.SetCookie(w, here.cookie(loginCookie, value, int(loginLasts/time.Second)))
	to := s.client(of, going.Redirect).AuthCodeURL(going.State, oidc.Nonce(going.Nonce), oauth2.S256ChallengeOption(going.Verifier))
	w.Header().Set("Location", to)
	w.WriteHeader(http.StatusSeeOther)
}

// finish is GET /auth/callback: the issuer has sent the browser back.
func (s *SignIn) finish(w http.ResponseWriter, r *http.Request) {
	here := siteOf(s.cfg.PublicURL, r)
	seals := s.seals()
	if seals == nil {
		s.fail(w, r, http.StatusServiceUnavailable, "The server can't sign anybody in at the moment.", openid.FirstPause, errNotKnown)
		return
	}
	going, err := s.underWay(r, here, seals)
	if err != nil {
		s.fail(w, r, http.StatusBadRequest, "This sign-in was not begun in this browser, or is too old.", 0, err)
		return
	}
	query := r.URL.Query()
	http.SetCookie(w, here.forget(loginCookie))
	if said := query.Get("error"); said != "" {
		s.fail(w, r, http.StatusForbidden, "The sign-in service did not sign you in.", 0, fmt.Errorf("the issuer says %q", openid.Excerpt(said))) // its description may name the account
		return
	}
	if err := s.once(r.Context(), going); err != nil {
		s.fail(w, r, http.StatusBadRequest, "This sign-in has been finished already, or can't be now.", 0, err)
		return
	}
	select {
	case s.exchanges <- struct{}{}:
		defer func() { <-s.exchanges }()
	default:
		s.away(w, r, &openid.AwayError{Why: errors.New("too many wait for it"), Retry: openid.FirstPause})
		return
	}
	account, token, err := s.exchange(r.Context(), going, query.Get("code"))
	var away *openid.AwayError
	switch {
	case errors.As(err, &away):
		s.away(w, r, err)
	case err != nil:
		s.fail(w, r, http.StatusForbidden, "The sign-in service's answer could not be used.", 0, err)
	default:
		s.welcome(w, r, here, seals, account, token, going.Back)
	}
}

// underWay reads the sign-in that this browser has begun and that this callback is for.
func (s *SignIn) underWay(r *http.Request, here site, seals *seals) (going pending, err error) {
	query := r.URL.Query()
	if issuer := query.Get("iss"); issuer != "" && issuer != s.cfg.Issuer { // RFC 9207
		return going, fmt.Errorf("it comes from the issuer %q", openid.Excerpt(issuer))
	}
	for _, cookie := range r.CookiesNamed(here.cookieName(loginCookie)) {
		var found pending
		if _, ok := seals.login.open(cookie.Value, s.now(), &found); ok && subtle.ConstantTimeCompare([]byte(found.State), []byte(query.Get("state"))) == 1 {
			return found, nil
		}
	}
	return going, errors.New("no cookie of the browser has its state")
}

// once makes sure that a sign-in is finished once, by any gateway.
func (s *SignIn) once(ctx context.Context, going pending) error {
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	sum := sha256.Sum256([]byte(going.State))
	mine := random()
	now, err := s.docs.SwapDocument(ctx, kindLogin, hex.EncodeToString(sum[:16]), nil, []byte(mine), s.now().Add(loginLasts))
	if err == nil && string(now) != mine {
		err = errors.New("its state was used before")
	}
	return err
}

// welcome gives the browser a session of its own: what it had before counts for nothing.
func (s *SignIn) welcome(w http.ResponseWriter, r *http.Request, here site, seals *seals, account session, token, back string) {
	if err := s.signedIn(context.WithoutCancel(r.Context()), account); err != nil {
		s.fail(w, r, http.StatusServiceUnavailable, "The server can't sign anybody in at the moment.", openid.FirstPause, err)
		return
	}
	before, until := s.sessionIn(r.Header["Cookie"], seals)
	value, err := seals.session(here.cookieName(sessionCookie)).close(account, s.now().Add(s.cfg.Lasts))
	if err != nil {
		s.fail(w, r, http.StatusInternalServerError, "The sign-in could not be finished.", 0, err)
		return
	}
	if before != nil { // whoever else has its cookie is signed out
		if err := s.ended.end(r.Context(), before.login(), until); err != nil {
			s.log.Warn("the session before could not be ended for good", "err", err)
		}
	}
	lasts := int(s.cfg.Lasts / time.Second)
	http.SetCookie(w, here.cookie(sessionCookie, value, lasts))
	if len(token) <= maxTokenCookie {
		http.SetCookie(w, here.cookie(tokenCookie, token, lasts))
	} else {
		http.SetCookie(w, here.forget(tokenCookie))
	}
	s.log.Info("signed in", "role", canvas.Role(account.Role).String())
	w.Header().Set("Location", back)
	w.WriteHeader(http.StatusSeeOther)
}

// maxTokenCookie is what fits into a cookie beside its name, in bytes. A larger ID token is not kept.
const maxTokenCookie = 3800

// away tells that the issuer does not answer, and when it is asked again.
func (s *SignIn) away(w http.ResponseWriter, r *http.Request, err error) {
	wait := openid.FirstPause
	var away *openid.AwayError
	if errors.As(err, &away) {
		wait = away.Retry
	}
	s.fail(w, r, http.StatusServiceUnavailable, "The sign-in service does not answer ("+reason(err)+"). You can draw as a guest meanwhile, where guests may.", wait, err)
}

// reason says in a few words why an issuer did not answer.
func reason(err error) string {
	var mismatch *oidc.IssuerMismatchError
	var tooLate interface{ Timeout() bool }
	var exchange *oauth2.RetrieveError
	switch {
	case errors.As(err, &mismatch):
		return "it names itself differently"
	case errors.As(err, &tooLate) && tooLate.Timeout(), errors.Is(err, context.DeadlineExceeded):
		return "it takes too long"
	case errors.As(err, &exchange):
		return "status " + exchange.Response.Status
	case errors.As(err, new(*url.Error)):
		return "it can't be reached"
	}
	return "it can't be used"
}

// fail shows a person why there is no sign-in, and tells the operator.
func (s *SignIn) fail(w http.ResponseWriter, r *http.Request, status int, text string, retry time.Duration, why error) {
	s.told.Note("sign-in failed", cmp.Or(http.StatusText(status), "unknown"), "err", openid.Excerpt(why.Error()))
	showFailure(w, siteOf(s.cfg.PublicURL, r), status, text, retry)
}
