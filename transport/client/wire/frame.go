// Package wire is the client's half of the pixel protocol (codec/PROTOCOL.md), without any
// policy: frames, the handshake, HELLO and WELCOME, the ops that wait for their answers, and a
// session that stays connected. It holds no canvas, and a session that is idle takes one goroutine, so
// that programs with thousands of connections can use it. transport/client and the load tests' fleet
// are built on it; cmd/bench takes the frames alone.
package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/gobwas/ws"

	"pixelplayground/actors/canvas"
	"pixelplayground/codec"
)

// ErrProtocol is wrapped by errors that say how the server broke the protocol.
var ErrProtocol = errors.New("server broke the protocol")

const (
	finalBit = 0x80
	maskBit  = 0x80
	// marksPerMessage keeps SUBSCRIBE below codec.MaxClientMessage: a mark takes up to 24 bytes.
	marksPerMessage = 2048
)

// Header is the beginning of a server's frame.
type Header struct {
	Op    ws.OpCode
	Final bool
	Size  int // of the header, in bytes; 0: the header has not come whole
	Body  int // of the payload, in bytes
}

// ParseHeader reads the header at the beginning of p.
func ParseHeader(p []byte) (Header, error) {
	if len(p) < 2 {
		return Header{}, nil
	}
	h := Header{Op: ws.OpCode(p[0] & 0x0F), Final: p[0]&finalBit != 0, Size: 2, Body: int(p[1] &^ maskBit)}
	switch {
	case p[1]&maskBit != 0:
		return h, fmt.Errorf("masked frame: %w", ErrProtocol)
	case p[0]&0x70 != 0 || h.Op > ws.OpPong || h.Op > ws.OpBinary && h.Op < ws.OpClose:
		return h, fmt.Errorf("frame that begins with %#x: %w", p[0], ErrProtocol)
	case h.Op >= ws.OpClose && (!h.Final || h.Body > ws.MaxControlFramePayloadSize):
		return h, fmt.Errorf("control frame of %d bytes, final %t: %w", h.Body, h.Final, ErrProtocol)
	case h.Body == 126:
		if h.Size += 2; len(p) < h.Size {
			return Header{}, nil
		}
		h.Body = int(binary.BigEndian.Uint16(p[2:]))
	case h.Body == 127:
		if h.Size += 8; len(p) < h.Size {
			return Header{}, nil
		}
		h.Body = int(binary.BigEndian.Uint64(p[2:]))
	}
	if h.Body < 0 || h.Body > codec.MaxServerMessage {
		return h, fmt.Errorf("message of more than %d bytes: %w", codec.MaxServerMessage, ErrProtocol)
	}
	return h, nil
}

// AppendFrame appends a client's whole frame. The payload must have at most 65,535 bytes;
// codec's limits keep every message below that. Clients must mask (RFC 6455, 5.3).
func AppendFrame(dst []byte, code ws.OpCode, payload []byte) []byte {
	dst = append(slices.Grow(dst, len(payload)+ws.MaxHeaderSize), finalBit|byte(code))
	if n := len(payload); n < 126 {
		dst = append(dst, maskBit|byte(n))
	} else {
		dst = binary.BigEndian.AppendUint16(append(dst, maskBit|126), uint16(n))
	}
	mask := ws.NewMask()
	dst = append(dst, mask[:]...)
	dst = append(dst, payload...)
	ws.Cipher(dst[len(dst)-len(payload):], mask, 0)
	return dst
}

// AppendClose appends a close frame; code 0: it has none.
func AppendClose(dst []byte, code codec.CloseCode) []byte {
	var payload []byte
	if code != 0 {
		payload = binary.BigEndian.AppendUint16(nil, uint16(code))
	}
	return AppendFrame(dst, ws.OpClose, payload)
}

// AppendSubscribe appends as many frames as it takes to subscribe to the regions of marks.
func AppendSubscribe(dst []byte, marks []canvas.Mark) []byte {
	for part := range slices.Chunk(marks, marksPerMessage) {
		dst = AppendFrame(dst, ws.OpBinary, codec.AppendSubscribe(nil, codec.Subscribe{Marks: part}))
	}
	return dst
}
