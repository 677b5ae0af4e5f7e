package frames

import (
	"encoding/binary"

	"github.com/gobwas/ws"
)

// Protocol is which of the two client protocols a connection speaks.
type Protocol uint8

// The two protocols: that of PROTOCOL.md, and the JSON one of earlier clients.
const (
	Binary Protocol = iota
	JSON
	Protocols
)

// OpCode is the kind of data frame that the protocol uses in both directions.
func (p Protocol) OpCode() ws.OpCode {
	if p == JSON {
		return ws.OpText
	}
	return ws.OpBinary
}

// AppendHeader appends the header of a server's unfragmented frame with a payload of n bytes.
func AppendHeader(dst []byte, op ws.OpCode, n int) []byte {
	dst = append(dst, 0x80|byte(op))
	switch {
	case n < 126:
		return append(dst, byte(n))
	case n <= 0xFFFF:
		return binary.BigEndian.AppendUint16(append(dst, 126), uint16(n))
	default:
		return binary.BigEndian.AppendUint64(append(dst, 127), uint64(n))
	}
}

// headerRoom is the length of the longest header of a frame without a mask, in bytes.
const headerRoom = 10

// Room starts a frame. The caller appends the payload and then calls Seal.
func Room(payload int) []byte { return make([]byte, headerRoom, headerRoom+payload) }

// Seal makes a frame of b, which Room began, without copying the payload.
func Seal(op ws.OpCode, b []byte) []byte {
	var header [headerRoom]byte
	h := AppendHeader(header[:0], op, len(b)-headerRoom)
	frame := b[headerRoom-len(h):]
	copy(frame, h)
	return frame
}
