package cluster

import (
	"context"
	"errors"
	"net/netip"
	"slices"
)

// Seed is an entry of Join, and where it leads.
type Seed struct {
	Join      string
	Addresses []string // IP:port, of both families
	Err       error    // why there are none; nil: there are
}

// LookUp looks up the entries of Join, for people who want to know where they lead. Of a cluster that
// runs, discovery does that again and again, and takes the addresses of its own family.
func (c Config) LookUp(ctx context.Context) (seeds []Seed) {
	resolver := newResolver(c.Resolver)
	for _, entry := range c.Join {
		parsed, err := parseSeeds([]string{entry})
		if err != nil {
			seeds = append(seeds, Seed{entry, nil, err})
			continue
		}
		four, err4 := lookUp(ctx, resolver, parsed, netip.IPv4Unspecified())
		six, err6 := lookUp(ctx, resolver, parsed, netip.IPv6Unspecified())
		all := slices.Concat(four, six)
		if len(all) == 0 {
			err = errors.Join(err4, err6)
		}
		seeds = append(seeds, Seed{entry, all, err})
	}
	return seeds
}
