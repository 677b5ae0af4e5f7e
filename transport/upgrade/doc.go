// Package upgrade leads from a TCP connection to a WebSocket or to net/http. It accepts, reads the
// first request's head, judges handshakes as RFC 6455 says, and refuses politely. Whoever connects
// costs something before it has said what it wants, so there is a bounded number of places, and of
// memory for heads, and no network gets all of them. What follows the handshake belongs to
// transport, which opens the Acceptor.
package upgrade
