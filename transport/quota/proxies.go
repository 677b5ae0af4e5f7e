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

// XForwardedHost is where proxies of the other fields than Forwarded say which host their client asked for.
const XForwardedHost = "X-Forwarded-Host"

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
		for node := range p.elements(values) {
			if p.Header == Forwarded {
				node = forwardedPair(node, "for")
			}
			if !yield(node) {
				return
			}
		}
	}
}

// elements yields the elements of a field, the last proxy's word first.
func (p Proxies) elements(values []string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, value := range slices.Backward(values) {
			if p.Header == XRealIP { // one address, which the last proxy has set
				yield(value)
				return
			}
			for more := true; more; {
				comma := strings.LastIndexByte(value, ',')
				element := value[comma+1:]
				if more = comma >= 0; more {
					value = value[:comma]
				}
				if !yield(element) {
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

// Reached returns where a client reached the first of our proxies, from the fields of a request that came from a proxy:
// the scheme, "http" or "https", and the host, which may have a port. What is empty no proxy says.
//
// In Forwarded each proxy says it of its own client, so what counts is the element that names the client. Of the other fields
// nothing tells who wrote what. The scheme is the first, since proxies behind the first are reached as they like, and a client
// that claims another gets only its own cookies wrong. The host is the last: a proxy adds to what strangers have sent.
func (p Proxies) Reached(values func(field string) []string) (scheme, host string) {
	switch p.Header {
	case "":
		return "", "" // they only say who the client is, which wrote all fields itself
	case Forwarded:
		element := p.firstElement(values(Forwarded))
		scheme, host = forwardedPair(element, "proto"), forwardedPair(element, "host")
	default:
		scheme, host = firstOf(values("X-Forwarded-Proto")), lastOf(values(XForwardedHost))
	}
	if scheme = strings.ToLower(scheme); scheme != "http" && scheme != "https" {
		scheme = ""
	}
	if !IsHost(host) {
		host = ""
	}
	return scheme, host
}

// firstElement is the element of Forwarded that the first of our proxies has added: the last one that names a client
// which is no proxy of ours.
func (p Proxies) firstElement(values []string) (element string) {
	for element = range p.elements(values) {
		if client := AddressOf(forwardedPair(element, "for")); !client.IsValid() || !p.Have(client) {
			break
		}
	}
	return element
}

func firstOf(values []string) string {
	if len(values) == 0 {
		return ""
	}
	first, _, _ := strings.Cut(values[0], ",")
	return strings.TrimSpace(first)
}

func lastOf(values []string) string {
	if len(values) == 0 {
		return ""
	}
	last := values[len(values)-1]
	return strings.TrimSpace(last[strings.LastIndexByte(last, ',')+1:])
}

// IsHost reports whether a text can be a host, with or without a port, and nothing else: it becomes a part of addresses.
func IsHost(text string) bool {
	const most = 255 + len(":65535")
	return text != "" && len(text) <= most && !strings.ContainsFunc(text, func(c rune) bool {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		return !letter && !strings.ContainsRune("-._:[]", c)
	})
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
