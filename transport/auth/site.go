package auth

import (
	"fmt"
	"html"
	"net/http"
	"net/url"
	"strings"
	"time"

	"pixelplayground/transport/api/answer"
)

// site is this server as the browser of one request sees it.
type site struct {
	origin string // "https://example.org"
	base   string // path of the page, which begins and ends with a slash
}

// siteOf says where a request's browser finds this server: at the public URL, or else where it was
// asked, which a proxy of ours may have to say. A path that a proxy takes off only the public URL can
// tell.
func siteOf(public *url.URL, r *http.Request) site {
	origin, base := answer.Where(public, r)
	return site{origin, base}
}

func (s site) url(path string) string { return s.origin + s.base + path }

func (s site) secure() bool { return strings.HasPrefix(s.origin, "https://") }

// cookie is a cookie of ours. Where the browser allows it, its name has the prefix with which no other
// host and no page without TLS can set one in its place.
func (s site) cookie(name, value string, seconds int) *http.Cookie {
	return &http.Cookie{
		Name: s.cookieName(name), Value: value, Path: s.base, MaxAge: seconds,
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: s.secure(),
	}
}

func (s site) cookieName(name string) string {
	switch {
	case s.secure() && s.base == "/":
		return "__Host-" + name
	case s.secure():
		return "__Secure-" + name
	}
	return name
}

// forget is the cookie that makes a browser forget the one of this name.
func (s site) forget(name string) *http.Cookie { return s.cookie(name, "", -1) }

// maxBack bounds the path that a browser is sent back to, in bytes.
const maxBack = 512

// back is the path that a browser is sent to when it is done, if a stranger's word for it is a path of
// this host; else the page. A browser takes "//host" and "/\host" for another host, and ignores tabs
// and line breaks within.
func (s site) back(to string) string {
	parsed, err := url.Parse(to)
	switch {
	case err != nil, len(to) > maxBack, parsed.Scheme != "", parsed.Host != "", parsed.User != nil, parsed.Opaque != "":
	case !strings.HasPrefix(to, "/"), strings.HasPrefix(to, "//"), strings.ContainsAny(to, "\\"):
	case strings.ContainsFunc(to, func(c rune) bool { return c <= ' ' || c >= 0x7F }):
	default:
		return to
	}
	return s.base
}

// failurePage is shown to a browser whose sign-in failed. It needs no script.
const failurePage = `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Sign-in</title>
<h1>You are not signed in</h1>
<p>%s</p>
<p><a href="%sauth/login">Sign in</a> · <a href="%s">Back to the canvas</a></p>
</html>
`

func showFailure(w http.ResponseWriter, here site, status int, text string, retry time.Duration) {
	if retry > 0 {
		answer.RetryAfter(w, retry)
		text += fmt.Sprintf(" Try again in %d s.", max(1, int((retry+time.Second-1)/time.Second)))
	}
	base := html.EscapeString(here.base)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, failurePage, html.EscapeString(text), base, base) // a client that is gone has nobody to tell
}
