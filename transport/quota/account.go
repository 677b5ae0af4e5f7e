package quota

import (
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// Account is what the connections of one network (see NetworkOf) together have taken of the
// resources that all networks share.
type Account struct {
	network netip.Prefix
	proxy   bool // it stands for many clients, so its share is not limited

	all  *Accounts
	held atomic.Int64 // bytes of unfinished messages

	mu    sync.Mutex // guards:
	conns int
	drawn float64 // bytes of catch-ups that are not paid off yet, as of at; see budget.go
	at    time.Time
}

// Accounts are the accounts of all networks that have a connection or had one recently.
type Accounts struct {
	proxies Proxies
	held    atomic.Int64 // of all networks together

	mu sync.Mutex // guards of; taken before an account's
	of map[netip.Prefix]*Account
}

// NewAccounts makes accounts that know these proxies.
func NewAccounts(proxies Proxies) *Accounts {
	return &Accounts{proxies: proxies, of: make(map[netip.Prefix]*Account)}
}

// Open counts one more connection from an address. If its network has as many as it may, Open returns
// nil; most 0: there is no bound. A proxy's network has none.
func (a *Accounts) Open(from netip.Addr, most int) *Account {
	network := NetworkOf(from)
	a.mu.Lock()
	defer a.mu.Unlock()
	k := a.of[network]
	if k == nil {
		k = &Account{all: a, network: network, proxy: a.proxies.Have(from)}
		a.of[network] = k
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if most > 0 && !k.proxy && k.conns >= most {
		return nil
	}
	k.conns++
	return k
}

// Conns is how many connections the network of an address has. For a proxy's network it is 0,
// since those connections are many people's.
func (a *Accounts) Conns(of netip.Addr) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	k := a.of[NetworkOf(of)]
	if k == nil || k.proxy {
		return 0
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.conns
}

// Proxy reports whether the network stands for many clients.
func (k *Account) Proxy() bool { return k.proxy }

// Close counts one connection fewer.
func (k *Account) Close() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.conns--
}

// Tidy forgets the networks that have no connection and owe nothing. So a client that leaves
// and comes back at once still has its debt.
func (a *Accounts) Tidy(now time.Time) {
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
