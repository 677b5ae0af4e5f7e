package client

import (
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/codec"
)

// Handler is the functions that are called when something happens, in the order in which it
// happens. Functions that are nil are not called. All of them, and those given to PlaceAsync, run on
// the one goroutine that reads from the server: while one runs, nothing is received. They
// must not call anything that waits for the server or for that goroutine: Place, Ping, Synced,
// WaitFor, Close, and PlaceAsync while the window is full. They may keep what they are given.
type Handler struct {
	// Connected is called after each WELCOME, the first and those after a reconnect.
	Connected func(codec.Welcome)
	// Disconnected is called when a connection broke, or an attempt to make a new one failed.
	// The next attempt follows after retry.
	Disconnected func(err error, retry time.Duration)
	// Pixels gets a batch that continued what the client held of a region. The batch has no ops
	// when the server says that nothing was missed.
	Pixels func(*canvas.Batch)
	// Snapshot is called when a region was replaced as a whole.
	Snapshot func(canvas.Mark)
	// Presence gets who came and went.
	Presence func(codec.Presence)
	// Cursors gets the pointers that moved, including the client's own.
	Cursors func([]canvas.Pointer)
	// Waiting gets ops for which the server does not know yet whether they have been carried out.
	// They are answered later.
	Waiting func(ops []uint64)
	// Notice gets a notice from the server.
	Notice func(codec.Notice)
}
