package wire

import (
	"errors"
	"fmt"
	"io"

	"github.com/gobwas/ws"

	"pixelplayground/codec"
)

const (
	// readBuffer is the size of each connection's buffer for receiving, in bytes. 20,000 of them
	// take 80 MB.
	readBuffer = 4 << 10
	// keptBuffer is the size of the largest buffer that is kept once everything in it has been
	// handled: thousands of clients may each have had one large snapshot.
	keptBuffer = 32 << 10
)

// ErrMore says that the rest of a message has not been read yet.
var ErrMore = errors.New("more is needed")

// Message is one frame, or the joined fragments of one message. The payload is valid until the
// Reader is used again.
type Message struct {
	Op      ws.OpCode
	Payload []byte
}

// Err is a close frame as an error.
func (m Message) Err() error {
	code, reason := ws.ParseCloseFrameData(m.Payload)
	return &CloseError{Code: codec.CloseCode(code), Reason: reason}
}

// Reader reads bytes in large pieces and takes messages out of them, without copying them if they
// are in one frame. The zero Reader is ready to use. It is for one goroutine.
type Reader struct {
	buf      []byte
	at, end  int // buf[at:end] has not been handled
	need     int // size of the first frame that has not been handled, in bytes; 0: not known
	fragment []byte
	opened   ws.OpCode
	joining  bool // fragment is the beginning of a message
}

// Next returns the next message that has been read completely. The error is ErrMore if there is
// none.
func (r *Reader) Next() (Message, error) {
	for {
		h, err := ParseHeader(r.buf[r.at:r.end])
		switch whole := h.Size + h.Body; {
		case err != nil:
			return Message{}, err
		case !h.Op.IsControl() && h.Size > 0 && (h.Op == ws.OpContinuation) != r.joining:
			return Message{}, fmt.Errorf("fragments of two messages: %w", ErrProtocol)
		case h.Size == 0 || r.end-r.at < whole:
			r.need = whole
			return Message{}, ErrMore
		}
		r.at += h.Size
		payload := r.buf[r.at : r.at+h.Body : r.at+h.Body]
		r.at += h.Body
		if h.Op.IsControl() || h.Final && !r.joining {
			return Message{h.Op, payload}, nil
		}
		if !r.joining {
			r.joining, r.opened, r.fragment = true, h.Op, nil
		}
		if r.fragment = append(r.fragment, payload...); len(r.fragment) > codec.MaxServerMessage {
			return Message{}, fmt.Errorf("message of more than %d bytes: %w", codec.MaxServerMessage, ErrProtocol)
		}
		if h.Final {
			r.joining = false
			return Message{r.opened, r.fragment}, nil
		}
	}
}

// Fill does one read, and returns how many bytes it read.
func (r *Reader) Fill(from io.Reader) (int, error) {
	left := r.buf[r.at:r.end]
	size := max(readBuffer, r.need)
	if len(r.buf) < size || len(left) == 0 && len(r.buf) > keptBuffer && size <= keptBuffer {
		r.buf = append(make([]byte, 0, size), left...)[:size]
	} else if r.at > 0 {
		copy(r.buf, left)
	}
	r.at, r.end = 0, len(left)
	n, err := from.Read(r.buf[r.end:])
	r.end += n
	if n > 0 {
		return n, nil
	}
	if err == io.EOF && r.end > 0 {
		err = io.ErrUnexpectedEOF
	}
	return 0, err
}
