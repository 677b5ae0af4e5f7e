package redis

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/store"
	"pixelplayground/actors/store/redis/redistest"
)

// BenchmarkCommit: how long a region waits for one commit when it draws alone, in strokes and
// scattered pixels, with each way that Redis has to keep its file; and the same with 16 regions at
// once.
func BenchmarkCommit(b *testing.B) {
	for _, fsync := range []string{"always", "everysec"} {
		server := redistest.Start(b, "--appendfsync", fsync)
		for _, c := range []struct{ regions, pixels, stride int }{
			{1, 1, 1}, {1, 100, 1}, {1, 4096, 1}, {1, 4096, 7}, {1, 16384, 7}, {16, 1, 1}, {16, 100, 1},
		} {
			name := fmt.Sprintf("fsync=%s/regions=%d/pixels=%d/stride=%d", fsync, c.regions, c.pixels, c.stride)
			b.Run(name, func(b *testing.B) { benchmark(b, server, c.regions, c.pixels, c.stride) })
		}
	}
}

func benchmark(b *testing.B, server *redistest.Server, regions, pixels, stride int) {
	server.Do("FLUSHALL")
	cfg := DefaultConfig()
	cfg.URL = server.URL()
	s := open(b, cfg)
	claims := make([]*store.Claim, regions)
	for i := range claims {
		claims[i] = claimed(b, s, canvas.RegionID(i))
	}
	b.ReportAllocs()
	b.ResetTimer()
	var drawing sync.WaitGroup
	for i, claim := range claims {
		drawing.Go(func() {
			from := uint64(0)
			for range max(1, b.N/regions) {
				stroke := strokeOf(canvas.RegionID(i), claim.Epoch, from, pixels, stride)
				if err := s.Commit(context.Background(), stroke, claim.Token); err != nil {
					b.Error(err)
					return
				}
				from = stroke.To
			}
		})
	}
	drawing.Wait()
	b.StopTimer()
	b.ReportMetric(float64(max(1, b.N/regions)*regions*pixels)/b.Elapsed().Seconds(), "pixels/s")
}

// BenchmarkClaim: a region of 256x256 with a full log of single pixels.
func BenchmarkClaim(b *testing.B) {
	server := redistest.Start(b, "--appendfsync", "everysec")
	cfg := DefaultConfig()
	cfg.URL = server.URL()
	s := open(b, cfg)
	claim := claimed(b, s, 0)
	before := server.Do("MEMORY", "USAGE", "playground:{0}:meta")
	for from := range uint64(cfg.LogPixels) {
		if err := s.Commit(context.Background(), strokeOf(0, claim.Epoch, from, 1, 1), claim.Token); err != nil {
			b.Fatal(err)
		}
	}
	b.Logf("meta %s bytes; log %s bytes for %d batches", before, server.Do("MEMORY", "USAGE", "playground:{0}:log", "SAMPLES", "0"), cfg.LogPixels)
	for b.Loop() {
		if n := len(claimed(b, s, 0).Recent); n != cfg.LogPixels {
			b.Fatalf("%d batches", n)
		}
	}
}

// strokeOf is one op along a line of the region, wrapping around.
func strokeOf(region canvas.RegionID, epoch, from uint64, pixels, stride int) *canvas.Batch {
	op := canvas.Op{ID: canvas.OpID{Author: 0xA1B2C3D4E5F6, Num: from + 1}, Name: "Ada", Pixels: make([]canvas.Pixel, pixels)}
	for i := range op.Pixels {
		op.Pixels[i] = canvas.Pixel{Pos: uint16(int(from) + i*stride), Color: canvas.Color(from)}
	}
	return &canvas.Batch{Region: region, Epoch: epoch, From: from, To: from + uint64(pixels), Ops: []canvas.Op{op}}
}
