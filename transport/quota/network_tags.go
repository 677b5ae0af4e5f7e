package quota

import (
	"hash/maphash"
	"net/netip"

	"pixelplayground/actors/canvas"
)

// NetworkOf is the network whose limits apply to an address: an IPv4 address, or the first 64
// bits of an IPv6 address, which a provider gives to one customer. The customer can choose the
// other bits freely, and change them at any time.
//
// The network of an invalid address is the zero Prefix. A connection that was lost at once has
// an invalid address; all such connections share that network.
func NetworkOf(a netip.Addr) netip.Prefix {
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

// Tags names networks for the actors, whose ops travel and are stored. Without the seed,
// which ends with the process, nobody can work out an address from a tag. Among ten thousand
// networks two may have the same tag.
type Tags struct{ seed maphash.Seed }

// NewTags makes Tags with a seed of their own.
func NewTags() Tags { return Tags{maphash.MakeSeed()} }

// Of is the tag of a network.
func (t Tags) Of(network netip.Prefix) canvas.Network {
	return max(canvas.Network(maphash.Comparable(t.seed, network)), canvas.FirstNetwork)
}
