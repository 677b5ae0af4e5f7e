package wire

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gobwas/ws"

	"pixelplayground/codec"
)

// Silence is how long a server may be silent before it is asked for a sign of life. If it is then
// silent for as long again, the connection counts as broken. The server pings quiet clients every
// 20 s.
const Silence = 30 * time.Second

// longestRetry bounds the pauses that servers ask for.
const longestRetry = 30 * time.Second

// ErrDisconnected says that there is no connection now; another is being made.
var ErrDisconnected = errors.New("not connected")

// Owner is whose session it is: it knows what is to be said, and what messages mean. All but Compose
// are called on the goroutine of Run. An owner may hold a lock of its own while it calls the session.
type Owner interface {
	// Dial makes a connection, up to WELCOME.
	Dial(ctx context.Context, url string) (*Conn, codec.Welcome, error)
	// Welcomed begins a connection. Nothing is received or written on it before Welcomed has returned.
	Welcomed(w codec.Welcome)
	// Receive handles a message that was read at a time. An error ends the connection.
	Receive(m Message, at time.Time) error
	// Compose appends frames that are due. It is called again until it appends nothing.
	Compose(dst []byte) []byte
	// Lost ends a connection.
	Lost(err error)
	// Pausing says that the next attempt to connect follows after a pause, and why.
	Pausing(err error, pause time.Duration)
}

// Session keeps a user connected: when the connection breaks it makes another one, to the next
// server. It is made by NewSession; its exported fields may be changed until Run is called.
type Session struct {
	JSON    bool          // it speaks the JSON protocol
	Silence time.Duration // see Silence
	Bytes   *atomic.Int64 // received; nil: they are not counted
	Backoff Backoff
	Clock   Clock
	Random  func() float64 // from [0, 1), for the spread of the pauses

	owner Owner
	urls  []string

	// Only for the goroutine of Run.
	url     int           // index in urls, for the next attempt
	restart bool          // the server has announced that it will close
	retry   time.Duration // how long after that to come back

	mu     sync.Mutex
	link   *link  // nil: not connected
	token  uint64 // of the last PING
	pings  []ping // without an answer, the oldest first
	unsent int    // how many of them are due
}

// ping is a PING. Its answer goes to pong, which is closed when the connection breaks.
type ping struct {
	token uint64
	pong  chan time.Time
}

// NewSession makes a session; it starts nothing.
func NewSession(owner Owner, urls []string) *Session {
	return &Session{
		Silence: Silence, Backoff: Backoff{First: firstPause, Max: longestPause}, Clock: realClock{}, Random: rand.Float64,
		owner: owner, urls: urls,
	}
}

// Run connects, and stays connected until ctx is done or no server will ever accept the client again. It returns why.
// If first is not nil it is told how the first attempt went, and an attempt that failed is the only one.
func (s *Session) Run(ctx context.Context, first func(error)) error {
	l, final, err := s.connect(ctx)
	if first != nil {
		first(err)
		final = err != nil
	}
	for attempt := 0; ; attempt++ {
		if err == nil {
			since := s.Clock.Now()
			err = s.serve(ctx, l)
			final = Hopeless(err)
			// Only a connection that has lasted resets the backoff: the pauses grow if the server
			// keeps closing the connection soon.
			if s.Clock.Now().Sub(since) >= s.Backoff.Max {
				attempt = 0
			}
		}
		if ctx.Err() != nil || final {
			return err
		}
		pause := s.pause(attempt, err)
		s.owner.Pausing(err, pause)
		if failed := s.Clock.Wait(ctx, pause); failed != nil {
			return failed
		}
		l, final, err = s.connect(ctx)
	}
}

// Restart says that the server will close the connection, and how long after that to come back.
func (s *Session) Restart(retry time.Duration) { s.restart, s.retry = true, retry }

// pause is how long to wait before the next attempt to connect.
func (s *Session) pause(attempt int, err error) time.Duration {
	if s.restart {
		s.restart = false
		return min(s.retry, longestRetry)
	}
	pause := s.Backoff.Delay(attempt, s.Random())
	var handshake *HandshakeError
	if errors.As(err, &handshake) {
		pause = max(pause, min(handshake.Retry, longestRetry))
	}
	return pause
}

// connect tries each of the URLs once. final: none of them will ever accept the client.
func (s *Session) connect(ctx context.Context) (_ *link, final bool, err error) {
	final = true
	for range s.urls {
		url := s.urls[s.url]
		conn, welcome, failed := s.owner.Dial(ctx, url)
		if failed == nil {
			return s.welcomed(conn, welcome), false, nil
		}
		final = final && Hopeless(failed)
		failed = fmt.Errorf("%s: %w", url, failed)
		if err != nil {
			failed = fmt.Errorf("%w; %w", err, failed)
		}
		err = failed
		s.nextURL()
	}
	return nil, final, err
}

func (s *Session) nextURL() { s.url = (s.url + 1) % len(s.urls) }

func (s *Session) welcomed(conn *Conn, w codec.Welcome) *link {
	l := &link{Conn: conn, op: ws.OpBinary, silence: s.Silence, compose: s.compose, bytes: s.Bytes, mute: true}
	if s.JSON {
		l.op = ws.OpText
	}
	s.mu.Lock()
	s.link = l // before Welcomed, since who hears of the connection from that may ping at once
	s.mu.Unlock()
	s.owner.Welcomed(w)
	return l
}

// serve reads from a connection until it breaks.
func (s *Session) serve(ctx context.Context, l *link) error {
	stop := context.AfterFunc(ctx, func() { l.shut(codec.CloseNormal) })
	defer stop()
	l.speak()
	err := s.read(l)
	code := codec.CloseProtocol
	var closed *CloseError
	if errors.As(err, &closed) {
		code = closed.Code
	}
	if failed := l.end(code); failed != nil && errors.Is(err, net.ErrClosed) {
		err = failed // writing failed first and closed the socket
	}
	s.mu.Lock()
	s.link = nil
	for _, p := range s.pings {
		close(p.pong)
	}
	s.pings, s.unsent = nil, 0
	s.mu.Unlock()
	s.owner.Lost(err)
	s.nextURL()
	return err
}

func (s *Session) read(l *link) error {
	for {
		m, err := l.next()
		if err != nil {
			var closed *CloseError
			if errors.As(err, &closed) || errors.Is(err, ErrProtocol) {
				return err
			}
			return fmt.Errorf("connection broke: %w", err)
		}
		if err := s.owner.Receive(m, l.read); err != nil {
			return err
		}
	}
}

// Nudge has what is due written.
func (s *Session) Nudge() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.nudge()
}

func (s *Session) nudge() {
	if s.link != nil {
		s.link.mu.Lock()
		s.link.nudge()
		s.link.mu.Unlock()
	}
}

// compose appends what is due, pings last: their answers come after those to the ops before them.
func (s *Session) compose(dst []byte) []byte {
	dst = s.owner.Compose(dst)
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.pings[len(s.pings)-s.unsent:] {
		if s.JSON {
			dst = AppendFrame(dst, ws.OpText, []byte(`{"type":"ping"}`))
		} else {
			dst = AppendFrame(dst, ws.OpBinary, codec.AppendPing(nil, codec.Ping{Token: p.token}))
		}
	}
	s.unsent = 0
	return dst
}

// Ping returns the server's time when it has answered, and so handled everything that was said to it
// before. The error is ErrDisconnected or ctx's.
func (s *Session) Ping(ctx context.Context) (time.Time, error) {
	p := ping{pong: make(chan time.Time, 1)}
	s.mu.Lock()
	if s.link == nil {
		s.mu.Unlock()
		return time.Time{}, ErrDisconnected
	}
	s.token++
	p.token = s.token
	s.pings, s.unsent = append(s.pings, p), s.unsent+1
	s.nudge()
	s.mu.Unlock()
	select {
	case at, ok := <-p.pong:
		if !ok {
			return time.Time{}, ErrDisconnected
		}
		return at, nil
	case <-ctx.Done():
		return time.Time{}, ctx.Err()
	}
}

// Pong is a PONG. In the JSON protocol, which has no tokens, it answers the oldest ping.
func (s *Session) Pong(m codec.Pong) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.pings, func(p ping) bool { return s.JSON || p.token == m.Token })
	if i >= 0 && i < len(s.pings)-s.unsent {
		s.pings[i].pong <- m.Time // has room for the one answer
		s.pings = slices.Delete(s.pings, i, i+1)
	}
}
