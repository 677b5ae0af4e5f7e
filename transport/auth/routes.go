package auth

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"

	"pixelplayground/actors/canvas"
	"pixelplayground/transport/api/answer"
	"pixelplayground/transport/quota"
)

// Routes are the resources of people, for pages of this server alone: no other origin may read them, and
// what changes something refuses a request that another site has made a browser send.
func (p *People) Routes() map[string]answer.Methods {
	routes := map[string]answer.Methods{
		"/api/me":        {"GET": p.getMe},
		"/api/keys":      {"GET": p.getKeys, "POST": p.own(p.postKey)},
		"/api/keys/{id}": {"DELETE": p.own(p.deleteKey)},
	}
	if p.signIn != nil {
		routes["/auth/login"] = answer.Methods{"GET": p.signIn.begin}
		routes["/auth/callback"] = answer.Methods{"GET": p.signIn.finish}
		routes["/auth/logout"] = answer.Methods{"POST": p.own(p.signIn.out)}
	}
	return routes
}

// own refuses requests that the page of another site has made the browser send. Browsers say so; to
// those that don't, SameSite has not given the cookie either.
func (p *People) own(handle http.HandlerFunc) http.HandlerFunc {
	origins := http.NewCrossOriginProtection()
	if public := p.cfg.SignIn.PublicURL; public != nil {
		_ = origins.AddTrustedOrigin(public.Scheme + "://" + public.Host) // the proxy may have changed Host
	}
	return func(w http.ResponseWriter, r *http.Request) {
		if origins.Check(r) != nil {
			answer.Fail(w, http.StatusForbidden, "This request came from another site")
			return
		}
		handle(w, r)
	}
}

// who is who a request is from. If it is nobody, that has been answered.
func (p *People) who(w http.ResponseWriter, r *http.Request) (canvas.Person, bool) {
	person, refused := p.Identify(shownBy(r))
	if refused == nil {
		return person, true
	}
	refused.Answer(w)
	return person, false
}

func shownBy(r *http.Request) Shown {
	return Shown{From: quota.AddressOf(r.RemoteAddr), Cookies: r.Header["Cookie"], Authorization: r.Header["Authorization"]}
}

// Answer tells a program why it is refused.
func (r *Refusal) Answer(w http.ResponseWriter) {
	if r.Retry > 0 {
		answer.RetryAfter(w, r.Retry)
	}
	if r.Status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Bearer realm="canvas"`)
	}
	answer.JSON(w, r.Status, struct {
		answer.Failure
		Ban *Ban `json:"banned,omitempty"`
	}{answer.Failure{Error: r.Text}, r.Ban})
}

// asked reads the JSON of a request, or answers that it can't be read.
func asked(w http.ResponseWriter, r *http.Request, into any) bool {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		answer.Fail(w, http.StatusUnsupportedMediaType, "The body must be application/json")
		return false
	}
	var body []byte
	var err error
	answer.AwaitBody(w, func() { body, err = io.ReadAll(http.MaxBytesReader(w, r.Body, answer.MaxFormBody)) })
	if err == nil {
		err = json.Unmarshal(body, into)
	}
	var tooLong *http.MaxBytesError
	switch {
	case errors.As(err, &tooLong):
		answer.Fail(w, http.StatusRequestEntityTooLarge, "The request is too large")
	case err != nil:
		answer.Fail(w, http.StatusBadRequest, "The body is not what it should be")
	}
	return err == nil
}
