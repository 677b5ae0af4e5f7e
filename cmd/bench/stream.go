//go:build linux

package main

import (
	"encoding/binary"
	"errors"
	"fmt"

	"pixelplayground/codec"
)

// stream takes apart what one viewer receives, as far as a benchmark needs: the answer to
// the handshake and the beginnings of the messages. Payloads are stepped over without
// being looked at, so that the crowd costs little and holds nothing.
type stream struct {
	upgraded bool
	matched  int // bytes of the end of the handshake's answer
	skip     int // bytes of the last message that are still to come
	n        int // bytes in head
	head     [messageHead]byte
}

// messageHead is enough of any message to know all of it that counts: the frame's header
// (10 bytes), the array's and the type (4), region, epoch, from and count (5 + 3*9).
const messageHead = 64

// kind is what a message is: a type of the protocol, or an opcode of WebSocket.
type kind uint8

const (
	none     kind = 0
	upgraded kind = 1 // the handshake is done
	welcome  kind = 16
	snapshot kind = 17
	pixels   kind = 18
	ack      kind = 19
	refused  kind = 20

	closing kind = 0x88
	pinging kind = 0x89
)

// message is what counts of one.
type message struct {
	kind   kind
	region uint64 // of SNAPSHOT and PIXELS
	epoch  uint64
	from   uint64 // of SNAPSHOT: where it leads
	count  uint64 // pixels; of ACK: ops; of a close frame: the code
}

var (
	errHandshake = errors.New("handshake refused")
	errFrame     = errors.New("not a frame of the protocol")
)

// next gives the first message in p and what follows it. With none, all of p was used.
func (s *stream) next(p []byte) (message, []byte, error) {
	if !s.upgraded {
		return s.handshake(p)
	}
	k := min(s.skip, len(p))
	s.skip -= k
	if p = p[k:]; len(p) == 0 {
		return message{}, nil, nil
	}
	view := p
	if s.n > 0 {
		view = s.head[:s.n+copy(s.head[s.n:], p)]
	}
	m, size, err := parse(view)
	switch {
	case err != nil:
		return message{}, nil, err
	case size == 0: // too little has come
		if len(view) == messageHead {
			return message{}, nil, fmt.Errorf("%w: begins % x", errFrame, view)
		}
		s.n = copy(s.head[:], view)
		return message{}, nil, nil
	}
	size -= s.n
	s.n = 0
	used := min(size, len(p))
	s.skip = size - used
	return m, p[used:], nil
}

// handshake looks for the end of the server's answer.
func (s *stream) handshake(p []byte) (message, []byte, error) {
	const good, end = "HTTP/1.1 101", "\r\n\r\n"
	for i, b := range p {
		if s.n < len(good) {
			s.head[s.n] = b
			s.n++
			if s.n == len(good) && string(s.head[:s.n]) != good {
				return message{}, nil, fmt.Errorf("%w: %s", errHandshake, s.head[:s.n])
			}
		}
		switch b {
		case end[s.matched]:
			s.matched++
		case '\r':
			s.matched = 1
		default:
			s.matched = 0
		}
		if s.matched == len(end) {
			s.upgraded, s.n = true, 0
			return message{kind: upgraded}, p[i+1:], nil
		}
	}
	return message{}, nil, nil
}

// parse reads the beginning of a frame; size is the whole frame's, 0: too little of it is there.
func parse(p []byte) (m message, size int, err error) {
	if len(p) < 2 {
		return m, 0, nil
	}
	if p[0]&0xF0 != 0x80 || p[1]&0x80 != 0 {
		return m, 0, fmt.Errorf("%w: a fragment or masked: % x", errFrame, p[:2])
	}
	length, header := int(p[1]), 2
	switch length {
	case 126:
		header = 4
	case 127:
		header = 10
	}
	if len(p) < header {
		return m, 0, nil
	}
	switch length {
	case 126:
		length = int(binary.BigEndian.Uint16(p[2:]))
	case 127:
		length = int(binary.BigEndian.Uint64(p[2:]))
	}
	if length < 0 || length > codec.MaxServerMessage {
		return m, 0, fmt.Errorf("%w: %d bytes", errFrame, length)
	}
	payload, whole := p[header:], len(p)-header >= length
	if whole {
		payload = payload[:length]
	}
	var ok bool
	if p[0]&0x0F == 2 {
		m, ok = parseMessage(payload)
	} else {
		m, ok = parseControl(p[0], payload)
	}
	switch {
	case ok:
		return m, header + length, nil
	case whole:
		return m, 0, fmt.Errorf("%w: % x", errFrame, payload)
	}
	return m, 0, nil
}

func parseControl(first byte, payload []byte) (message, bool) {
	m := message{kind: kind(first)}
	if m.kind == closing && len(payload) >= 2 {
		m.count = uint64(binary.BigEndian.Uint16(payload))
	}
	return m, m.kind != closing || len(payload) >= 2
}

// parseMessage reads the elements of a message that count; false: too little is there.
func parseMessage(p []byte) (m message, ok bool) {
	_, at := array(p, 0)
	code, at := number(p, at)
	m.kind = kind(code)
	switch m.kind {
	case pixels, snapshot:
		m.region, at = number(p, at)
		m.epoch, at = number(p, at)
		m.from, at = number(p, at)
		if m.kind == pixels {
			m.count, at = number(p, at)
		}
	case ack:
		m.count, at = array(p, at)
	case refused:
		_, at = number(p, at)
		m.count, at = number(p, at) // the code
	}
	return m, at >= 0
}

// number reads one of MessagePack's unsigned numbers, and says where it ends: -1 if it is
// none, is cut short, or begins at -1.
func number(p []byte, at int) (uint64, int) {
	if uint(at) >= uint(len(p)) {
		return 0, -1
	}
	if p[at] < 0x80 {
		return uint64(p[at]), at + 1
	}
	return big(p, at, 0xcc, 0xcf, 1)
}

// array reads the size of an array in the same way.
func array(p []byte, at int) (uint64, int) {
	if uint(at) >= uint(len(p)) {
		return 0, -1
	}
	if p[at]&0xF0 == 0x90 {
		return uint64(p[at] & 0x0F), at + 1
	}
	return big(p, at, 0xdc, 0xdd, 2)
}

// big reads a number of width bytes if its code is the first, of twice the width if it is
// the next, and so on to the last.
func big(p []byte, at int, first, last byte, width int) (n uint64, end int) {
	for code := first; code <= last; code, width = code+1, 2*width {
		if p[at] != code {
			continue
		}
		if end = at + 1 + width; end > len(p) {
			break
		}
		for _, b := range p[at+1 : end] {
			n = n<<8 | uint64(b)
		}
		return n, end
	}
	return 0, -1
}
