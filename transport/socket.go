package transport

import (
	"errors"
	"time"
)

// errWouldBlock says that a socket has nothing to read, or no room to write, for now.
var errWouldBlock = errors.New("would block")

// socket is a TCP connection as its shard uses it. No method blocks.
type socket interface {
	// read takes what has come. The error is errWouldBlock if nothing has come, and io.EOF if
	// the client has closed its end. Any other error means that the connection is lost.
	read(p []byte) (int, error)
	// writev writes as much of the vector as there is room for. The error is errWouldBlock if
	// there is no room. The slices in the vector must not change afterwards, since the socket may
	// keep them; the vector itself may change.
	writev(vector [][]byte) (int, error)
	// closeWrite tells the client that nothing follows.
	closeWrite()
	// close frees the socket. With abort, what was written and not yet sent is discarded, so
	// that a client that takes nothing does not occupy the kernel's memory.
	close(abort bool)
}

// poller waits for all sockets of a shard at once. Only the shard calls it, except for wake.
type poller interface {
	// add begins to wait for a connection's socket, for what watch would. It may fail.
	add(c *conn) error
	// watch waits for what conn.reads and conn.writes now say.
	watch(c *conn)
	// remove stops waiting for a connection's socket. It is called before the socket is closed.
	remove(c *conn)
	// wait returns when a socket is ready, wake was called or the deadline has passed. A
	// socket stays ready until what it is ready for is done. The events are valid until
	// the next wait.
	wait(deadline time.Time) []event
	// wake ends the current wait or, if there is none, the next one. Any goroutine may call it
	// before close.
	wake()
	// close frees the poller. All sockets must be closed before.
	close()
}

// event says what a socket is ready for. A lost connection is readable even if it is not watched.
type event struct {
	conn               *conn
	readable, writable bool
}
