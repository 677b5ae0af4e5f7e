package fleet

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"net"
	"testing"

	"github.com/gobwas/ws"

	"pixelplayground/actors/canvas"
	"pixelplayground/codec"
)

// TestScan_AgreesWithCodec: what is read of random PIXELS is what codec reads.
func TestScan_AgreesWithCodec(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	for range 500 {
		b := canvas.Batch{Region: canvas.RegionID(random.Uint32() >> random.IntN(32)), Epoch: random.Uint64() >> random.IntN(64)}
		b.From = random.Uint64N(math.MaxUint64/2) >> random.IntN(63)
		pixels := make([]canvas.Pixel, random.IntN(1<<random.IntN(14)))
		for i := range pixels {
			pixels[i] = canvas.Pixel{Pos: uint16(random.Uint32()), Color: canvas.Color(random.IntN(Colors))}
		}
		if len(pixels) > 0 {
			b.Ops = []canvas.Op{{ID: canvas.OpID{Author: 5}, Pixels: pixels}}
		}
		b.To = b.From + uint64(len(pixels)+random.IntN(3))
		s, kind := scanMessage(codec.AppendPixels(nil, &b))
		f, ok := s.pixels()
		if kind != typePixels || !ok || f.Region != b.Region || f.Epoch != b.Epoch || f.From != b.From || f.Count != b.To-b.From ||
			len(f.Packed) != PixelBytes*len(pixels) {
			t.Fatalf("%v: kind %d, ok %v, %+v", b, kind, ok, f)
		}
		for i, p := range pixels {
			got := f.Packed[i*PixelBytes:]
			if binary.BigEndian.Uint16(got) != p.Pos || canvas.Color(got[2])<<16|canvas.Color(got[3])<<8|canvas.Color(got[4]) != p.Color {
				t.Fatalf("pixel %d is %v, want %v", i, got[:PixelBytes], p)
			}
		}
	}
	s, kind := scanMessage(codec.AppendPresence(nil, codec.Presence{Count: 12345}))
	if users := s.uint(); kind != typePresence || !s.ok || users != 12345 {
		t.Errorf("presence of %d", users)
	}
}

// TestScan_RefusesWhatItDoesNotKnow: every beginning of a message is not ok, and none panics.
func TestScan_RefusesWhatItDoesNotKnow(t *testing.T) {
	whole := codec.AppendPixels(nil, &canvas.Batch{Region: 300, Epoch: 1 << 40, From: 70000, To: 70002,
		Ops: []canvas.Op{{ID: canvas.OpID{Author: 1}, Pixels: []canvas.Pixel{{Pos: 1}, {Pos: 2}}}}})
	for n := range len(whole) - 1 { // the author is not read
		s, kind := scanMessage(whole[:n])
		if _, ok := s.pixels(); ok && kind == typePixels {
			t.Errorf("%d of %d bytes are ok", n, len(whole))
		}
	}
	for _, p := range [][]byte{{}, {0xDC, 0, 7}, {0x97, 18, 0xD0, 1}, {0x97, 18, 1, 1, 1, 1, 0xC4, 5, 0, 0, 0, 0}, {0x97, 18, 1, 1, 1, 0, 0xC4, 5, 0, 0, 0, 0, 0}} {
		s, kind := scanMessage(p)
		if _, ok := s.pixels(); ok && kind == typePixels {
			t.Errorf("%x is ok", p)
		}
	}
}

func FuzzScan(f *testing.F) {
	f.Add(codec.AppendPixels(nil, &canvas.Batch{Region: 3, Epoch: 1, From: 7, To: 8,
		Ops: []canvas.Op{{ID: canvas.OpID{Author: 1}, Pixels: []canvas.Pixel{{Pos: 1}}}}}))
	f.Fuzz(func(t *testing.T, p []byte) {
		s, kind := scanMessage(p)
		got, ok := s.pixels()
		m, err := codec.DecodeServer(p)
		want, isPixels := m.(codec.Pixels)
		if err == nil && isPixels && ok && kind == typePixels && (got.From != want.Batch.From || got.From+got.Count != want.Batch.To) {
			t.Errorf("%x: %+v, want %+v", p, got, want)
		}
		_, _ = scanJSONPixel(p)
	})
}

func TestScanJSONPixel_AgreesWithCodec(t *testing.T) {
	for _, dot := range []canvas.Dot{{}, {X: 12, Y: 9999, Color: 0xABCDEF}, {X: 65535, Y: 1, Color: 0xFFFFFF}} {
		text := codec.AppendJSONPixelUpdated(nil, int(dot.X), int(dot.Y), dot.Color, "", "Ann", 5)
		if got, ok := scanJSONPixel(text); !ok || got != dot {
			t.Errorf("%s: %v, %v", text, got, ok)
		}
		for n := range len(text) {
			if got, ok := scanJSONPixel(text[:n]); ok && got != dot {
				t.Errorf("%s: %v", text[:n], got)
			}
		}
	}
	for _, text := range []string{`{"type":"stats"}`, `{"type":"pixel_updated","x":-1,"y":2,"color":"#000000"}`,
		`{"type":"pixel_updated","x":70000,"y":2,"color":"#000000"}`, `{"type":"pixel_updated","x":1,"y":2,"color":"#00000g"}`} {
		if got, ok := scanJSONPixel([]byte(text)); ok {
			t.Errorf("%s: %v", text, got)
		}
	}
}

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

// TestLink_JoinsWhatComesInPieces: frames of all sizes, fragments and control frames between them, read in pieces of any size.
func TestLink_JoinsWhatComesInPieces(t *testing.T) {
	var want []message
	var stream []byte
	add := func(f ws.Frame) { stream = append(stream, ws.MustCompileFrame(f)...) }
	for _, size := range []int{0, 1, 125, 126, 5000, 65535, 65536, 200_000, 3} {
		p := bytes.Repeat([]byte{byte(size)}, size)
		add(ws.NewBinaryFrame(p))
		want = append(want, message{ws.OpBinary, p})
	}
	add(ws.NewFrame(ws.OpText, false, []byte("ab")))
	add(ws.NewPingFrame([]byte("?")))
	add(ws.NewFrame(ws.OpContinuation, false, []byte("cd")))
	add(ws.NewFrame(ws.OpContinuation, true, []byte("ef")))
	want = append(want, message{ws.OpPing, []byte("?")}, message{ws.OpText, []byte("abcdef")})
	for _, size := range []int{1, 7, 4096, 1 << 20} {
		l := newLink(&pieces{left: stream, size: size})
		l.early = []byte{}
		for i, w := range want {
			m, err := l.next()
			for err == errMore {
				if err = l.fill(); err == nil {
					m, err = l.next()
				}
			}
			if err != nil || m.op != w.op || !bytes.Equal(m.payload, w.payload) {
				t.Fatalf("pieces of %d, message %d: %v of %d bytes, error %v", size, i, m.op, len(m.payload), err)
			}
		}
		if err := l.fill(); !errors.Is(err, io.EOF) {
			t.Errorf("at the end: %v", err)
		}
	}
}

func TestLink_RefusesWhatNoServerMaySend(t *testing.T) {
	for name, stream := range map[string][]byte{
		"masked":            ws.MustCompileFrame(ws.MaskFrameInPlace(ws.NewBinaryFrame([]byte("x")))),
		"too large":         {0x82, 127, 0, 0, 0, 0, 0x7F, 0, 0, 0},
		"negative":          {0x82, 127, 0xFF, 0, 0, 0, 0, 0, 0, 0},
		"compressed":        {0xC2, 0},
		"continues nothing": {0x80, 0},
		"begun twice":       {0x02, 0, 0x82, 0},
	} {
		l := newLink(&pieces{left: stream, size: 100})
		_ = l.fill()
		_, err := l.next()
		if err == nil {
			_, err = l.next()
		}
		if err == nil || err == errMore {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

// BenchmarkReceive measures what one received frame of so many pixels costs, without the sockets.
func BenchmarkReceive(b *testing.B) {
	for _, pixels := range []int{1, 5, 50} {
		b.Run(string(rune('0'+pixels/10))+string(rune('0'+pixels%10)), func(b *testing.B) {
			f, err := New(Config{Targets: []string{"ws://127.0.0.1:1/ws"}})
			if err != nil {
				b.Fatal(err)
			}
			f.setUp(codec.Welcome{Geometry: canvas.Geometry{Width: 1024, Height: 1024, Region: 256}})
			c := newClient(f, 1, f.All(), f.cfg.Targets)
			c.begun = true
			var frame []byte
			ops := make([]canvas.Pixel, pixels)
			b.ReportAllocs()
			for i := range b.N {
				batch := canvas.Batch{Region: 3, Epoch: 1, From: uint64(i * pixels), To: uint64((i + 1) * pixels), Ops: []canvas.Op{{Pixels: ops}}}
				frame = codec.AppendPixels(frame[:0], &batch)
				if err := c.binary(frame, 1); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N*pixels)/b.Elapsed().Seconds(), "pixels/s")
		})
	}
}
