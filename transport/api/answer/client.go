package answer

import (
	"cmp"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"pixelplayground/transport/quota"
)

// ClientOf is the client whose limits apply to a request: the peer of its TCP connection or, if
// that is a proxy of ours, the client that the proxy names. An IPv6 customer has a /64 or more, so
// a /64 is one client.
func ClientOf(r *http.Request) netip.Prefix {
	return quota.NetworkOf(quota.AddressOf(r.RemoteAddr))
}

// Secure reports whether a request came by TLS: to us, or to a proxy of ours that says so.
func Secure(r *http.Request) bool { return r.TLS != nil || r.URL.Scheme == "https" }

// Where is where browsers find the page: public or, if that is nil, where they have asked. base is the path of the page, with a
// slash at its end. What the origin has for a host is the client's word.
func Where(public *url.URL, r *http.Request) (origin, base string) {
	if public != nil {
		return public.Scheme + "://" + public.Host, strings.TrimSuffix(public.Path, "/") + "/"
	}
	scheme := "http"
	if Secure(r) {
		scheme = "https"
	}
	return scheme + "://" + r.Host, "/"
}

// Behind hands requests on with their client's address as RemoteAddr, and with the scheme in their URL and the Host that the
// client used, where a proxy of ours has named them.
func Behind(p quota.Proxies, to http.Handler) http.Handler {
	if len(p.Networks) == 0 {
		return to
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.URL.Scheme = ""
		if p.Have(quota.AddressOf(r.RemoteAddr)) {
			scheme, host := p.Reached(r.Header.Values)
			r.URL.Scheme, r.Host = scheme, cmp.Or(host, r.Host)
		}
		if client := p.Client(quota.AddressOf(r.RemoteAddr), r.Header.Values(p.Header)); client.IsValid() {
			r.RemoteAddr = net.JoinHostPort(client.String(), "0")
		}
		to.ServeHTTP(w, r)
	})
}
