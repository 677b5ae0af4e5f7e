package transport

import (
	"encoding/binary"

	"github.com/gobwas/ws"
)

// protocol is which of the two client protocols a connection speaks.
type protocol uint8

const (
	binaryProtocol protocol = iota
	jsonProtocol
	protocols
)

// opCode is the kind of data frame that the protocol uses in both directions.
func (p protocol) opCode() ws.OpCode {
	if p == jsonProtocol {
		return ws.OpText
	}
	return ws.OpBinary
}

// appendHeader appends the header of a server's unfragmented frame with a payload of n bytes.
func appendHeader(dst []byte, op ws.OpCode, n int) []byte {
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

// room starts a frame. The caller appends the payload and then calls seal.
func room(payload int) []byte { return make([]byte, headerRoom, headerRoom+payload) }

// seal makes a frame of b, which room began, without copying the payload.
func seal(op ws.OpCode, b []byte) []byte {
	var header [headerRoom]byte
	h := appendHeader(header[:0], op, len(b)-headerRoom)
	frame := b[headerRoom-len(h):]
	copy(frame, h)
	return frame
}
