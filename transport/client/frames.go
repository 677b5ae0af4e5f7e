package client

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/gobwas/ws"

	"pixelplayground/codec"
)

// keptMessage is the largest buffer that a connection keeps for messages that don't fit
// into readBuffer, in bytes: thousands of clients may each have had one large snapshot.
const keptMessage = 32 << 10

// next reads one message. The result is valid until the next call. It answers pings; a
// close frame is a *CloseError.
func (l *link) next() ([]byte, error) {
	if _, err := l.in.Discard(l.handed); err != nil {
		return nil, err
	}
	l.handed = 0
	if l.message = l.message[:0]; cap(l.message) > keptMessage {
		l.message = nil
	}
	state := ws.StateClientSide
	for {
		h, err := ws.ReadHeaderBuffer(l.in, l.header)
		if err != nil {
			return nil, err
		}
		if err := ws.CheckHeader(h, state); err != nil {
			return nil, fmt.Errorf("%v: %w", err, errProtocol)
		}
		switch {
		case h.OpCode.IsControl():
			if err := l.control(h); err != nil {
				return nil, err
			}
		case h.OpCode == ws.OpText:
			return nil, fmt.Errorf("text frame: %w", errProtocol)
		case h.Fin && !state.Fragmented() && h.Length <= readBuffer:
			l.handed = int(h.Length)
			return l.in.Peek(l.handed)
		default:
			if err := l.collect(h.Length); err != nil {
				return nil, err
			}
			if h.Fin {
				return l.message, nil
			}
			state = state.Set(ws.StateFragmented)
		}
	}
}

// collect appends n bytes to the message.
func (l *link) collect(n int64) error {
	have := len(l.message)
	if n > codec.MaxServerMessage-int64(have) {
		return fmt.Errorf("message of more than %d bytes: %w", codec.MaxServerMessage, errProtocol)
	}
	end := have + int(n)
	if cap(l.message) < end {
		l.message = append(make([]byte, 0, end), l.message...)
	}
	l.message = l.message[:end]
	_, err := io.ReadFull(l.in, l.message[have:])
	return err
}

// control handles a control frame, which CheckHeader has found to have at most 125 bytes.
func (l *link) control(h ws.Header) error {
	payload, err := l.in.Peek(int(h.Length))
	if err != nil {
		return err
	}
	switch h.OpCode {
	case ws.OpClose:
		code, reason := ws.ParseCloseFrameData(payload)
		return &CloseError{Code: codec.CloseCode(code), Reason: reason}
	case ws.OpPing:
		l.mu.Lock()
		l.pong = appendFrame(l.pong[:0], ws.OpPong, payload) // the latest is answer enough for all
		l.mu.Unlock()
		l.nudge()
	}
	_, err = l.in.Discard(len(payload))
	return err
}

// Read is where in gets its bytes from.
func (l *link) Read(p []byte) (int, error) {
	if len(l.early) > 0 {
		n := copy(p, l.early)
		l.early = l.early[n:]
		return n, nil
	}
	for asked := false; ; asked = true {
		l.extend()
		n, err := l.conn.Read(p)
		if n > 0 || asked || !errors.Is(err, os.ErrDeadlineExceeded) || !l.ask() {
			return n, err
		}
	}
}

// extend moves the deadline of reading, but not with every read: that costs as much as
// the read itself.
func (l *link) extend() {
	now := time.Now()
	if l.deadline.Sub(now) > l.silence/2 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.closing {
		l.deadline = now.Add(l.silence)
		_ = l.conn.SetReadDeadline(l.deadline)
	}
}

// ask wants a sign of life from the server; false: it has been said goodbye to.
func (l *link) ask() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ping = !l.closing
	l.nudge()
	return l.ping
}

// appendFrame appends a whole frame of a client, of at most 65,535 bytes of payload:
// codec's limits keep every message below. Clients must mask (RFC 6455, 5.3).
func appendFrame(dst []byte, code ws.OpCode, payload []byte) []byte {
	const final, masked = 0x80, 0x80
	dst = append(dst, final|byte(code))
	if n := len(payload); n < 126 {
		dst = append(dst, masked|byte(n))
	} else {
		dst = binary.BigEndian.AppendUint16(append(dst, masked|126), uint16(n))
	}
	mask := ws.NewMask()
	dst = append(dst, mask[:]...)
	dst = append(dst, payload...)
	ws.Cipher(dst[len(dst)-len(payload):], mask, 0)
	return dst
}
