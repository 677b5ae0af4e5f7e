// Package netpoll is TCP connections without a goroutine each: sockets that never block, and
// pollers that wait for thousands of them at once. On Linux they are descriptors and epoll. Elsewhere,
// or if plain is asked for, each socket has two goroutines that wait in its place. What is read and
// written is the caller's matter: the shards of package transport.
package netpoll
