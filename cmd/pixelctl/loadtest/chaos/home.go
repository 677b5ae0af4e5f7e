package chaos

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/netip"
	"net/url"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/rules"
	"pixelplayground/cmd/pixelctl/govern"
)

// home is an address that only one subject comes from, so that its network can be banned, and its address. There are such
// addresses if the servers are on this computer, and it is one on which all of 127.0.0.0/8 is; else it is invalid.
func (c *court) home(i int) netip.Addr {
	for _, one := range c.t.cfg.Fleet.Targets {
		u, err := url.Parse(one)
		if err != nil {
			return netip.Addr{}
		}
		if at, err := netip.ParseAddr(u.Hostname()); err != nil || !at.Is4() || !at.IsLoopback() {
			return netip.Addr{}
		}
	}
	address := netip.AddrFrom4([4]byte{127, 77, 0, byte(i + 1)})
	trial, err := net.ListenTCP("tcp", net.TCPAddrFromAddrPort(netip.AddrPortFrom(address, 0)))
	if err != nil {
		return netip.Addr{}
	}
	_ = trial.Close()
	return address
}

// networkOf asks which network a subject is in; 0: nobody says.
func (c *court) networkOf(ctx context.Context, user canvas.Author) canvas.NetworkID {
	o := govern.Operator{Targets: c.t.cfg.Fleet.Targets, Token: c.t.cfg.Fleet.AdminToken}
	body, err := o.Ask(ctx, http.MethodGet, "people/"+user.Text(), nil)
	var person struct{ Networks []canvas.NetworkID }
	if err != nil || json.Unmarshal(body, &person) != nil || len(person.Networks) == 0 {
		return 0
	}
	return person.Networks[0]
}

// target is what a ban of a subject is about, in turn: the user, its network, its address.
func (s *subject) target(turn int) *rules.Target {
	switch {
	case turn%3 == 1 && s.network != 0:
		return &rules.Target{Network: s.network}
	case turn%3 == 2 && s.from.IsValid():
		return &rules.Target{CIDR: netip.PrefixFrom(s.from, s.from.BitLen()).String()}
	}
	return &rules.Target{User: s.user}
}
