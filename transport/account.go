package transport

import (
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// account is what the connections of one network (see networkOf) together have taken of the
// resources that all networks share.
type account struct {
	network netip.Prefix
	proxy   bool // it stands for many clients, so its share is not limited

	unfinished atomic.Int64 // bytes, see intake

	mu    sync.Mutex // guards:
	conns int
	drawn float64 // bytes of catch-ups that are not paid off yet, as of at; see budget.go
	at    time.Time
}

// accounts are the accounts of all networks that have a connection or had one recently.
type accounts struct {
	proxies    []netip.Prefix
	unfinished atomic.Int64 // of all networks together

	mu sync.Mutex // guards of; taken before an account's
	of map[netip.Prefix]*account
}

func newAccounts(proxies []netip.Prefix) accounts {
	return accounts{proxies: proxies, of: make(map[netip.Prefix]*account)}
}

// open counts one more connection from an address.
func (a *accounts) open(from netip.Addr) *account {
	network := networkOf(from)
	a.mu.Lock()
	defer a.mu.Unlock()
	k := a.of[network]
	if k == nil {
		k = &account{network: network, proxy: isProxy(a.proxies, from)}
		a.of[network] = k
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.conns++
	return k
}

// conns is how many connections the network of an address has. For a proxy's network it is 0,
// since those connections are many people's.
func (a *accounts) conns(of netip.Addr) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	k := a.of[networkOf(of)]
	if k == nil || k.proxy {
		return 0
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.conns
}

// close counts one connection fewer.
func (k *account) close() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.conns--
}

// tidy forgets the networks that have no connection and owe nothing. So a client that leaves
// and comes back at once still has its debt.
func (a *accounts) tidy(now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for network, k := range a.of {
		k.mu.Lock()
		if k.conns == 0 && k.owes(now) == 0 {
			delete(a.of, network)
		}
		k.mu.Unlock()
	}
}
