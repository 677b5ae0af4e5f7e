package api

import (
	"net"
	"net/http"
	"net/netip"
	"strings"

	"pixelplayground/transport/quota"
)

// proxies are the networks whose X-Forwarded-For is trusted. Nobody else's is: it would get
// around every limit.
type proxies []netip.Prefix

// pass hands requests on with their client's address as RemoteAddr. Each proxy appends to
// X-Forwarded-For the address that it was asked from. So the last address that is not a proxy
// of ours is the client's. Strangers may have written everything before it.
func (p proxies) pass(to http.Handler) http.Handler {
	if len(p) == 0 {
		return to
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
		asked := addressOf(r.RemoteAddr)
		for i := len(path) - 1; i >= 0 && quota.IsProxy(p, asked); i-- {
			before := addressOf(strings.TrimSpace(path[i]))
			if !before.IsValid() {
				break
			}
			asked = before
		}
		if asked.IsValid() {
			r.RemoteAddr = net.JoinHostPort(asked.String(), "0")
		}
		to.ServeHTTP(w, r)
	})
}

// addressOf parses an address with or without a port. The result is invalid if text is no
// address.
func addressOf(text string) netip.Addr {
	if host, _, err := net.SplitHostPort(text); err == nil {
		text = host
	}
	address, err := netip.ParseAddr(strings.Trim(text, "[]"))
	if err != nil {
		return netip.Addr{}
	}
	return address.Unmap().WithZone("")
}
