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
	// writeLimit is how long one write to the server may take.
	writeLimit = 10 * time.Second
	// farewellLimit is how long the two ends may take to close the connection.
	farewellLimit = 250 * time.Millisecond
)

// link is one WebSocket. One goroutine reads it, with next; one writes it, with write.
type link struct {
	conn    net.Conn
	silence time.Duration
	wake    chan struct{} // holds one: there is something to write. Anyone sends, write receives, nobody closes it

	// Only for the reading goroutine.
	in       *wire.Reader
	deadline time.Time // of reading

	mu      sync.Mutex
	closing bool            // only the close frame is still to be written; deadlines must not change any more
	code    codec.CloseCode // of the close frame
	ping    bool            // a ping is due
	pong    []byte          // the pong that is due; empty: none
}

func newLink(conn net.Conn, in *wire.Reader, silence time.Duration) *link {
	return &link{conn: conn, silence: silence, wake: make(chan struct{}, 1), in: in}
}

// next reads one message and answers pings. The message is valid until the next call. A close
// frame is returned as a *CloseError.
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
			l.pong = wire.AppendFrame(l.pong[:0], ws.OpPong, m.Payload) // one pong, to the latest, answers all pings
			l.mu.Unlock()
			l.nudge()
		}
		if err != nil {
			return nil, err
		}
	}
}

// Read reads bytes for in. If the server is silent for too long, Read asks once for a sign of life.
func (l *link) Read(p []byte) (int, error) {
	for asked := false; ; asked = true {
		l.extend()
		n, err := l.conn.Read(p)
		if n > 0 || asked || !errors.Is(err, os.ErrDeadlineExceeded) || !l.ask() {
			return n, err
		}
	}
}

// extend moves the deadline for reading, but not with every read, since that costs as much as
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

// ask asks the server for a sign of life. It returns false if the connection is being closed.
func (l *link) ask() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ping = !l.closing
	l.nudge()
	return l.ping
}

// nudge makes write check for something to write.
func (l *link) nudge() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// shut starts to close the connection. write ends with a close frame, and next ends when the
// server has closed its end, both within farewellLimit. Only the first call has an effect.
func (l *link) shut(code codec.CloseCode) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.closing {
		l.closing, l.code = true, code
		_ = l.conn.SetDeadline(time.Now().Add(farewellLimit))
		l.nudge()
	}
}

// write sends what compose appends, until shut is called. If writing fails, write returns the
// error and reading fails as well.
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

// prepare appends the control frames that are due, and reports whether nothing may follow them.
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
