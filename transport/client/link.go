package client

import (
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"time"

	"github.com/gobwas/ws"

	"pixelplayground/codec"
	"pixelplayground/transport/client/wire"
)

const (
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
	in       *wire.Reader
	deadline time.Time // of reading

	mu      sync.Mutex
	closing bool            // only the close frame is still written, and deadlines are left alone
	code    codec.CloseCode // of the close frame
	ping    bool            // one is due
	pong    []byte          // the frame that is due; nil: none
}

func newLink(conn net.Conn, in *wire.Reader, silence time.Duration) *link {
	return &link{conn: conn, silence: silence, wake: make(chan struct{}, 1), in: in}
}

// next reads one message. The result is valid until the next call. It answers pings; a
// close frame is a *CloseError.
func (l *link) next() ([]byte, error) {
	for {
		m, err := l.in.Next()
		switch {
		case err == wire.ErrMore:
			_, err = l.in.Fill(l)
		case err == nil && m.Op == ws.OpBinary:
			return m.Payload, nil
		case err == nil && m.Op == ws.OpText:
			err = fmt.Errorf("text frame: %w", wire.ErrProtocol)
		case err == nil && m.Op == ws.OpClose:
			err = m.Err()
		case err == nil && m.Op == ws.OpPing:
			l.mu.Lock()
			l.pong = wire.AppendFrame(l.pong[:0], ws.OpPong, m.Payload) // the latest is answer enough for all
			l.mu.Unlock()
			l.nudge()
		}
		if err != nil {
			return nil, err
		}
	}
}

// Read is where in gets its bytes from.
func (l *link) Read(p []byte) (int, error) {
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

// prepare appends the control frames that are due, and reports whether they are the last.
func (l *link) prepare(out []byte) (_ []byte, last bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closing {
		return wire.AppendClose(out, l.code), true
	}
	_ = l.conn.SetWriteDeadline(time.Now().Add(writeLimit))
	out = append(out, l.pong...)
	l.pong = l.pong[:0]
	if l.ping {
		l.ping = false
		out = wire.AppendFrame(out, ws.OpPing, nil)
	}
	return out, false
}
