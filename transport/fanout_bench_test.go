package transport

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/transport/frames"
)

// What a tick costs a shard apart from the system calls.
func BenchmarkShard_Tick(b *testing.B) {
	for _, connections := range []int{1, 100, 1000} {
		b.Run(fmt.Sprintf("connections=%d", connections), func(b *testing.B) {
			bench := newBench(b)
			for range connections {
				c, socket := bench.connect(frames.Binary)
				socket.keep = false
				bench.follows(c, 0, 1, 2, 3)
			}
			b.ReportAllocs()
			for b.Loop() {
				bench.draw(1, 20)
				bench.flush()
			}
		})
	}
}

// From a region's commit to the last of many clients over loopback, readers included.
func BenchmarkServer_Fanout(b *testing.B) {
	const connections = 500
	for _, plain := range []bool{false, true} {
		b.Run(fmt.Sprintf("plain=%t", plain), func(b *testing.B) {
			s, host := openServer(b, plain, nil)
			done := make(chan struct{}) // each reader sends when it has read a batch
			var readers sync.WaitGroup
			b.Cleanup(readers.Wait)
			for range connections {
				c, p := dialBinary(b, s), newPainter(testGeometry)
				c.subscribe(p.followAll()...)
				c.paintAll(p, host)
				_ = c.conn.SetDeadline(time.Time{})
				readers.Go(func() {
					for {
						if _, err := c.tryMessage(); err != nil {
							return
						}
						done <- struct{}{}
					}
				})
				b.Cleanup(func() { _ = c.conn.Close() })
			}
			for b.Loop() {
				host.publish(5, 1, make([]canvas.Pixel, 20)...)
				for range connections {
					<-done
				}
			}
			b.ReportMetric(float64(b.N)*20*connections/b.Elapsed().Seconds(), "pixels/s")
		})
	}
}
