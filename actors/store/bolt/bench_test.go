package bolt

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/store"
)

// BenchmarkCommit: how long a region waits for one commit, including the flush, when it alone
// draws; and how many commits share a flush when 16 regions draw at once.
func BenchmarkCommit(b *testing.B) {
	for _, pixels := range []int{1, 100, 4096} {
		b.Run(fmt.Sprintf("pixels=%d", pixels), func(b *testing.B) { benchmark(b, 1, pixels) })
	}
	for _, pixels := range []int{1, 100} {
		b.Run(fmt.Sprintf("regions=16/pixels=%d", pixels), func(b *testing.B) { benchmark(b, 16, pixels) })
	}
}

func benchmark(b *testing.B, regions, pixels int) {
	cfg := DefaultConfig()
	cfg.Dir = b.TempDir()
	s := open(b, cfg)
	claims := make([]*store.Claim, regions)
	for i := range claims {
		claims[i] = claimed(b, s, canvas.RegionID(i))
	}
	before := s.stats.Transactions.Load()
	b.ReportAllocs()
	b.ResetTimer()
	var drawing sync.WaitGroup
	for i, claim := range claims {
		drawing.Go(func() {
			from := uint64(0)
			for range max(1, b.N/regions) {
				stroke := strokeOf(canvas.RegionID(i), claim.Epoch, from, pixels)
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
	commits, flushes := max(1, b.N/regions)*regions, s.stats.Transactions.Load()-before
	b.ReportMetric(float64(commits)/float64(flushes), "commits/fsync")
	b.ReportMetric(float64(commits*pixels)/b.Elapsed().Seconds(), "pixels/s")
}

// strokeOf is one op along a line of the region, wrapping around.
func strokeOf(region canvas.RegionID, epoch, from uint64, pixels int) *canvas.Batch {
	op := canvas.Op{ID: canvas.OpID{Author: 0xA1B2C3D4E5F6, Num: from + 1}, Name: "Ada", Pixels: make([]canvas.Pixel, pixels)}
	for i := range op.Pixels {
		op.Pixels[i] = canvas.Pixel{Pos: uint16(from + uint64(i)), Color: canvas.Color(from)}
	}
	return &canvas.Batch{Region: region, Epoch: epoch, From: from, To: from + uint64(pixels), Ops: []canvas.Op{op}}
}
