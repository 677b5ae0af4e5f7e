//go:build !linux

package transport

import "net"

func newPoller(bool) (poller, error) { return newPlainPoller(), nil }

func newSocket(tcp *net.TCPConn, _ bool) (socket, error) { return newPlainSocket(tcp), nil }
