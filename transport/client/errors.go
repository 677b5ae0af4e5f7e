package client

import (
	"errors"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/transport/client/wire"
)

var (
	// ErrClosed says that Close was called.
	ErrClosed = errors.New("client is closed")
	// ErrDisconnected says that there is no connection now; another is being made.
	ErrDisconnected = wire.ErrDisconnected
)

// RefusedError is why the server did not carry out an op. It may have been carried out in some
// of its regions nevertheless: what Handler.Pixels shows is what counts.
type RefusedError struct {
	Op    uint64
	Code  canvas.Refusal
	Retry time.Duration // until trying again makes sense; 0: see Again
	Left  uint64        // pixels left of the allowance
}

func (e *RefusedError) Error() string { return "refused: " + e.Code.Text() }

// Again reports whether the same pixels can succeed later, as a new op after Retry: also on a canvas that
// is closed and opens by itself.
func (e *RefusedError) Again() bool {
	return wire.Again(e.Code) || e.Code == canvas.RefusedFrozen && e.Retry > 0
}

type (
	// CloseError says that the server has closed the connection.
	CloseError = wire.CloseError
	// HandshakeError says that a server did not accept the connection.
	HandshakeError = wire.HandshakeError
)
