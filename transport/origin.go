package transport

import (
	"net/http"
	"slices"
	"strings"
)

// Allows reports whether the page that sent a request may use this server: the rule for
// WebSockets, for the HTTP API to share.
func (c Config) Allows(r *http.Request) bool { return c.allows(r.Header.Get("Origin"), r.Host) }

// allows reports whether a page of that origin may connect to the server, which it called
// host. Clients that are not browsers send no origin. Proxies may add to Host the port that
// goes without saying, or take it away: "https://x" and "x:443" are the same site.
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

// siteOf is an origin in lower case, without the port that its scheme implies.
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
