package netpoll

import (
	"errors"
	"time"
)

// ErrWouldBlock says that a socket has nothing to read, or no room to write, for now.
var ErrWouldBlock = errors.New("would block")

// Socket is a TCP connection as one event loop uses it. No method blocks.
type Socket interface {
	// Read takes what has come. The error is ErrWouldBlock if nothing has come, and io.EOF if
	// the client has closed its end. Any other error means that the connection is lost.
	Read(p []byte) (int, error)
	// Writev writes as much of the vector as there is room for. The error is ErrWouldBlock if
	// there is no room. The slices in the vector must not change afterwards, since the socket may
	// keep them; the vector itself may change.
	Writev(vector [][]byte) (int, error)
	// CloseWrite tells the client that nothing follows.
	CloseWrite()
	// Close frees the socket. With abort, what was written and not yet sent is discarded, so
	// that a client that takes nothing does not occupy the kernel's memory.
	Close(abort bool)
}

// Poller waits for all sockets of an event loop at once. Only the loop calls it, except for Wake.
// All its sockets must be of NewSocket with the same choice of plain.
type Poller interface {
	// Add begins to wait for a socket, for what Watch would. It may fail. The socket's events
	// will name the owner.
	Add(s Socket, owner any, reads, writes bool) error
	// Watch chooses what to wait for: something to read, room to write.
	Watch(s Socket, reads, writes bool)
	// Remove stops waiting for a socket. It is called before the socket is closed.
	Remove(s Socket)
	// Wait returns when a socket is ready, Wake was called or the deadline has passed. A
	// socket stays ready until what it is ready for is done. The events are valid until
	// the next Wait.
	Wait(deadline time.Time) []Event
	// Wake ends the current Wait or, if there is none, the next one. Any goroutine may call it
	// before Close.
	Wake()
	// Close frees the poller. All sockets must be closed before.
	Close()
}

// Event says what a socket is ready for. A lost connection is readable even if it is not watched.
type Event struct {
	Owner              any // as it was given to Add
	Readable, Writable bool
}
