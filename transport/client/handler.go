package client

import (
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/codec"
)

// Handler is told what happens, in the order in which it does; what is nil is not
// called. All its functions, and those given to PlaceAsync, run on the one goroutine
// that reads from the server: while one runs, nothing is received. They must not call
// what waits for the server or for that goroutine: Place, Ping, Synced, WaitFor, Close,
// and PlaceAsync while the window is full. What they are given is theirs to keep.
type Handler struct {
	// Connected follows each WELCOME, the first and those after a reconnect.
	Connected func(codec.Welcome)
	// Disconnected says that a connection broke, or that an attempt to make a new one
	// failed, and when the next one follows.
	Disconnected func(err error, retry time.Duration)
	// Pixels is a batch that continued what the client held of a region; with no ops when
	// the server says that nothing was missed.
	Pixels func(*canvas.Batch)
	// Snapshot says that a region was replaced as a whole.
	Snapshot func(canvas.Mark)
	// Presence is who came and went.
	Presence func(codec.Presence)
	// Cursors are pointers that moved, the client's own among them.
	Cursors func([]canvas.Pointer)
	// Waiting is ops of which it is not known whether they have been carried out. They are answered later.
	Waiting func(ops []uint64)
	// Notice is an announcement of the server.
	Notice func(codec.Notice)
}
