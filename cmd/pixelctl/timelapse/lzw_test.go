package timelapse

import (
	"bytes"
	stdlzw "compress/lzw"
	"io"
	"math/rand/v2"
	"testing"
)

// TestLZW: whatever is encoded can be read by the standard library, which expects codes exactly as wide
// as GIF has them, and takes no more room than what that writes.
func TestLZW(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	var l lzw
	for i := range 90 {
		bits := 2 + random.IntN(7)
		indices := make([]byte, random.IntN(40_000))
		if i%3 == 0 {
			indices = indices[:min(len(indices), 20)]
		}
		every := 1 + random.IntN(1+random.IntN(500))
		for at := 0; at < len(indices); at += 1 + random.IntN(every) {
			indices[at] = byte(random.IntN(1 << bits))
		}
		packed := l.encode(indices, bits)
		got, err := io.ReadAll(stdlzw.NewReader(bytes.NewReader(packed), stdlzw.LSB, bits))
		if err != nil || !bytes.Equal(got, indices) {
			t.Fatalf("%d indices of %d bits: %d came back; %v", len(indices), bits, len(got), err)
		}
		if packed2 := standard(indices, bits); len(packed) > len(packed2)+2 {
			t.Errorf("%d bytes, the standard library needs %d", len(packed), len(packed2))
		}
	}
}

// TestLZW_EndsWhereCodesGrow: pictures of every small size, whose last code may be the last of its width.
func TestLZW_EndsWhereCodesGrow(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var l lzw
	for bits := 2; bits <= 8; bits++ {
		for size := range 600 {
			indices := make([]byte, size)
			for at := range indices {
				indices[at] = byte(random.IntN(1 << bits))
			}
			got, err := io.ReadAll(stdlzw.NewReader(bytes.NewReader(l.encode(indices, bits)), stdlzw.LSB, bits))
			if err != nil || !bytes.Equal(got, indices) {
				t.Fatalf("%d indices of %d bits: %d came back; %v", size, bits, len(got), err)
			}
		}
	}
}

func standard(indices []byte, bits int) []byte {
	var out bytes.Buffer
	w := stdlzw.NewWriter(&out, stdlzw.LSB, bits)
	w.Write(indices)
	w.Close()
	return out.Bytes()
}

// BenchmarkLZW is a frame of 1080p with 1,440 changed pixels: 144 s of 10 pixels a second.
func BenchmarkLZW(b *testing.B) {
	indices := make([]byte, 1920*1080)
	random := rand.New(rand.NewPCG(1, 1))
	for range 1440 {
		indices[random.IntN(len(indices))] = byte(1 + random.IntN(31))
	}
	b.Run("ours", func(b *testing.B) {
		var l lzw
		for b.Loop() {
			l.encode(indices, 5)
		}
	})
	b.Run("standard", func(b *testing.B) {
		for b.Loop() {
			standard(indices, 5)
		}
	})
}
