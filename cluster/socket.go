package cluster

import (
	"errors"
	"fmt"
	"log"
	"net"
	"net/netip"

	"github.com/hashicorp/memberlist"
)

// socket is the gossip port. It stays bound when a memberlist is shut down, so that the next one is
// sure to have the same address.
type socket struct {
	memberlist.NodeAwareTransport
	bound *memberlist.NetTransport
	ip    net.IP // as advertised
	port  int
}

// bindTries is for port 0: a port that is free for TCP may be taken for UDP.
const bindTries = 10

func (c Config) bindGossip(logger *log.Logger) (*socket, error) {
	at, err := c.listenAt(c.Gossip)
	if err != nil {
		return nil, fmt.Errorf("listen for gossip: %w", err)
	}
	var bound *memberlist.NetTransport
	for range bindTries {
		bound, err = memberlist.NewNetTransport(&memberlist.NetTransportConfig{
			BindAddrs: []string{at.IP.String()}, BindPort: at.Port, Logger: logger,
		})
		if err == nil || at.Port != 0 {
			break
		}
	}
	if err != nil {
		return nil, fmt.Errorf("listen for gossip: %w", err)
	}
	s := &socket{NodeAwareTransport: bound, bound: bound, port: bound.GetAutoBindPort()}
	if s.ip, err = c.reachableAt(bound); err != nil {
		s.close()
		return nil, err
	}
	if c.Network != nil {
		c.Network.Bound(s.address())
		s.NodeAwareTransport = c.Network.Gossip(bound)
	}
	return s, nil
}

var errNoAddress = errors.New("can't tell which address others reach this pod at: give --advertise the pod's IP address")

// reachableAt returns the IP address to advertise. If the pod listens at all IPv4 addresses,
// memberlist picks a private one.
func (c Config) reachableAt(bound *memberlist.NetTransport) (net.IP, error) {
	ip := net.ParseIP(c.Advertise)
	if ip == nil {
		var err error
		if ip, _, err = bound.FinalAdvertiseAddr("", 0); err != nil {
			return nil, fmt.Errorf("%w (%w)", errNoAddress, err)
		}
	}
	if ip.IsUnspecified() {
		return nil, errNoAddress
	}
	if ip4 := ip.To4(); ip4 != nil {
		return ip4, nil
	}
	return ip, nil
}

func (s *socket) address() string { return (&net.TCPAddr{IP: s.ip, Port: s.port}).String() }

func (s *socket) addr() netip.Addr {
	ip, _ := netip.AddrFromSlice(s.ip) // s.ip is always valid
	return ip.Unmap()
}

// FinalAdvertiseAddr returns what bindGossip has decided.
func (s *socket) FinalAdvertiseAddr(string, int) (net.IP, int, error) { return s.ip, s.port, nil }

// Shutdown leaves the port bound; see close.
func (s *socket) Shutdown() error { return nil }

// close ends the socket. Whatever it has received that nobody reads is dropped; otherwise its
// listeners would wait for a reader for ever.
func (s *socket) close() {
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		_ = s.bound.Shutdown() // never fails
	}()
	for {
		select {
		case <-s.bound.PacketCh():
		case conn := <-s.bound.StreamCh():
			_ = conn.Close()
		case <-closed:
			return
		}
	}
}
