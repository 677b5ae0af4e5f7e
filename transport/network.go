package transport

import (
	"hash/maphash"
	"net/netip"
	"slices"

	"pixelplayground/actors/canvas"
)

// networkOf is who answers for an address when costs are shared out: an IPv4 address, or
// the 64 bits of an IPv6 address that one customer of a provider has to himself. The rest
// of an IPv6 address is for anyone to choose, as often as he likes.
//
// An address that is not valid (of a connection that was lost at once) is the zero Prefix:
// all of those share one.
func networkOf(a netip.Addr) netip.Prefix {
	bits := 64
	if a = a.Unmap(); a.Is4() { // a listener on [::] sees IPv4 as ::ffff:192.0.2.1
		bits = 32
	}
	network, err := a.WithZone("").Prefix(bits)
	if err != nil {
		return netip.Prefix{}
	}
	return network
}

// isProxy reports whether an address is one of a proxy in front of the server.
func isProxy(proxies []netip.Prefix, a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	return slices.ContainsFunc(proxies, func(p netip.Prefix) bool { return p.Contains(a) })
}

// tags stand for networks towards the actors, whose ops travel and are kept: from a tag
// nobody without the seed, which ends with the process, can work out an address. Of ten
// thousand networks two may have one tag.
type tags struct{ seed maphash.Seed }

func (t tags) of(network netip.Prefix) canvas.Network {
	return max(canvas.Network(maphash.Comparable(t.seed, network)), canvas.FirstNetwork)
}
