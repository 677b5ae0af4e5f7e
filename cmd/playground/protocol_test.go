package main

import (
	"bufio"
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"math"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"pixelplayground/actors/canvas"
	"pixelplayground/codec"
)

// speaker is a client of the binary protocol that says exactly what a test wants.
type speaker struct {
	t    *testing.T
	conn net.Conn
	from *bufio.Reader
}

func speak(t *testing.T, r *running) *speaker {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	dialer := ws.Dialer{Protocols: []string{codec.Subprotocol}}
	conn, early, _, err := dialer.Dial(ctx, "ws"+strings.TrimPrefix(r.url, "http")+"/ws")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	var from io.Reader = conn
	if early != nil {
		from = io.MultiReader(early, conn)
	}
	return &speaker{t, conn, bufio.NewReader(from)}
}

// say sends messages with one write.
func (s *speaker) say(messages ...[]byte) {
	s.t.Helper()
	var all []byte
	for _, m := range messages {
		all = append(all, ws.MustCompileFrame(ws.MaskFrame(ws.NewBinaryFrame(m)))...)
	}
	if _, err := s.conn.Write(all); err != nil {
		s.t.Fatal(err)
	}
}

// next returns the server's next message; for a close, its code.
func (s *speaker) next() any {
	s.t.Helper()
	for {
		header, err := ws.ReadHeader(s.from)
		if err != nil || header.Length > codec.MaxServerMessage {
			s.t.Fatalf("a frame of %d bytes, error %v", header.Length, err)
		}
		payload := make([]byte, header.Length)
		if _, err := io.ReadFull(s.from, payload); err != nil {
			s.t.Fatal(err)
		}
		switch header.OpCode {
		case ws.OpClose:
			code, _ := ws.ParseCloseFrameData(payload)
			return codec.CloseCode(code)
		case ws.OpBinary:
			m, err := codec.DecodeServer(payload)
			if err != nil {
				s.t.Fatal(err)
			}
			return m
		}
	}
}

// until reads up to a message for which found is true, and returns the kinds of all messages read.
func (s *speaker) until(found func(m any) bool) (kinds []string) {
	s.t.Helper()
	for {
		m := s.next()
		kinds = append(kinds, strings.TrimPrefix(fmt.Sprintf("%T", m), "codec."))
		if found(m) {
			return kinds
		}
		if code, closed := m.(codec.CloseCode); closed {
			s.t.Fatalf("closed with %d after %v", code, kinds)
		}
	}
}

func hello() []byte { return codec.AppendHello(nil, codec.Hello{}) }

// TestProtocol_Mistakes: which mistakes end the connection with 4000 and which are only refused, as
// PROTOCOL.md lists them.
func TestProtocol_Mistakes(t *testing.T) {
	r := start(t, "--data", t.TempDir())
	defer r.terminate(t)
	const welcomed, refusedOnly = true, 0
	for _, test := range []struct {
		name    string
		hex     string
		greeted bool // HELLO was sent before
		closed  codec.CloseCode
		refused canvas.Refusal // for op 0, if the connection goes on; 0: there is no refusal
	}{
		{"no MessagePack", "c1", welcomed, 4000, 0},
		{"no array", "07", welcomed, 4000, 0},
		{"cut off", "920", welcomed, 4000, 0},
		{"bytes behind the message", "92072a00", welcomed, 4000, 0},
		{"an element is missing", "9107", welcomed, 4000, 0},
		{"an element of another kind", "9207a0", welcomed, 4000, 0},
		{"a float for an integer", "9207ca00000000", welcomed, 4000, 0},
		{"a negative integer", "9207ff", welcomed, 4000, 0},
		{"a coordinate of 2^16", "9306ce0001000000", welcomed, 4000, 0},
		{"a region of 2^32", "920391cf0000000100000000", welcomed, 4000, 0},
		{"4,097 regions", "9203dc1001" + strings.Repeat("00", 4097), welcomed, 4000, 0},
		{"op 0", "930400c40700030004ff0080", welcomed, 4000, 0},
		{"a stroke without pixels", "930401c400", welcomed, 4000, 0},
		{"a part of a pixel", "930401c40800030004ff008000", welcomed, 4000, 0},
		{"a session of 15 bytes", "9301c40f000000000000000000000000000000a0", !welcomed, 4000, 0},
		{"a second HELLO", "9301c0a0", welcomed, 4000, 0},
		{"first message malformed", "9107", !welcomed, 4000, 0},
		{"first message another", "92072a", !welcomed, 4001, 0},

		{"unknown type", "9163", welcomed, refusedOnly, canvas.RefusedUnknown},
		{"a region that is not there", "920291" + "93cd10000000", welcomed, refusedOnly, canvas.RefusedRegion},
		{"unfollowing one", "920391" + "cd1000", welcomed, refusedOnly, canvas.RefusedRegion},
		{"a pointer off the canvas", "9306cd1000cd1000", welcomed, refusedOnly, 0},
		{"an element too many", "94072a0102", welcomed, refusedOnly, 0},
		{"an element of a mark too many", "9202919400000001", welcomed, refusedOnly, 0},
		{"a name that is not UTF-8", "9205a2c328", welcomed, refusedOnly, 0},
		{"a name of 200 bytes", "9205d9c8" + strings.Repeat("41", 200), welcomed, refusedOnly, 0},
		{"a signed integer", "9207d02a", welcomed, refusedOnly, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			message, _ := hex.DecodeString(test.hex)
			s := speak(t, r)
			if test.greeted {
				s.say(hello())
			}
			s.say(message)
			if test.closed != 0 {
				s.until(func(m any) bool { return m == test.closed })
				return
			}
			s.say(codec.AppendPing(nil, codec.Ping{Token: math.MaxUint64})) // its answer comes after all others
			var why canvas.Refusal
			s.until(func(m any) bool {
				if no, ok := m.(codec.Refused); ok && no.Op == 0 {
					why = no.Code
				}
				pong, ok := m.(codec.Pong)
				return ok && pong.Token == math.MaxUint64
			})
			if why != test.refused {
				t.Errorf("refused with %d, want %d", why, test.refused)
			}
		})
	}
}

// TestProtocol_NobodyNeedsToWaitForWelcome: a client may send everything at once, right after
// HELLO. All of it is answered, in any order.
func TestProtocol_NobodyNeedsToWaitForWelcome(t *testing.T) {
	r := start(t, "--data", t.TempDir())
	defer r.terminate(t)
	for n := range 20 {
		s := speak(t, r)
		s.say(hello(), codec.AppendSubscribe(nil, codec.Subscribe{Marks: []canvas.Mark{{Region: 0}, {Region: 1}}}),
			codec.AppendPlace(nil, codec.Place{Op: 1, Dots: []canvas.Dot{{X: uint16(n), Y: 1, Color: 0x123456}}}),
			codec.AppendPing(nil, codec.Ping{Token: 1}))
		waits := map[string]int{"Welcome": 1, "Pong": 1, "Ack": 1, "region 0": 1, "region 1": 1}
		s.until(func(m any) bool {
			switch m := m.(type) {
			case codec.Welcome:
				delete(waits, "Welcome")
			case codec.Pong:
				delete(waits, "Pong")
			case codec.Ack:
				delete(waits, "Ack")
			case codec.Snapshot:
				delete(waits, fmt.Sprint("region ", m.Mark.Region))
			case codec.Pixels:
				delete(waits, fmt.Sprint("region ", m.Batch.Region))
			case codec.Refused:
				t.Fatalf("refused: %+v", m)
			}
			return len(waits) == 0
		})
	}
}

// TestProtocol_PixelsComeBeforeTheirAck: for a client that follows the regions and keeps up.
func TestProtocol_PixelsComeBeforeTheirAck(t *testing.T) {
	r := start(t, "--data", t.TempDir(), "--rate", "0")
	defer r.terminate(t)
	s := speak(t, r)
	var marks []canvas.Mark
	for region := range canvas.RegionID(16) {
		marks = append(marks, canvas.Mark{Region: region, Position: canvas.Head()})
	}
	s.say(hello(), codec.AppendSubscribe(nil, codec.Subscribe{Marks: marks}))
	answered := 0
	s.until(func(m any) bool {
		if _, ok := m.(codec.Pixels); ok {
			answered++
		}
		return answered == len(marks)
	})
	const ops = 400
	shown, acked := make(map[canvas.Color]int), 0
	for op := uint64(1); op <= ops; op++ {
		// From the upper left to the lower right: four regions, so that an op waits for four commits.
		var dots []canvas.Dot
		for i := range uint16(4) {
			// Each op has places of its own: a pixel that is overwritten within a tick is not
			// shown.
			dots = append(dots, canvas.Dot{X: 256*i + uint16(op%20), Y: 256*i + uint16(op/20), Color: canvas.Color(op)})
		}
		s.say(codec.AppendPlace(nil, codec.Place{Op: op, Dots: dots}))
		if op%100 != 0 {
			continue
		}
		s.until(func(m any) bool {
			switch m := m.(type) {
			case codec.Pixels:
				for _, each := range m.Batch.Ops {
					for _, p := range each.Pixels {
						shown[p.Color]++
					}
				}
			case codec.Ack:
				for _, done := range m.Ops {
					if acked++; shown[canvas.Color(done)] == 0 {
						t.Errorf("op %d was acknowledged before it was shown", done)
					}
				}
			}
			return acked == int(op)
		})
	}
	if len(shown) != ops {
		t.Errorf("%d ops were shown, want %d", len(shown), ops)
	}
}

// TestProtocol_NothingResetsTheCanvas: in the system that this one replaces, anyone could POST to
// /api/canvas/reset.
func TestProtocol_NothingResetsTheCanvas(t *testing.T) {
	r := start(t, "--data", t.TempDir())
	defer r.terminate(t)
	if status, body := r.ask(t, "PUT", "/api/pixel", `{"x":3,"y":4,"color":"#FF0000"}`); status != 200 {
		t.Fatalf("put: got %d %s", status, body)
	}
	for _, method := range []string{"POST", "PUT", "DELETE", "GET"} {
		if status, body := r.ask(t, method, "/api/canvas/reset", ""); status != 404 {
			t.Errorf("%s: got %d %s, want 404", method, status, body)
		}
	}
	if _, body := r.ask(t, "GET", "/api/pixel/3/4", ""); !strings.Contains(body, "#FF0000") {
		t.Errorf("the pixel is %s", body)
	}
}
