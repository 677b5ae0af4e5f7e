package settings

import (
	"net/netip"
	"slices"
	"testing"
)

// TestReader_NetworksOfBothFamilies: IPv4 networks within IPv6 are turned into IPv4. Clients'
// addresses are compared with the networks, and those are never IPv4 within IPv6.
func TestReader_NetworksOfBothFamilies(t *testing.T) {
	var r reader
	got := r.networks("proxies", "fd00:10:244::/56, ::1, ::ffff:10.0.0.0/104, ::ffff:192.0.2.1, 10.1.0.0/16", "10.0.0.0/8")
	want := []netip.Prefix{
		netip.MustParsePrefix("fd00:10:244::/56"), netip.MustParsePrefix("::1/128"), netip.MustParsePrefix("10.0.0.0/8"),
		netip.MustParsePrefix("192.0.2.1/32"), netip.MustParsePrefix("10.1.0.0/16"),
	}
	if r.wrong != nil || !slices.Equal(got, want) {
		t.Errorf("%v, %v", got, r.wrong)
	}
}
