package conformance

import (
	"math/rand/v2"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/transport/client/clienttest"
)

// Goal: whatever breaks, each pixel is drawn once, and the client sees the canvas as it is. Method: a canvas whose server
// delays frames, breaks connections before it acknowledges ops, and is killed once and started again; the sum of the regions' positions is the number of pixels drawn.
func TestFaults_NothingIsLostOrDoubled(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		const all = 300
		seed := rand.Uint64()
		random := rand.New(rand.NewPCG(seed, 0))
		defer func() {
			if t.Failed() {
				t.Logf("seed %d", seed)
			}
		}()
		limits := clienttest.Small()
		limits.Rate, limits.Burst = 1000, 20
		killed := make(chan struct{})
		var server *clienttest.Canvas
		server = clienttest.NewCanvas(t, limits, clienttest.Faults{
			Delay: func(int, int) time.Duration { return time.Duration(random.IntN(3)) * time.Millisecond },
			Placed: func(ops int) {
				if ops%4 == 0 {
					server.Drop()
				}
				if ops == 6 {
					close(killed)
				}
			},
		})
		b.Do("connect", Args{"url": server.URL()})
		var list [][]any
		for i := range all {
			list = append(list, []any{i % 40, i / 40, canvas.Color(i + 1)})
		}
		drawn := b.Go("draw", Args{"pixels": list})
		<-killed
		server.Stop()
		time.Sleep(50 * time.Millisecond) // so that it is away for some attempts
		server.Start()
		b.Succeeded("draw", b.Answer(drawn))
		b.Do("sync", nil)
		sum := uint64(0)
		for id := range limits.Geometry.Regions() {
			sum += server.Position(canvas.RegionID(id)).Seq
		}
		if sum != all {
			t.Errorf("%d pixels were drawn, want %d", sum, all)
		}
		for i, got := range b.Read(0, 0, 40, 7) {
			if i < all && (got == nil || *got != canvas.Color(i+1)) {
				t.Errorf("pixel %d is %v", i, got)
			}
		}
	})
}
