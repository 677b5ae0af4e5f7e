package wire

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"testing"

	"pixelplayground/actors/canvas"
	"pixelplayground/codec"
)

// TestHead_AgreesWithCodec: what is read of random PIXELS is what codec reads.
func TestHead_AgreesWithCodec(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	for range 500 {
		b := canvas.Batch{Region: canvas.RegionID(random.Uint32() >> random.IntN(32)), Epoch: random.Uint64() >> random.IntN(64)}
		b.From = random.Uint64N(math.MaxUint64/2) >> random.IntN(63)
		pixels := make([]canvas.Pixel, random.IntN(1<<random.IntN(14)))
		for i := range pixels {
			pixels[i] = canvas.Pixel{Pos: uint16(random.Uint32()), Color: canvas.Color(random.IntN(1 << 24))}
		}
		if len(pixels) > 0 {
			b.Ops = []canvas.Op{{ID: canvas.OpID{Author: 5}, Pixels: pixels}}
		}
		b.To = b.From + uint64(len(pixels)+random.IntN(3))
		message := codec.AppendPixels(nil, &b)
		h, end := ParseHead(message)
		packed, ok := h.PackedPixels(message, end)
		if h != (Head{Pixels, uint64(b.Region), b.Epoch, b.From, b.To - b.From}) || !ok || len(packed) != PixelBytes*len(pixels) {
			t.Fatalf("%v: ok %v, %+v", b, ok, h)
		}
		for i, p := range pixels {
			got := packed[i*PixelBytes:]
			if binary.BigEndian.Uint16(got) != p.Pos || canvas.Color(got[2])<<16|canvas.Color(got[3])<<8|canvas.Color(got[4]) != p.Color {
				t.Fatalf("pixel %d is %v, want %v", i, got[:PixelBytes], p)
			}
		}
	}
	if h, end := ParseHead(codec.AppendPresence(nil, codec.Presence{Count: 12345})); h != (Head{Kind: Presence, Count: 12345}) || end < 0 {
		t.Errorf("presence %+v", h)
	}
}

// TestHead_RefusesWhatItDoesNotKnow: a message that is cut short is not ok, wherever it is cut, and
// does not panic.
func TestHead_RefusesWhatItDoesNotKnow(t *testing.T) {
	whole := codec.AppendPixels(nil, &canvas.Batch{Region: 300, Epoch: 1 << 40, From: 70000, To: 70002,
		Ops: []canvas.Op{{ID: canvas.OpID{Author: 1}, Pixels: []canvas.Pixel{{Pos: 1}, {Pos: 2}}}}})
	for n := range len(whole) - 1 { // the author is not read
		h, end := ParseHead(whole[:n])
		if _, ok := h.PackedPixels(whole[:n], end); ok {
			t.Errorf("%d of %d bytes are ok", n, len(whole))
		}
	}
	for _, p := range [][]byte{{}, {0x97, 18, 0xD0, 1}, {0x97, 18, 1, 1, 1, 1, 0xC4, 5, 0, 0, 0, 0}, {0x97, 18, 1, 1, 1, 0, 0xC4, 5, 0, 0, 0, 0, 0}} {
		h, end := ParseHead(p)
		if _, ok := h.PackedPixels(p, end); ok {
			t.Errorf("%x is ok", p)
		}
	}
}

func FuzzParseHead(f *testing.F) {
	f.Add(codec.AppendPixels(nil, &canvas.Batch{Region: 3, Epoch: 1, From: 7, To: 8,
		Ops: []canvas.Op{{ID: canvas.OpID{Author: 1}, Pixels: []canvas.Pixel{{Pos: 1}}}}}))
	f.Fuzz(func(t *testing.T, p []byte) {
		got, end := ParseHead(p)
		_, ok := got.PackedPixels(p, end)
		m, err := codec.DecodeServer(p)
		want, isPixels := m.(codec.Pixels)
		if err == nil && isPixels && ok && got.Kind == Pixels && (got.From != want.Batch.From || got.From+got.Count != want.Batch.To) {
			t.Errorf("%x: %+v, want %+v", p, got, want)
		}
	})
}

func TestAppendSubscribe_FitsAMessage(t *testing.T) {
	worst := make([]canvas.Mark, marksPerMessage)
	for i := range worst {
		worst[i] = canvas.Mark{Region: math.MaxUint32, Position: canvas.Head()}
	}
	if n := len(codec.AppendSubscribe(nil, codec.Subscribe{Marks: worst})); n > codec.MaxClientMessage || n > math.MaxUint16 {
		t.Errorf("a SUBSCRIBE may have %d bytes", n)
	}
}
