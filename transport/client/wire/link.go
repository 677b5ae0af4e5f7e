package wire

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gobwas/ws"

	"pixelplayground/codec"
)

const (
	// writeLimit is how long one write to the server may take.
	writeLimit = 10 * time.Second
	// farewellLimit is how long the two ends may take to close the connection.
	farewellLimit = 250 * time.Millisecond
)

// link is one WebSocket of a session. One goroutine reads it, with next. Another one writes it, but
// only while there is something to write: most of a crowd's clients just listen.
type link struct {
	*Conn
	op      ws.OpCode // of messages: text in the JSON protocol, else binary
	silence time.Duration
	compose func(dst []byte) []byte
	bytes   *atomic.Int64 // received; nil: they are not counted

	// Only for the reading goroutine.
	deadline time.Time // of reading
	read     time.Time // when something was read last

	mu      sync.Mutex
	due     bool            // there is something to write
	writing bool            // a goroutine writes
	mute    bool            // nothing may be written: not yet, or not any more
	closing bool            // only the close frame is still to be written; deadlines must not change any more
	code    codec.CloseCode // of the close frame
	ping    bool            // a ping is due
	pong    []byte          // the pong that is due; empty: none
	failed  error           // why nothing can be written
	written sync.WaitGroup
}

// next reads one message and answers pings. The message is valid until the next call. A close
// frame is returned as a *CloseError.
func (l *link) next() (Message, error) {
	for {
		m, err := l.Next()
		switch {
		case err == ErrMore:
			var n int
			n, err = l.Fill(waiting{l})
			l.read = time.Now()
			if l.bytes != nil {
				l.bytes.Add(int64(n))
			}
		case err == nil && m.Op == l.op:
			return m, nil
		case err == nil && m.Op == ws.OpClose:
			err = m.Err()
		case err == nil && m.Op == ws.OpPing:
			l.mu.Lock()
			l.pong = AppendFrame(l.pong[:0], ws.OpPong, m.Payload) // one pong, to the latest, answers all pings
			l.nudge()
			l.mu.Unlock()
		case err == nil && m.Op != ws.OpPong:
			err = fmt.Errorf("frame of kind %d: %w", m.Op, ErrProtocol)
		}
		if err != nil {
			return Message{}, err
		}
	}
}

// waiting is a link that waits for what it reads. If the server is silent for too long, it asks once
// for a sign of life.
type waiting struct{ *link }

func (w waiting) Read(p []byte) (int, error) {
	for asked := false; ; asked = true {
		w.extend()
		n, err := w.Conn.Read(p)
		if n > 0 || asked || !errors.Is(err, os.ErrDeadlineExceeded) || !w.ask() {
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
		_ = l.SetReadDeadline(l.deadline)
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

// nudge says that there is something to write. The caller holds l.mu.
func (l *link) nudge() {
	l.due = true
	if !l.writing && !l.mute {
		l.writing = true
		l.written.Go(l.write)
	}
}

// speak begins to write.
func (l *link) speak() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.mute = false
	l.nudge()
}

// shut starts to close the connection. A close frame is written last, and next ends when the
// server has closed its end, both within farewellLimit. Only the first call has an effect.
func (l *link) shut(code codec.CloseCode) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.closing {
		l.closing, l.code = true, code
		_ = l.SetDeadline(time.Now().Add(farewellLimit))
		l.nudge()
	}
}

// end closes the connection, and returns why nothing could be written; nil: everything was.
func (l *link) end(code codec.CloseCode) error {
	l.shut(code)
	l.written.Wait()
	l.Close()
	return l.failed
}

// write writes until nothing is due. If that fails, reading fails as well.
func (l *link) write() {
	var out []byte
	for more := false; ; more = len(out) > 0 {
		var last, due bool
		if out, last, due = l.prepare(out[:0], more); !due {
			return
		}
		if !last {
			out = l.compose(out)
		}
		if len(out) == 0 {
			continue
		}
		if _, err := l.Conn.Write(out); err != nil || last {
			l.mu.Lock()
			l.mute, l.failed = true, err
			l.mu.Unlock()
			if err != nil {
				l.Close()
			}
			return
		}
	}
}

// prepare appends the control frames that are due. last: nothing may follow them. due is false when there is
// nothing to write; more says that there may be more than was written just now.
func (l *link) prepare(out []byte, more bool) (_ []byte, last, due bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.closing:
		return AppendClose(out, l.code), true, true
	case !l.due && !more:
		l.writing = false
		return out, false, false
	}
	l.due = false
	_ = l.SetWriteDeadline(time.Now().Add(writeLimit))
	out = append(out, l.pong...)
	l.pong = l.pong[:0]
	if l.ping {
		l.ping = false
		out = AppendFrame(out, ws.OpPing, nil)
	}
	return out, false, true
}
