//go:build linux

package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/gobwas/ws"

	"pixelplayground/transport/client/wire"
)

// stream parses what one viewer receives, as far as a benchmark needs: the answer to the handshake
// and the beginnings of messages. It skips payloads without reading them, so that the crowd costs
// little CPU and almost no memory.
type stream struct {
	upgraded bool
	answer   []byte // to the handshake, as far as it has come
	skip     int    // bytes of the last message that are still to come
	n        int    // bytes in head
	head     [messageHead]byte
}

// messageHead is enough bytes of any message to know everything that counts: the headers of frame
// (10 bytes) and array and the type (4), then region, epoch, from and count (5 + 3*9).
const messageHead = 64

// Besides the messages of the protocol, a viewer receives these: the end of the handshake, and control frames.
const (
	upgraded wire.Kind = 1
	closing  wire.Kind = 0x80 | wire.Kind(ws.OpClose)
	pinging  wire.Kind = 0x80 | wire.Kind(ws.OpPing)
)

var errHandshake = errors.New("handshake refused")

// next returns the first message in p and the bytes that follow it. If there is no message yet, all
// of p was used.
func (s *stream) next(p []byte) (wire.Head, []byte, error) {
	if !s.upgraded {
		return s.handshake(p)
	}
	k := min(s.skip, len(p))
	s.skip -= k
	if p = p[k:]; len(p) == 0 {
		return wire.Head{}, nil, nil
	}
	view := p
	if s.n > 0 {
		view = s.head[:s.n+copy(s.head[s.n:], p)]
	}
	m, size, err := parse(view)
	switch {
	case err != nil:
		return wire.Head{}, nil, err
	case size == 0: // too little has arrived
		if len(view) == messageHead {
			return wire.Head{}, nil, fmt.Errorf("message that begins % x: %w", view, wire.ErrProtocol)
		}
		s.n = copy(s.head[:], view)
		return wire.Head{}, nil, nil
	}
	size -= s.n
	s.n = 0
	used := min(size, len(p))
	s.skip = size - used
	return m, p[used:], nil
}

// handshake looks for the end of the server's answer.
func (s *stream) handshake(p []byte) (wire.Head, []byte, error) {
	const good = "HTTP/1.1 101"
	s.answer = append(s.answer, p...)
	if n := min(len(s.answer), len(good)); string(s.answer[:n]) != good[:n] {
		return wire.Head{}, nil, fmt.Errorf("%w: %s", errHandshake, s.answer[:n])
	}
	_, rest, ended := bytes.Cut(s.answer, []byte("\r\n\r\n"))
	if !ended {
		return wire.Head{}, nil, nil
	}
	s.upgraded, s.answer = true, nil
	return wire.Head{Kind: upgraded}, rest, nil
}

// parse reads the beginning of a frame. size is the size of the whole frame, or 0 if too little of
// it is there. For a close frame, Count is its code.
func parse(p []byte) (m wire.Head, size int, err error) {
	h, err := wire.ParseHeader(p)
	if err != nil || h.Size == 0 {
		return m, 0, err
	}
	payload, whole := p[h.Size:], len(p) >= h.Size+h.Body
	if whole {
		payload = payload[:h.Body]
	}
	end := 0
	switch {
	case !h.Final || h.Op == ws.OpText || h.Op == ws.OpContinuation:
		return m, 0, fmt.Errorf("frame of kind %d, final %t: %w", h.Op, h.Final, wire.ErrProtocol)
	case h.Op == ws.OpBinary:
		m, end = wire.ParseHead(payload)
	default:
		m.Kind = 0x80 | wire.Kind(h.Op)
		if m.Kind == closing && len(payload) >= 2 {
			m.Count = uint64(binary.BigEndian.Uint16(payload))
		} else if m.Kind == closing {
			end = -1
		}
	}
	switch {
	case end >= 0:
		return m, h.Size + h.Body, nil
	case whole:
		return m, 0, fmt.Errorf("message % x: %w", payload, wire.ErrProtocol)
	}
	return m, 0, nil
}
