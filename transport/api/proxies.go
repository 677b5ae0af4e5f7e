package api

import (
	"net"
	"net/http"

	"pixelplayground/transport/quota"
)

// behind hands requests on with their client's address as RemoteAddr.
func behind(p quota.Proxies, to http.Handler) http.Handler {
	if len(p.Networks) == 0 {
		return to
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if client := p.Client(quota.AddressOf(r.RemoteAddr), r.Header.Values(p.Header)); client.IsValid() {
			r.RemoteAddr = net.JoinHostPort(client.String(), "0")
		}
		to.ServeHTTP(w, r)
	})
}
