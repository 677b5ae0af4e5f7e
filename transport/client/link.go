package client

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/gobwas/ws"

	"pixelplayground/codec"
)

const (
	// readBuffer is what each connection keeps for receiving, in bytes. Larger messages
	// are read past it.
	readBuffer = 4 << 10
	// writeLimit is how long the server may take none of what is written.
	writeLimit = 10 * time.Second
	// farewellLimit is how long the two ends may take to say goodbye.
	farewellLimit = 250 * time.Millisecond
)

// link is one WebSocket. One goroutine reads it, with next; one writes it, with write.
type link struct {
	conn    net.Conn
	silence time.Duration
	wake    chan struct{} // holds one: there is something to write. Anyone sends, write receives, nobody closes it

	// The reading goroutine's.
	in       *bufio.Reader
	header   []byte    // scratch
	early    []byte    // what came with the handshake
	handed   int       // bytes of in that next gave to its caller
	message  []byte    // one that does not fit into in, or came in fragments
	deadline time.Time // of reading

	mu      sync.Mutex
	closing bool            // only the close frame is still written, and deadlines are left alone
	code    codec.CloseCode // of the close frame
	ping    bool            // one is due
	pong    []byte          // the frame that is due; nil: none
}

func newLink(conn net.Conn, silence time.Duration) *link {
	l := &link{conn: conn, silence: silence, wake: make(chan struct{}, 1), header: make([]byte, ws.MaxHeaderSize)}
	l.in = bufio.NewReaderSize(l, readBuffer)
	return l
}

// dial opens a WebSocket.
func dial(ctx context.Context, cfg Config, url string, silence time.Duration) (*link, error) {
	var refused *HandshakeError
	dialer := ws.Dialer{
		Protocols: []string{codec.Subprotocol},
		NetDial:   cfg.Dial,
		OnStatusError: func(status int, _ []byte, response io.Reader) {
			refused = &HandshakeError{Status: status, Retry: retryAfter(response)}
		},
	}
	conn, early, shake, err := dialer.Dial(ctx, url)
	switch {
	case refused != nil:
		return nil, refused
	case err != nil:
		return nil, err
	}
	l := newLink(conn, silence)
	if early != nil {
		behind, _ := early.Peek(early.Buffered())
		l.early = bytes.Clone(behind)
		ws.PutReader(early)
	}
	if shake.Protocol != codec.Subprotocol {
		conn.Close()
		return nil, &HandshakeError{Status: http.StatusSwitchingProtocols}
	}
	return l, nil
}

// retryAfter reads the header of that name, in seconds; 0: there is none.
func retryAfter(response io.Reader) time.Duration {
	r, err := http.ReadResponse(bufio.NewReader(response), nil)
	if err != nil {
		return 0
	}
	r.Body.Close()
	seconds, err := strconv.ParseUint(r.Header.Get("Retry-After"), 10, 16)
	if err != nil {
		return 0
	}
	return time.Duration(seconds) * time.Second
}

// nudge makes write look for something to write.
func (l *link) nudge() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// shut starts the goodbye: write ends with a close frame, and next when the server has
// closed its end, both within farewellLimit. The first call counts.
func (l *link) shut(code codec.CloseCode) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.closing {
		l.closing, l.code = true, code
		_ = l.conn.SetDeadline(time.Now().Add(farewellLimit))
		l.nudge()
	}
}

// write sends what compose appends, until shut is called. When it fails, the error is
// returned and reading fails as well.
func (l *link) write(compose func(dst []byte) []byte) error {
	var out []byte
	for range l.wake {
		for last := false; !last; {
			if out, last = l.prepare(out[:0]); !last {
				out = compose(out)
			}
			if len(out) == 0 {
				break
			}
			if _, err := l.conn.Write(out); err != nil {
				l.conn.Close()
				return err
			}
			if last {
				return nil
			}
		}
	}
	return nil
}

// prepare appends the control frames that are due, and tells whether they are the last.
func (l *link) prepare(out []byte) (_ []byte, last bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closing {
		var payload []byte
		if l.code != 0 {
			payload = binary.BigEndian.AppendUint16(nil, uint16(l.code))
		}
		return appendFrame(out, ws.OpClose, payload), true
	}
	_ = l.conn.SetWriteDeadline(time.Now().Add(writeLimit))
	out = append(out, l.pong...)
	l.pong = l.pong[:0]
	if l.ping {
		l.ping = false
		out = appendFrame(out, ws.OpPing, nil)
	}
	return out, false
}
