package wire

import (
	"bytes"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"pixelplayground/codec"
)

// script is a connection that says what it was given, and takes what it is told.
type script struct {
	net.Conn
	says []byte
	at   int
}

func (s *script) Read(p []byte) (int, error) {
	if s.at == len(s.says) {
		return 0, io.EOF
	}
	n := copy(p, s.says[s.at:])
	s.at += n
	return n, nil
}

func (s *script) Write(p []byte) (int, error)      { return len(p), nil }
func (s *script) SetReadDeadline(time.Time) error  { return nil }
func (s *script) SetWriteDeadline(time.Time) error { return nil }

func scripted(s *script) *link {
	return &link{Conn: &Conn{Conn: s}, op: ws.OpBinary, silence: time.Hour, compose: func(dst []byte) []byte { return dst }}
}

func frame(fin bool, code ws.OpCode, payload []byte) []byte {
	return ws.MustCompileFrame(ws.NewFrame(code, fin, payload))
}

func TestLink_Messages(t *testing.T) {
	long := bytes.Repeat([]byte("0123456789"), 10_000)
	masked := ws.MustCompileFrame(ws.MaskFrame(ws.NewBinaryFrame([]byte("x"))))
	huge := ws.Header{Fin: true, OpCode: ws.OpBinary, Length: codec.MaxServerMessage + 1}
	var hugeHeader bytes.Buffer
	if err := ws.WriteHeader(&hugeHeader, huge); err != nil {
		t.Fatal(err)
	}
	big := bytes.Repeat([]byte{1}, codec.MaxServerMessage/2+1)
	for _, test := range []struct {
		name   string
		frames [][]byte
		want   []string
		err    string
	}{
		{"short and long", [][]byte{
			frame(true, ws.OpBinary, []byte("a")), frame(true, ws.OpBinary, long), frame(true, ws.OpBinary, nil), frame(true, ws.OpBinary, []byte("b")),
		}, []string{"a", string(long), "", "b"}, "EOF"},
		{"fragments around a ping", [][]byte{
			frame(false, ws.OpBinary, []byte("a")), frame(true, ws.OpPing, []byte("?")), frame(false, ws.OpContinuation, long), frame(true, ws.OpContinuation, []byte("z")),
			frame(true, ws.OpBinary, []byte("b")),
		}, []string{"a" + string(long) + "z", "b"}, "EOF"},
		{"pong", [][]byte{frame(true, ws.OpPong, nil), frame(true, ws.OpBinary, []byte("a"))}, []string{"a"}, "EOF"},
		{"cut off", [][]byte{frame(true, ws.OpBinary, long)[:5000]}, nil, "unexpected EOF"},
		{"text", [][]byte{frame(true, ws.OpText, []byte("a"))}, nil, "frame of kind 1: server broke the protocol"},
		{"masked", [][]byte{masked}, nil, "masked frame: server broke the protocol"},
		{"new message amid fragments", [][]byte{frame(false, ws.OpBinary, nil), frame(true, ws.OpBinary, nil)}, nil, "server broke the protocol"},
		{"continuation of nothing", [][]byte{frame(true, ws.OpContinuation, nil)}, nil, "server broke the protocol"},
		{"too long", [][]byte{hugeHeader.Bytes()}, nil, "message of more than 1048576 bytes: server broke the protocol"},
		{"too long in fragments", [][]byte{frame(false, ws.OpBinary, big), frame(true, ws.OpContinuation, big)}, nil, "message of more than 1048576 bytes"},
		{"close", [][]byte{frame(true, ws.OpClose, ws.NewCloseFrameBody(4004, "out"))}, nil, "server closed the connection with code 4004 (disconnected by an operator): out"},
		{"close without a code", [][]byte{frame(true, ws.OpClose, nil)}, nil, "server closed the connection with code 0"},
	} {
		t.Run(test.name, func(t *testing.T) {
			l := scripted(&script{says: bytes.Join(test.frames, nil)})
			for i, want := range test.want {
				got, err := l.next()
				if err != nil || string(got.Payload) != want {
					t.Fatalf("message %d: %.20q (%d bytes), %v", i, got.Payload, len(got.Payload), err)
				}
			}
			if _, err := l.next(); err == nil || !strings.Contains(err.Error(), test.err) {
				t.Errorf("at the end: %v, want %s", err, test.err)
			}
		})
	}
}
