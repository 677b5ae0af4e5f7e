package fleet

import (
	"testing"

	"pixelplayground/actors/canvas"
	"pixelplayground/codec"
)

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

// BenchmarkReceive measures the cost of one received frame with so many pixels, without the
// sockets.
func BenchmarkReceive(b *testing.B) {
	for _, pixels := range []int{1, 5, 50} {
		b.Run(string(rune('0'+pixels/10))+string(rune('0'+pixels%10)), func(b *testing.B) {
			f := New(Config{Targets: []string{"ws://127.0.0.1:1/ws"}})
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
