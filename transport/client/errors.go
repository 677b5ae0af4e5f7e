package client

import (
	"errors"
	"fmt"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/codec"
)

var (
	// ErrClosed says that Close was called.
	ErrClosed = errors.New("client is closed")
	// ErrDisconnected says that there is no connection now; another is being made.
	ErrDisconnected = errors.New("not connected")
	// errProtocol is wrapped by errors that the server caused by breaking the protocol.
	errProtocol = errors.New("server broke the protocol")
)

// RefusedError is why the server did not carry out an op. Some of the op's regions may
// have it nevertheless: what Pixels shows counts.
type RefusedError struct {
	Op    uint64
	Code  canvas.Refusal
	Retry time.Duration // until trying again makes sense; 0: see Again
	Left  uint64        // pixels left of the allowance
}

func (e *RefusedError) Error() string { return "refused: " + e.Code.Text() }

// Again tells whether the same pixels can succeed later, as a new op after Retry.
func (e *RefusedError) Again() bool {
	switch e.Code {
	case canvas.RefusedRate, canvas.RefusedBusy, canvas.RefusedUnavailable, canvas.RefusedDraining, canvas.RefusedOrder:
		return true
	}
	return false
}

// CloseError is the server closing the connection.
type CloseError struct {
	Code   codec.CloseCode // 0: none was given
	Reason string
}

func (e *CloseError) Error() string {
	text := fmt.Sprintf("server closed the connection with code %d", e.Code)
	if meaning := meaningOf(e.Code); meaning != "" {
		text += " (" + meaning + ")"
	}
	if e.Reason != "" {
		text += ": " + e.Reason
	}
	return text
}

func meaningOf(code codec.CloseCode) string {
	switch code {
	case codec.CloseProtocol:
		return "WebSocket protocol violated"
	case codec.CloseUnsupported:
		return "wrong kind of frame"
	case codec.CloseTooBig:
		return "message too large"
	case codec.CloseInternal:
		return "internal error"
	case codec.CloseRestart:
		return "restarting"
	case codec.CloseMalformed:
		return "malformed message"
	case codec.CloseNoHello:
		return "no HELLO"
	case codec.CloseSlow:
		return "nothing could be written"
	case codec.CloseSilent:
		return "nothing was heard"
	case codec.CloseKicked:
		return "disconnected by an operator"
	}
	return ""
}

// HandshakeError is a server that does not take the connection.
type HandshakeError struct {
	Status int           // of HTTP; 101: it took it, but speaks another protocol
	Retry  time.Duration // the server's Retry-After; 0: none
}

func (e *HandshakeError) Error() string {
	switch e.Status {
	case 101, 400:
		return "server does not speak " + codec.Subprotocol
	case 403:
		return "server does not allow this origin (status 403)"
	case 503:
		return "server is full or closing (status 503)"
	}
	return fmt.Sprintf("server answered with status %d instead of a WebSocket", e.Status)
}

// hopeless tells whether connecting again would end the same way.
func hopeless(err error) bool {
	var closed *CloseError
	if errors.As(err, &closed) {
		return !closed.Code.Reconnect()
	}
	var handshake *HandshakeError
	if errors.As(err, &handshake) {
		return handshake.Status == 101 || handshake.Status == 400 || handshake.Status == 403
	}
	return false
}
