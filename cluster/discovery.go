package cluster

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// seed is where pods may be: every address of a host, at one port.
type seed struct {
	host string
	port uint16
}

// parseSeeds reads Config.Join. The dns: before a name is for people: a name is looked up either
// way, and anew each time.
func parseSeeds(join []string) ([]seed, error) {
	var seeds []seed
	for _, entry := range join {
		host, port, err := net.SplitHostPort(strings.TrimPrefix(entry, "dns:"))
		if err != nil {
			return nil, fmt.Errorf("join %q: must be host:port or dns:name:port, for example dns:pixels.default.svc:7946: %w", entry, err)
		}
		number, err := strconv.ParseUint(port, 10, 16)
		if err != nil || number == 0 || host == "" {
			return nil, fmt.Errorf("join %q: must be host:port or dns:name:port, with a host and a port of 1 to 65535", entry)
		}
		seeds = append(seeds, seed{host, uint16(number)})
	}
	return seeds, nil
}

// newResolver asks the given DNS server or, without one, those that the system names.
func newResolver(server string) *net.Resolver {
	if server == "" {
		return net.DefaultResolver
	}
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, server)
	}}
}

// lookUp returns the addresses ("ip:port", sorted) of all seeds that it can resolve; err joins the
// failures. All are of the family of own, the address at which others reach this pod: a host may
// have addresses of both families, and a pod can't answer at one of the other.
func lookUp(ctx context.Context, resolver *net.Resolver, seeds []seed, own netip.Addr) (addresses []string, err error) {
	found, errs := make([][]netip.Addr, len(seeds)), make([]error, len(seeds))
	var all sync.WaitGroup
	for i, s := range seeds {
		all.Go(func() { found[i], errs[i] = resolver.LookupNetIP(ctx, "ip", s.host) })
	}
	all.Wait()
	for i, s := range seeds {
		fit := 0
		for _, ip := range found[i] {
			if ip = ip.Unmap(); ip.Is4() == own.Is4() {
				addresses = append(addresses, netip.AddrPortFrom(ip, s.port).String())
				fit++
			}
		}
		if fit == 0 && errs[i] == nil {
			errs[i] = fmt.Errorf("%s has no address of the family of %v, at which this pod is reached", s.host, own)
		}
	}
	slices.Sort(addresses)
	return slices.Compact(addresses), errors.Join(errs...)
}
