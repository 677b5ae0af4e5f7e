package codec

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"pixelplayground/actors/canvas"
)

func BenchmarkAppendPixels(b *testing.B) {
	for _, n := range []int{1, 100, 4096} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			batch, dst := batchOf(n), []byte(nil)
			b.ReportAllocs()
			for b.Loop() {
				dst = AppendPixels(dst[:0], batch)
			}
			b.SetBytes(int64(len(dst)))
		})
	}
}

func BenchmarkDecodeClientPlace(b *testing.B) {
	for _, n := range []int{1, 100, MaxPlacePixels} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			p := AppendPlace(nil, Place{Op: 1, Dots: make([]canvas.Dot, n)})
			b.ReportAllocs()
			b.SetBytes(int64(len(p)))
			for b.Loop() {
				if _, err := DecodeClient(p); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkDecodeServerPixels(b *testing.B) {
	for _, n := range []int{1, 100, 4096} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			p := AppendPixels(nil, batchOf(n))
			b.ReportAllocs()
			b.SetBytes(int64(len(p)))
			for b.Loop() {
				if _, err := DecodeServer(p); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkCompressTile compresses the largest region: once as people leave it, with a few hundred
// strokes of a few colours, and once as the worst that a bot can make of it.
func BenchmarkCompressTile(b *testing.B) {
	random := rand.New(rand.NewPCG(1, 2))
	drawn := canvas.NewTile(256, 256)
	for range 300 {
		at, c := random.IntN(65536-64), canvas.Color(random.IntN(8)*0x1F1F1F)
		for i := range 64 {
			drawn.Set(uint16(at+i), c)
		}
	}
	for name, tile := range map[string]canvas.Tile{"blank": canvas.NewTile(256, 256), "drawn": drawn, "noise": noise(random, 256, 256)} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(tile)))
			var data []byte
			for b.Loop() {
				data = CompressTile(tile)
			}
			b.ReportMetric(float64(len(data)), "B")
		})
	}
}
