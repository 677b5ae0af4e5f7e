package frames

import (
	"encoding/binary"

	"github.com/gobwas/ws"

	"pixelplayground/codec"
)

// CodeVanished counts connections that broke without a close frame. It is never sent.
const CodeVanished codec.CloseCode = 1006

// MaxReason is how long the text of a close frame may be, in bytes: RFC 6455, section 5.5.
const MaxReason = 125 - 2

// Close is the frame that ends a connection, with a reason for whoever has to find out
// why. With code 0 it has neither a code nor a reason: it answers a close frame that has none.
func Close(code codec.CloseCode, reason string) []byte {
	if code == 0 {
		return AppendHeader(nil, ws.OpClose, 0)
	}
	reason = reason[:min(len(reason), MaxReason)] // ASCII, so that it may be cut anywhere
	frame := binary.BigEndian.AppendUint16(AppendHeader(nil, ws.OpClose, 2+len(reason)), uint16(code))
	return append(frame, reason...)
}

// Reason is the reason given for a code when nothing more specific is known.
func Reason(code codec.CloseCode) string {
	switch code {
	case codec.CloseProtocol:
		return "WebSocket protocol violated"
	case codec.CloseUnsupported:
		return "binary frames only in this protocol, text frames only in the JSON protocol"
	case codec.CloseBadText:
		return "text that is not UTF-8"
	case codec.CloseTooBig:
		return "message larger than 65536 bytes"
	case codec.CloseInternal:
		return "internal error: please reconnect"
	case codec.CloseRestart:
		return "server is closing: please reconnect"
	case codec.CloseMalformed:
		return "malformed message"
	case codec.CloseNoHello:
		return "the first message must be HELLO"
	case codec.CloseSlow:
		return "too slow: nothing could be written for too long"
	case codec.CloseSilent:
		return "nothing was heard for too long"
	case codec.CloseEnded:
		return "signed out or expired"
	case codec.CloseKicked:
		return "disconnected by an operator"
	case codec.CloseBanned:
		return "banned"
	}
	return ""
}
