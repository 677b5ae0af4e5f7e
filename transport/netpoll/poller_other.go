//go:build !linux

package netpoll

import "net"

// NewPoller makes a poller; there is only the plain kind.
func NewPoller(bool) (Poller, error) { return newPlainPoller(), nil }

// NewSocket makes a socket from a connection, which must not be used afterwards.
func NewSocket(tcp *net.TCPConn, _ bool) (Socket, error) { return newPlainSocket(tcp), nil }
