package wire

import (
	"bytes"
	"errors"
	"io"
	"net"
	"testing"

	"github.com/gobwas/ws"
)

// pieces is a connection that gives its bytes in pieces.
type pieces struct {
	net.Conn
	left []byte
	size int
}

func (p *pieces) Read(b []byte) (int, error) {
	if len(p.left) == 0 {
		return 0, io.EOF
	}
	n := copy(b[:min(len(b), p.size)], p.left)
	p.left = p.left[n:]
	return n, nil
}

// TestReader_JoinsWhatComesInPieces: frames of all sizes, with fragments and control frames
// between them, are read correctly in pieces of any size.
func TestReader_JoinsWhatComesInPieces(t *testing.T) {
	var want []Message
	var stream []byte
	add := func(f ws.Frame) { stream = append(stream, ws.MustCompileFrame(f)...) }
	for _, size := range []int{0, 1, 125, 126, 5000, 65535, 65536, 200_000, 3} {
		p := bytes.Repeat([]byte{byte(size)}, size)
		add(ws.NewBinaryFrame(p))
		want = append(want, Message{ws.OpBinary, p})
	}
	add(ws.NewFrame(ws.OpText, false, []byte("ab")))
	add(ws.NewPingFrame([]byte("?")))
	add(ws.NewFrame(ws.OpContinuation, false, []byte("cd")))
	add(ws.NewFrame(ws.OpContinuation, true, []byte("ef")))
	want = append(want, Message{ws.OpPing, []byte("?")}, Message{ws.OpText, []byte("abcdef")})
	for _, size := range []int{1, 7, 4096, 1 << 20} {
		l := &pieces{left: stream, size: size}
		var r Reader
		for i, w := range want {
			m, err := r.Next()
			for err == ErrMore {
				if _, err = r.Fill(l); err == nil {
					m, err = r.Next()
				}
			}
			if err != nil || m.Op != w.Op || !bytes.Equal(m.Payload, w.Payload) {
				t.Fatalf("pieces of %d, message %d: %v of %d bytes, error %v", size, i, m.Op, len(m.Payload), err)
			}
		}
		if _, err := r.Fill(l); !errors.Is(err, io.EOF) {
			t.Errorf("at the end: %v", err)
		}
	}
}

func TestReader_RefusesWhatNoServerMaySend(t *testing.T) {
	for name, stream := range map[string][]byte{
		"masked":            ws.MustCompileFrame(ws.MaskFrameInPlace(ws.NewBinaryFrame([]byte("x")))),
		"too large":         {0x82, 127, 0, 0, 0, 0, 0x7F, 0, 0, 0},
		"negative":          {0x82, 127, 0xFF, 0, 0, 0, 0, 0, 0, 0},
		"compressed":        {0xC2, 0},
		"continues nothing": {0x80, 0},
		"begun twice":       {0x02, 0, 0x82, 0},
		"long ping":         {0x89, 126, 0, 200},
		"ping in pieces":    {0x09, 0},
		"of no kind":        {0x83, 0},
	} {
		var r Reader
		_, _ = r.Fill(&pieces{left: stream, size: 100})
		_, err := r.Next()
		if err == nil || err == ErrMore {
			_, err = r.Next()
		}
		if !errors.Is(err, ErrProtocol) {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

func TestReader_ForgetsLargeBuffers(t *testing.T) {
	var r Reader
	stream := ws.MustCompileFrame(ws.NewBinaryFrame(make([]byte, keptBuffer+1)))
	source := &pieces{left: append(stream, ws.MustCompileFrame(ws.NewBinaryFrame([]byte("a")))...), size: len(stream)}
	for range 2 {
		_, err := r.Next()
		for ; err == ErrMore; _, err = r.Next() {
			if _, err := r.Fill(source); err != nil {
				t.Fatal(err)
			}
		}
	}
	if len(r.buf) > keptBuffer {
		t.Errorf("keeps %d bytes", len(r.buf))
	}
}

func TestAppendFrame(t *testing.T) {
	for _, n := range []int{0, 1, 125, 126, 1 << 10, 1<<16 - 1} {
		payload := bytes.Repeat([]byte{7}, n)
		in := bytes.NewBuffer(AppendFrame([]byte("x"), ws.OpBinary, payload)[1:])
		h, err := ws.ReadHeader(in)
		if err != nil || !h.Masked || !h.Fin || h.OpCode != ws.OpBinary || h.Length != int64(n) {
			t.Fatalf("%d bytes: %+v, %v", n, h, err)
		}
		ws.Cipher(in.Bytes(), h.Mask, 0)
		if !bytes.Equal(in.Bytes(), payload) {
			t.Errorf("%d bytes: payload is broken", n)
		}
	}
}
