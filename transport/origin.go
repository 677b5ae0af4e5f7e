package transport

import (
	"net/http"
	"slices"
	"strings"
)

// Allows reports whether the page that sent a request may use this server. It is the rule for
// WebSockets, which the HTTP API shares.
func (c Config) Allows(r *http.Request) bool { return c.allows(r.Header.Get("Origin"), r.Host) }

// allows reports whether a page of an origin may connect to the server, which the request
// calls host. Clients that are not browsers send no origin. Proxies may add the default port to
// Host or remove it: "https://x" and "x:443" are the same site.
func (c Config) allows(origin, host string) bool {
	if origin == "" {
		return true
	}
	site := siteOf(origin)
	if slices.ContainsFunc(c.AllowedOrigins, func(o string) bool { return o == "*" || siteOf(o) == site }) {
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
