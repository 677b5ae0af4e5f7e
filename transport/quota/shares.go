package quota

import (
	"net/netip"
	"sync"
)

// Shares divides a limited resource, usually bytes of memory, among strangers. It has a limit
// in all and one for each network (see NetworkOf). A network that would take more than its share is
// refused, and others are not affected.
type Shares struct {
	each, all int

	mu    sync.Mutex // guards:
	taken int
	of    map[netip.Prefix]int // networks that have taken any
}

// NewShares makes Shares of which all can be taken in total, and each by one network.
func NewShares(each, all int) *Shares {
	return &Shares{each: each, all: all, of: make(map[netip.Prefix]int)}
}

// Take takes n for a network. It returns false if not as much is left. A proxy's network may
// take everything, since it stands for many clients.
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

// Taken is how much is taken now.
func (s *Shares) Taken() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.taken
}
