package upgrade

import (
	"net/http"
	"slices"
	"strings"
)

// Origins are the web pages that may connect besides the server's own, for example
// "https://example.org". "*" allows any page; "null" allows pages without an origin, such as files.
// Clients that are not browsers send no origin and are always allowed.
type Origins []string

// Allow reports whether the page that sent a request may use this server. It is the rule for
// WebSockets, which the HTTP API shares.
func (o Origins) Allow(r *http.Request) bool { return o.allow(r.Header.Get("Origin"), r.Host) }

// Foreign reports whether the page that sent a request is allowed only because any page is. Then what
// its browser shows by itself is not its word.
func (o Origins) Foreign(r *http.Request) bool { return o.foreign(r.Header.Get("Origin"), r.Host) }

func (o Origins) foreign(origin, host string) bool {
	named := slices.DeleteFunc(slices.Clone(o), func(one string) bool { return one == "*" || one == "null" })
	return !named.allow(origin, host)
}

// allow reports whether a page of an origin may connect to the server, which the request
// calls host. Clients that are not browsers send no origin. Proxies may add the default port to
// Host or remove it: "https://x" and "x:443" are the same site.
func (o Origins) allow(origin, host string) bool {
	if origin == "" {
		return true
	}
	site := siteOf(origin)
	if slices.ContainsFunc(o, func(one string) bool { return one == "*" || siteOf(one) == site }) {
		return true
	}
	scheme, _, ok := strings.Cut(site, "://")
	return ok && host != "" && siteOf(scheme+"://"+host) == site
}

// siteOf is an origin in lower case, without the default port of its scheme.
func siteOf(origin string) string {
	origin = strings.ToLower(origin)
	switch scheme, _, _ := strings.Cut(origin, "://"); scheme {
	case "https":
		return strings.TrimSuffix(origin, ":443")
	case "http":
		return strings.TrimSuffix(origin, ":80")
	}
	return origin
}
