package transport

import (
	"net/netip"
	"sync"
)

// Shares is something that there is so much of for strangers, in all and for each network
// (see NetworkOf): memory, as a rule, in bytes. Who takes more than a share is refused, and
// the others are not.
type Shares struct {
	each, all int

	mu    sync.Mutex // guards:
	taken int
	of    map[netip.Prefix]int // networks that have taken any
}

// NewShares divides all so that no network can have more than each.
func NewShares(each, all int) *Shares {
	return &Shares{each: each, all: all, of: make(map[netip.Prefix]int)}
}

// Take takes n for a network, or tells that there is not as much left. A proxy's network may
// have all, since it speaks for many.
func (s *Shares) Take(network netip.Prefix, proxy bool, n int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.taken+n > s.all || !proxy && s.of[network]+n > s.each {
		return false
	}
	s.taken += n
	s.of[network] += n
	return true
}

// Give gives back n of what a network has taken.
func (s *Shares) Give(network netip.Prefix, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.taken -= n
	if s.of[network] -= n; s.of[network] <= 0 {
		delete(s.of, network)
	}
}

// Taken is how much is not left.
func (s *Shares) Taken() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.taken
}
