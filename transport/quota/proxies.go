package quota

import (
	"iter"
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
// is not a proxy's is the client's, and strangers may have written everything before it, which is not
// even read.
func (p Proxies) Client(peer netip.Addr, values []string) netip.Addr {
	if !p.Have(peer) {
		return peer // what strangers write costs nothing
	}
	for node := range p.nodes(values) {
		before := AddressOf(node)
		if !before.IsValid() {
			break
		}
		if peer = before; !p.Have(peer) {
			break
		}
	}
	return peer
}

// nodes yields the nodes that values name, the last proxy's word first.
func (p Proxies) nodes(values []string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, value := range slices.Backward(values) {
			if p.Header == XRealIP { // one address, which the last proxy has set
				yield(value)
				return
			}
			for more := true; more; {
				comma := strings.LastIndexByte(value, ',')
				node := value[comma+1:]
				if more = comma >= 0; more {
					value = value[:comma]
				}
				if p.Header == Forwarded {
					node = forwardedPair(node, "for")
				}
				if !yield(node) {
					return
				}
			}
		}
	}
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
		for _, value := range values(Forwarded) {
			for element := range strings.SplitSeq(value, ",") {
				if scheme := forwardedPair(element, "proto"); scheme != "" {
					return strings.ToLower(scheme)
				}
			}
		}
		return ""
	}
	for _, value := range values("X-Forwarded-Proto") {
		first, _, _ := strings.Cut(value, ",")
		return strings.ToLower(strings.TrimSpace(first))
	}
	return ""
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
