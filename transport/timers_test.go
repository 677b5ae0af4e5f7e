package transport

import (
	"testing"
	"time"

	"github.com/gobwas/ws"

	"pixelplayground/codec"
	"pixelplayground/transport/frames"
)

func TestTimers_Check(t *testing.T) {
	hello := func(b *bench) (*conn, *benchSocket) { return b.connect(frames.Binary) }
	stalled := func(b *bench) (*conn, *benchSocket) { return b.slow(1) }
	tests := []struct {
		name  string
		conn  func(b *bench) (*conn, *benchSocket)
		after time.Duration
		state state
		ping  bool
	}{
		{"fresh", hello, time.Second, live, false},
		{"quiet", hello, 21 * time.Second, live, true},
		{"silent", hello, 61 * time.Second, closing, false},
		{"stalled for a while", stalled, 59 * time.Second, live, true},
		{"stalled for long", stalled, 61 * time.Second, gone, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t)
			c, socket := tt.conn(b)
			b.now = b.now.Add(tt.after)
			for range 2 { // the second time changes nothing
				b.sweep()
				if c.state != tt.state || c.pinged != tt.ping {
					t.Errorf("state %d, pinged %t", c.state, c.pinged)
				}
			}
			if socket.aborted != (tt.state == gone) {
				t.Errorf("aborted: %t", socket.aborted)
			}
		})
	}
}

// A client that does not close its end is not waited for.
func TestTimers_Linger(t *testing.T) {
	b := newBench(t)
	c, socket := b.connect(frames.Binary)
	b.fail(c, codec.CloseInternal)
	b.flush()
	if !socket.shut || socket.closed {
		t.Fatalf("shut %t, closed %t", socket.shut, socket.closed)
	}
	b.sweep()
	if socket.closed {
		t.Fatal("closed at once")
	}
	b.now = b.now.Add(closeLinger + 1)
	b.sweep()
	if !socket.closed || len(b.conns) > 0 {
		t.Error("not closed")
	}
}

// A server that was stopped, or got no processor, for longer than a client may be silent has not
// listened. So it closes no connection for that. It pings every client first, and closes those
// that then do not answer.
func TestTimers_PauseOfTheServer(t *testing.T) {
	b := newBench(t)
	c, _ := b.connect(frames.Binary)
	answers, _ := b.connect(frames.Binary)
	slow, slowSocket := b.slow(1)
	begin := b.now
	step := func(by time.Duration) {
		b.turn(b.now.Add(by))
		b.sweep()
	}
	step(time.Hour)
	for _, c := range []*conn{c, answers, slow} {
		if c.state != live || c.pinged {
			t.Fatalf("after an hour's pause: state %d, pinged %t", c.state, c.pinged)
		}
	}
	slowSocket.room = -1
	b.writable(slow)
	pinged := time.Duration(0)
	for c.state == live && b.now.Sub(begin) < 2*time.Hour {
		step(time.Second)
		if c.pinged && pinged == 0 {
			pinged = b.now.Sub(begin)
			b.receive(answers, frame(ws.OpPong, nil))
			answers.heard, answers.pinged = b.moment(), false // as readable does
		}
	}
	if after := b.now.Sub(begin) - pinged; pinged == 0 || after < 39*time.Second || after > 42*time.Second {
		t.Errorf("pinged after %v, closed %v after that", pinged, after)
	}
	if answers.state != live {
		t.Error("who answered is closed")
	}
}
