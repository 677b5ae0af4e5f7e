package cluster

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/cluster/peer"
)

// Config is what an operator may choose about a pod's place in the cluster.
type Config struct {
	Name     string          // the pod's, for people; members may share a name
	Version  string          // of the program, for people
	Geometry canvas.Geometry // members with another one are refused
	Gateway  bool            // this pod has users
	Canvas   bool            // this pod can own regions

	// Gossip and Peer are the host:port to listen at: TCP and UDP for membership, TCP for actors'
	// messages. No host: all IPv4 addresses, or all addresses if Advertise is IPv6. Port 0: any free
	// port.
	Gossip, Peer string
	// Advertise is the IP address at which other pods reach this one. Empty: the address listened
	// at, or the host's private one if the pod listens at all addresses.
	Advertise string
	// Join is where other pods may be: host:port, or dns:name:port for every address of
	// a name. Empty: wait to be joined.
	Join []string
	// Resolver is the host:port of the DNS server to ask. Empty: the system's.
	Resolver string

	// Store returns the identity of the store that this pod keeps the canvas in. Members with
	// another store are refused. "": not known yet, or this pod has none. A nil Store means the
	// same. It must not block.
	Store func() string

	// GossipKeys have 16, 24 or 32 bytes each. The first one encrypts, all decrypt. None: gossip is
	// not encrypted. UseGossipKeys replaces them.
	GossipKeys [][]byte
	TLS        peer.Files   // of peers
	Log        *slog.Logger // nil: none
	Network    Network      // nil: the real one

	// ProbeEvery is how often a member probes another. A dead member is probed within three
	// intervals. The probe fails one interval later, and the member then has Suspicion intervals to
	// object, and after them the grace of pulse: 0.2 s on a machine that is not too busy, none if
	// nobody listens at its address any more.
	ProbeEvery time.Duration
	// ProbeTimeout is how long a probe waits before it asks other members to try too. Their answer
	// must fit into the rest of ProbeEvery.
	ProbeTimeout time.Duration
	// Suspicion is counted in probe intervals. With more than ten members it is longer (memberlist
	// multiplies it by the decimal logarithm of their number).
	Suspicion int
	// GossipEvery is the pause between two rounds of gossip; without news, none is sent.
	GossipEvery time.Duration
	// SyncEvery is how often a member compares all it knows with another member.
	SyncEvery time.Duration
	// StreamTimeout bounds a comparison, and with it an attempt to join.
	StreamTimeout time.Duration
	// Alone is how long a pod that nobody answers waits before it serves alone. It waits longer if
	// it has not asked everybody by then.
	Alone time.Duration
	// DiscoverEvery is how often Join is looked up when all is quiet. The first lookups come sooner.
	DiscoverEvery time.Duration
}

// DefaultConfig finds a dead member within 1.5 s in a cluster of up to ten pods. It listens at the
// loopback address only.
func DefaultConfig() Config {
	return Config{
		Name:          "local",
		Geometry:      canvas.Geometry{Width: 1024, Height: 1024, Region: 256},
		Gateway:       true,
		Canvas:        true,
		Gossip:        "127.0.0.1:7946",
		Peer:          "127.0.0.1:7947",
		ProbeEvery:    100 * time.Millisecond,
		ProbeTimeout:  40 * time.Millisecond,
		Suspicion:     7,
		GossipEvery:   20 * time.Millisecond,
		SyncEvery:     time.Second,
		StreamTimeout: time.Second,
		Alone:         2 * time.Second,
		DiscoverEvery: 3 * time.Second,
	}
}

// Exposed returns the ports on which anybody who reaches them is believed (within what can be
// true), and the flags that would guard them. "": no such port.
func (c Config) Exposed() (ports, missing string) {
	var open, unset []string
	for _, port := range []struct {
		name, at, flags string
		guarded         bool
	}{
		{"peer", c.Peer, "--peer-cert, --peer-key and --peer-ca", c.TLS.Given()},
		{"gossip", c.Gossip, "--gossip-key", len(c.GossipKeys) > 0},
	} {
		if at, err := c.listenAt(port.at); err == nil && !port.guarded && !at.IP.IsLoopback() {
			open, unset = append(open, port.name+" "+port.at), append(unset, port.flags)
		}
	}
	return strings.Join(open, ", "), strings.Join(unset, ", and ")
}

// maxText bounds the name and the version, in bytes: all metadata must fit into 512.
const maxText = 64

// Validate says what is wrong and how to fix it.
func (c Config) Validate() error {
	if err := c.Geometry.Validate(); err != nil {
		return err
	}
	switch {
	case c.Name == "" || len(c.Name) > maxText:
		return fmt.Errorf("name %q: must be 1 to %d bytes, for example the host's name", c.Name, maxText)
	case len(c.Version) > maxText:
		return fmt.Errorf("version %q: must be at most %d bytes", c.Version, maxText)
	case !c.Gateway && !c.Canvas:
		return errors.New("roles: a pod must be gateway, canvas or both")
	case c.ProbeEvery <= 0 || c.ProbeTimeout <= 0 || c.GossipEvery <= 0 || c.SyncEvery <= 0 || c.StreamTimeout <= 0 || c.Alone <= 0 || c.DiscoverEvery <= 0:
		return errors.New("times: every duration must be positive")
	case 2*c.ProbeTimeout >= c.ProbeEvery:
		return fmt.Errorf("probe timeout %v: must be less than half of the probe interval %v", c.ProbeTimeout, c.ProbeEvery)
	case c.Suspicion < 1:
		return fmt.Errorf("suspicion %d: must be at least 1 probe interval, for example 7", c.Suspicion)
	}
	if err := validateGossipKeys(c.GossipKeys); err != nil {
		return err
	}
	return c.validateFar()
}

// validateFar checks the settings that reach beyond this pod.
func (c Config) validateFar() error {
	if err := c.TLS.Validate(); err != nil {
		return err
	}
	if err := checkAddress(c.Gossip); err != nil {
		return fmt.Errorf("gossip %q: must be host:port to listen at, for example 0.0.0.0:7946: %w", c.Gossip, err)
	}
	if err := checkAddress(c.Peer); err != nil {
		return fmt.Errorf("peer %q: must be host:port to listen at, for example 0.0.0.0:7947: %w", c.Peer, err)
	}
	if c.Advertise != "" {
		if ip, err := netip.ParseAddr(c.Advertise); err != nil || ip.IsUnspecified() {
			return fmt.Errorf("advertise %q: must be an IP address of this pod that the others can reach, for example 10.0.0.7", c.Advertise)
		}
	}
	if c.Resolver != "" {
		if err := checkAddress(c.Resolver); err != nil {
			return fmt.Errorf("resolver %q: must be the host:port of a DNS server, for example 10.96.0.10:53: %w", c.Resolver, err)
		}
	}
	_, err := parseSeeds(c.Join)
	return err
}

// checkAddress wants host:port with a numeric port; the host may be empty.
func checkAddress(address string) error {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return err
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return fmt.Errorf("port %q: must be 0 to 65535", port)
	}
	return nil
}

// listenAt resolves an address to listen at. Without a host, it is all addresses.
func (c Config) listenAt(address string) (*net.TCPAddr, error) {
	at, err := net.ResolveTCPAddr("tcp", address)
	if err != nil {
		return nil, err
	}
	if at.IP == nil {
		at.IP = net.IPv4zero
		if strings.Contains(c.Advertise, ":") {
			at.IP = net.IPv6unspecified
		}
	}
	return at, nil
}
