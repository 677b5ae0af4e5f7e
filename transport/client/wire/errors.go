package wire

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"

	"pixelplayground/actors/canvas"
	"pixelplayground/codec"
)

// Again reports whether an op that was refused for this reason can succeed later, under a new
// number. What moderators have decided may end, but not as soon as a program would try again.
func Again(why canvas.Refusal) bool {
	switch why {
	case canvas.RefusedRate, canvas.RefusedBusy, canvas.RefusedUnavailable, canvas.RefusedDraining, canvas.RefusedOrder:
		return true
	}
	return false
}

// CloseError says that the server has closed the connection.
type CloseError struct {
	Code   codec.CloseCode // 0: none was given
	Reason string
}

func (e *CloseError) Error() string {
	if e.Code == codec.CloseBanned {
		return colon(canvas.RefusedBanned.Text(), e.Reason)
	}
	text := fmt.Sprintf("server closed the connection with code %d", e.Code)
	if meaning := meaningOf(e.Code); meaning != "" {
		text += " (" + meaning + ")"
	}
	return colon(text, e.Reason)
}

// colon puts behind a text what somebody else says, without what could move a terminal's cursor.
func colon(text, said string) string {
	said = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return -1
	}, said)
	if said == "" {
		return text
	}
	return text + ": " + said
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
	case codec.CloseEnded:
		return "signed out or expired"
	}
	return ""
}

// HandshakeError says that a server did not accept the connection.
type HandshakeError struct {
	Status int           // of HTTP; 101: it accepted the connection but speaks another protocol
	Retry  time.Duration // the server's Retry-After; 0: none
	Text   string        // what the server says to people; empty: nothing
}

func (e *HandshakeError) Error() string {
	switch e.Status {
	case 101, 400:
		return "server does not speak " + codec.Subprotocol
	case 403:
		return colon("server does not let you in (status 403)", e.Text)
	case 503:
		return colon("server is full or closing (status 503)", e.Text)
	}
	return colon(fmt.Sprintf("server answered with status %d instead of a WebSocket", e.Status), e.Text)
}

// Hopeless reports whether connecting again would end the same way.
func Hopeless(err error) bool {
	var closed *CloseError
	if errors.As(err, &closed) {
		return !closed.Code.Reconnect()
	}
	var handshake *HandshakeError
	if errors.As(err, &handshake) {
		switch handshake.Status {
		case 101, 400, 401, 403: // 401: what was shown is certainly not valid, or there must be something
			return true
		}
	}
	return false
}
