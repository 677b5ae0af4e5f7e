package quota

import (
	"net"
	"net/netip"
	"slices"
	"strings"
)

// Proxies are the proxies in front of the server, and how they name the client they ask for.
// Nobody else is believed: that would get around every limit.
type Proxies struct {
	Networks []netip.Prefix
	Header   string // the field in which they name the client, one of ProxyHeaders; empty: in none
	Protocol bool   // they begin each connection with a header of the PROXY protocol
}

// The header fields in which proxies name the client.
const (
	XForwardedFor = "X-Forwarded-For"
	Forwarded     = "Forwarded" // RFC 7239
	XRealIP       = "X-Real-Ip" // as net/http spells it
)

// ProxyHeaders are the fields that Proxies.Header can be.
var ProxyHeaders = []string{XForwardedFor, Forwarded, XRealIP}

// Have reports whether an address is a proxy's.
func (p Proxies) Have(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	return slices.ContainsFunc(p.Networks, func(n netip.Prefix) bool { return n.Contains(a) })
}

// Client returns the client of a request: the peer or, if that is a proxy, whom the values of
// p.Header name. Each proxy appends the address that it was asked from. So the last address that
// is not a proxy's is the client's, and strangers may have written everything before it.
func (p Proxies) Client(peer netip.Addr, values []string) netip.Addr {
	if !p.Have(peer) {
		return peer // what strangers write costs nothing
	}
	path := p.path(values)
	for i := len(path) - 1; i >= 0 && p.Have(peer); i-- {
		before := AddressOf(path[i])
		if !before.IsValid() {
			break
		}
		peer = before
	}
	return peer
}

// path returns the nodes that values name, the last proxy's word last.
func (p Proxies) path(values []string) []string {
	if len(values) == 0 {
		return nil
	}
	if p.Header == XRealIP { // one address, which the last proxy has set
		return values[len(values)-1:]
	}
	path := strings.Split(strings.Join(values, ","), ",")
	if p.Header == Forwarded {
		for i, element := range path {
			path[i] = forwardedPair(element, "for")
		}
	}
	return path
}

// forwardedPair returns what an element of Forwarded says about one thing. It does not look for
// separators within quotes, as no address and no scheme has any: a stranger could open a quote that
// hides what our proxy appends.
func forwardedPair(element, about string) string {
	for pair := range strings.SplitSeq(element, ";") {
		if name, value, _ := strings.Cut(pair, "="); strings.EqualFold(strings.TrimSpace(name), about) {
			return strings.Trim(strings.TrimSpace(value), `"`)
		}
	}
	return ""
}

// Scheme returns the scheme by which a client reached the first of our proxies, from the fields of a
// request that came from a proxy; empty: none says. A client behind a proxy that adds to what it has
// been sent can claim to have come by https, and only that client's own cookies depend on it.
func (p Proxies) Scheme(values func(field string) []string) string {
	if p.Header == Forwarded {
		for element := range strings.SplitSeq(strings.Join(values(Forwarded), ","), ",") {
			if scheme := forwardedPair(element, "proto"); scheme != "" {
				return strings.ToLower(scheme)
			}
		}
		return ""
	}
	first, _, _ := strings.Cut(strings.Join(values("X-Forwarded-Proto"), ","), ",")
	return strings.ToLower(strings.TrimSpace(first))
}

// AddressOf parses an address with or without a port. The result is invalid if text is no
// address.
func AddressOf(text string) netip.Addr {
	text = strings.TrimSpace(text)
	if host, _, err := net.SplitHostPort(text); err == nil {
		text = host
	}
	address, err := netip.ParseAddr(strings.Trim(text, "[]"))
	if err != nil {
		return netip.Addr{}
	}
	return address.Unmap().WithZone("")
}
