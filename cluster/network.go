package cluster

import (
	"context"
	"net"

	"github.com/hashicorp/memberlist"
)

// Network stands between a pod and the others. Without one, a pod uses plain sockets; tests bring
// one that can be cut (see clustertest).
type Network interface {
	// Bound reports an address ("ip:port") at which others reach this pod. It is called once for
	// each port, before anything is sent.
	Bound(address string)
	// Gossip wraps the transport of membership's packets and streams.
	Gossip(t memberlist.NodeAwareTransport) memberlist.NodeAwareTransport
	// DialPeer connects to another pod's peer port.
	DialPeer(ctx context.Context, address string) (net.Conn, error)
}
