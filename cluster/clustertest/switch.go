// Package clustertest is a network that can be cut, for tests with several pods in one
// process.
package clustertest

import (
	"context"
	"fmt"
	"net"
	"os"
	"sync"
	"time"

	"github.com/hashicorp/memberlist"
)

// Switch connects pods, or some of them. While two pods are parted, packets between them are lost,
// dialling and streams wait, and what was under way arrives after Heal.
type Switch struct {
	mu    sync.Mutex
	pods  map[string]string // pod by address
	group map[string]int    // by pod; empty: all together. Pods not in it are a group of their own
}

// NewSwitch makes a switch that connects everything.
func NewSwitch() *Switch { return &Switch{pods: make(map[string]string)} }

// Network is one pod's connection to the switch, under the pod's name in Partition. It implements
// cluster.Network.
func (s *Switch) Network(pod string) *Port { return &Port{sw: s, pod: pod} }

// Partition parts the groups of pods from each other. Pods that are in none of them form a group
// together. It replaces the previous partition.
func (s *Switch) Partition(groups ...[]string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.group = make(map[string]int)
	for i, pods := range groups {
		for _, pod := range pods {
			s.group[pod] = i + 1
		}
	}
}

// Isolate parts each of the pods from all others.
func (s *Switch) Isolate(pods ...string) {
	var groups [][]string
	for _, pod := range pods {
		groups = append(groups, []string{pod})
	}
	s.Partition(groups...)
}

// Heal connects everything.
func (s *Switch) Heal() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.group = nil
}

// parted reports whether a pod can't reach an address. It does not part a pod
// from an address that nobody has bound: dialling that fails by itself.
func (s *Switch) parted(pod, address string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	other, known := s.pods[address]
	return known && s.group[pod] != s.group[other]
}

// Port is one pod's place at the switch.
type Port struct {
	sw  *Switch
	pod string
}

// Bound implements cluster.Network.
func (p *Port) Bound(address string) {
	p.sw.mu.Lock()
	defer p.sw.mu.Unlock()
	p.sw.pods[address] = p.pod
}

// DialPeer implements cluster.Network.
func (p *Port) DialPeer(ctx context.Context, address string) (net.Conn, error) {
	for p.sw.parted(p.pod, address) {
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("dial %s: parted: %w", address, ctx.Err())
		case <-time.After(poll):
		}
	}
	connection, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	return &conn{Conn: connection, port: p, to: address, closed: make(chan struct{})}, nil
}

// Gossip implements cluster.Network. Stopping what leaves a pod is enough, since the other end is
// at the switch too.
func (p *Port) Gossip(t memberlist.NodeAwareTransport) memberlist.NodeAwareTransport {
	return &gossip{NodeAwareTransport: t, port: p}
}

type gossip struct {
	memberlist.NodeAwareTransport
	port *Port
}

func (g *gossip) WriteToAddress(b []byte, to memberlist.Address) (time.Time, error) {
	if g.port.sw.parted(g.port.pod, to.Addr) {
		return time.Now(), nil
	}
	return g.NodeAwareTransport.WriteToAddress(b, to)
}

func (g *gossip) DialAddressTimeout(to memberlist.Address, timeout time.Duration) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	return g.port.DialPeer(ctx, to.Addr)
}

// poll is how often a waiting call checks whether it may go on.
const poll = 5 * time.Millisecond

// conn is a stream, seen from the end that dialled; it holds up both directions.
type conn struct {
	net.Conn
	port *Port
	to   string

	once   sync.Once
	closed chan struct{}

	// For the reader alone: bytes that were read but not returned because the deadline passed.
	held    []byte
	heldErr error

	mu          sync.Mutex
	read, write time.Time // deadlines; zero: none
}

func (c *conn) Read(b []byte) (int, error) {
	if err := c.wait(&c.read); err != nil {
		return 0, err
	}
	if len(c.held) == 0 && c.heldErr == nil {
		n, err := c.Conn.Read(b)
		// Whatever came during the partition, even the stream's end, has not arrived yet.
		if late := c.wait(&c.read); late != nil {
			c.held, c.heldErr = append(c.held, b[:n]...), err
			return 0, late
		}
		return n, err
	}
	n, err := copy(b, c.held), c.heldErr
	if c.held = c.held[n:]; len(c.held) > 0 {
		return n, nil
	}
	c.heldErr = nil
	return n, err
}

func (c *conn) Write(b []byte) (int, error) {
	if err := c.wait(&c.write); err != nil {
		return 0, err
	}
	return c.Conn.Write(b)
}

// wait returns when the two ends are no longer parted.
func (c *conn) wait(deadline *time.Time) error {
	for c.port.sw.parted(c.port.pod, c.to) {
		c.mu.Lock()
		at := *deadline
		c.mu.Unlock()
		if !at.IsZero() && time.Now().After(at) {
			return os.ErrDeadlineExceeded
		}
		select {
		case <-c.closed:
			return net.ErrClosed
		case <-time.After(poll):
		}
	}
	return nil
}

func (c *conn) Close() error {
	c.once.Do(func() { close(c.closed) })
	return c.Conn.Close()
}

func (c *conn) SetDeadline(t time.Time) error {
	c.mu.Lock()
	c.read, c.write = t, t
	c.mu.Unlock()
	return c.Conn.SetDeadline(t)
}

func (c *conn) SetReadDeadline(t time.Time) error {
	c.mu.Lock()
	c.read = t
	c.mu.Unlock()
	return c.Conn.SetReadDeadline(t)
}

func (c *conn) SetWriteDeadline(t time.Time) error {
	c.mu.Lock()
	c.write = t
	c.mu.Unlock()
	return c.Conn.SetWriteDeadline(t)
}
