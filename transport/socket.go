package transport

import (
	"errors"
	"time"
)

// errWouldBlock says that a socket has nothing to read, or no room to write, for now.
var errWouldBlock = errors.New("would block")

// socket is a TCP connection as its shard uses it: no method blocks.
type socket interface {
	// read takes what has come; io.EOF: the client has closed its end. It fails with
	// errWouldBlock when nothing has come, and otherwise when the connection is lost.
	read(p []byte) (int, error)
	// writev writes as much of the vector as there is room for, errWouldBlock: nothing.
	// The slices must not change afterwards: the socket may keep them. It may not keep
	// the vector.
	writev(vector [][]byte) (int, error)
	// closeWrite tells the client that nothing follows.
	closeWrite()
	// close frees the socket. With abort, what was written and not yet sent is thrown
	// away: a client that takes nothing shall not occupy the kernel's memory.
	close(abort bool)
}

// poller waits for all sockets of a shard at once. Only the shard calls it, except for wake.
type poller interface {
	// add begins to wait for a connection's socket, as watch does. It may fail.
	add(c *conn) error
	// watch waits for what conn.reads and conn.writes now say.
	watch(c *conn)
	// remove ends that, before the socket is closed.
	remove(c *conn)
	// wait returns when a socket is ready, wake was called or the deadline has come. A
	// socket stays ready until what it is ready for is done. The events are valid until
	// the next wait.
	wait(deadline time.Time) []event
	// wake ends the wait under way or else the next, from any goroutine, before close.
	wake()
	// close frees the poller, after all sockets.
	close()
}

// event says what a socket is ready for. A lost connection is readable, watched or not.
type event struct {
	conn               *conn
	readable, writable bool
}
