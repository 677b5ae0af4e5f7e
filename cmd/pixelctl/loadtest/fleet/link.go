package fleet

import (
	"errors"
	"fmt"
	"net"

	"github.com/gobwas/ws"

	"pixelplayground/codec"
)

const (
	// readBuffer is what each connection keeps for receiving, in bytes; 20,000 of them are 80 MB.
	readBuffer = 4 << 10
	// keptBuffer is the largest that it keeps once all in it has been read.
	keptBuffer = 64 << 10
	// maxMessage bounds what a server may send at once: its limit, and a header.
	maxMessage = codec.MaxServerMessage + ws.MaxHeaderSize
)

// errMore says that the rest of a frame has not been read yet.
var errMore = errors.New("more is needed")

// link is the receiving half of a WebSocket: bytes are read in large pieces and the frames in
// them handled where they lie. One goroutine uses it.
type link struct {
	conn     net.Conn
	early    []byte // what came with the handshake
	buf      []byte
	at, end  int    // buf[at:end] has not been handled
	fragment []byte // of a message that is not whole
	opened   ws.OpCode
}

// message is one frame, or several of one message joined. The payload is valid until the next call.
type message struct {
	op      ws.OpCode
	payload []byte
}

func newLink(conn net.Conn) *link { return &link{conn: conn, buf: make([]byte, readBuffer)} }

// fill reads once.
func (l *link) fill() error {
	l.makeRoom()
	if len(l.early) > 0 {
		n := copy(l.buf[l.end:], l.early)
		l.early, l.end = l.early[n:], l.end+n
		return nil
	}
	n, err := l.conn.Read(l.buf[l.end:])
	l.end += n
	if n > 0 {
		return nil
	}
	return err
}

// makeRoom moves what is left to the front, into a larger buffer if it fills this one.
func (l *link) makeRoom() {
	left := l.buf[l.at:l.end]
	switch {
	case len(left) == 0 && len(l.buf) > keptBuffer:
		l.buf = make([]byte, readBuffer)
	case len(left) == len(l.buf):
		l.buf = append(make([]byte, 0, 4*len(l.buf)), left...)
		l.buf = l.buf[:cap(l.buf)]
	case l.at > 0:
		copy(l.buf, left)
	}
	l.at, l.end = 0, len(left)
}

// next gives the next message that has been read whole; errMore: there is none.
func (l *link) next() (message, error) {
	for {
		op, final, payload, err := l.frame()
		if err != nil {
			return message{}, err
		}
		switch {
		case op.IsControl():
			return message{op, payload}, nil
		case op == ws.OpContinuation != (l.fragment != nil):
			return message{}, errors.New("server broke a message in pieces wrongly")
		case final && l.fragment == nil:
			return message{op, payload}, nil
		}
		if l.fragment == nil {
			l.opened, l.fragment = op, []byte{}
		}
		if l.fragment = append(l.fragment, payload...); len(l.fragment) > maxMessage {
			return message{}, fmt.Errorf("server sent more than %d bytes as one message", maxMessage)
		}
		if final {
			whole := l.fragment
			l.fragment = nil
			return message{l.opened, whole}, nil
		}
	}
}

// frame gives the next frame.
func (l *link) frame() (op ws.OpCode, final bool, payload []byte, err error) {
	const finalBit, maskBit = 0x80, 0x80
	p := l.buf[l.at:l.end]
	if len(p) < 2 {
		return 0, false, nil, errMore
	}
	op, final = ws.OpCode(p[0]&0x0F), p[0]&finalBit != 0
	size, header := int(p[1]&^maskBit), 2
	extra := 0
	switch size {
	case 126:
		extra = 2
	case 127:
		extra = 8
	}
	if len(p) < header+extra {
		return 0, false, nil, errMore
	}
	if extra > 0 {
		size = 0
		for _, b := range p[2 : 2+extra] {
			size = size<<8 | int(b)
		}
		header += extra
	}
	if size < 0 || size > maxMessage || p[1]&maskBit != 0 || p[0]&0x70 != 0 {
		return 0, false, nil, fmt.Errorf("server sent a frame of %d bytes with the bits %08b %08b", size, p[0], p[1])
	}
	if len(p) < header+size {
		return 0, false, nil, errMore
	}
	l.at += header + size
	return op, final, p[header : header+size : header+size], nil
}

func (m message) closeError() error {
	code, reason := ws.ParseCloseFrameData(m.payload)
	return &closeError{codec.CloseCode(code), reason}
}
