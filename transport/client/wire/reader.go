package wire

import (
	"errors"
	"fmt"
	"io"

	"github.com/gobwas/ws"

	"pixelplayground/codec"
)

const (
	// readBuffer is what each connection keeps for receiving, in bytes; 20,000 of them are 80 MB.
	readBuffer = 4 << 10
	// keptBuffer is the largest that it keeps once all in it has been read: thousands of
	// clients may each have had one large snapshot.
	keptBuffer = 32 << 10
)

// ErrMore says that the rest of a message has not been read yet.
var ErrMore = errors.New("more is needed")

// Message is one frame, or several of one message joined. The payload is valid until the Reader is used again.
type Message struct {
	Op      ws.OpCode
	Payload []byte
}

// Err is what a close frame means, as an error.
func (m Message) Err() error {
	code, reason := ws.ParseCloseFrameData(m.Payload)
	return &CloseError{Code: codec.CloseCode(code), Reason: reason}
}

// Reader takes messages out of bytes that are read in large pieces, where they lie. The zero
// Reader is ready; one goroutine uses it.
type Reader struct {
	buf      []byte
	at, end  int // buf[at:end] has not been handled
	need     int // how many bytes the frame at the front has, if that is known
	fragment []byte
	opened   ws.OpCode
	joining  bool // fragment is the beginning of a message
}

// Next is the next message that has been read whole; ErrMore: there is none.
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

// Fill reads once, and tells how much.
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
