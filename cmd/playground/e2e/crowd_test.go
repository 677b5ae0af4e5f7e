//go:build e2e

package e2e

import (
	"slices"
	"sync"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/transport/client"
)

// Goal: a crowd sees every pixel exactly once, and soon. Method: 1,000 connections follow the whole
// canvas, and ten of them place 1,000 pixels/s, each pixel with a colour of its own. By the
// sequence numbers, every client must have received each pixel once. Latency is from placing a
// pixel until a client reads it; all clients are one process, on the server's machine. Memory is
// the growth of the server's resident set for idle connections.
func TestCrowd_EveryPixelReachesEveryoneOnce(t *testing.T) {
	const crowd, rate = 1000, 1000
	s := start(t, "--rate", "0")
	l := newLoad(rate, seconds(t, 5))

	warm := dial(t, client.Config{URLs: []string{s.ws()}})
	warm.Close()
	before := s.memory()
	seen := make([]latencies, crowd)
	clients := make([]*client.Client, crowd)
	for i := range clients {
		clients[i] = dial(t, client.Config{URLs: []string{s.ws()}, Handler: client.Handler{
			Pixels: func(b *canvas.Batch) { seen[i].add(l, b) },
		}})
	}
	t.Logf("memory: %.1f KiB per idle connection", float64(s.memory()-before)/crowd/1024)
	if h := s.health(); h.Connections != crowd || len(h.Users) != crowd {
		t.Errorf("/health counts %d connections and %d users, there are %d", h.Connections, len(h.Users), crowd)
	}

	began := time.Now()
	l.run(t, rate, clients[:10]...)
	took := time.Since(began)
	var all []time.Duration
	for i, c := range clients {
		eventually(t, "every pixel is here", func() error { return seen[i].complete(len(l.sent)) })
		if got := c.Stats(); got.PixelsReceived != uint64(len(l.sent)) || got.Gaps+got.Duplicates > 0 {
			t.Errorf("client %d: %d of %d pixels, %d gaps, %d twice", i, got.PixelsReceived, len(l.sent), got.Gaps, got.Duplicates)
		}
		all = append(all, seen[i].all...)
	}
	slices.Sort(all)
	at := func(q float64) time.Duration { return all[int(q*float64(len(all)-1))].Round(10 * time.Microsecond) }
	t.Logf("%d pixels in %v to %d connections: %d deliveries, latency p50 %v, p90 %v, p99 %v, max %v",
		len(l.sent), took.Round(time.Millisecond), crowd, len(all), at(0.5), at(0.9), at(0.99), at(1))
}

// latencies records when one client saw which pixel.
type latencies struct {
	mu  sync.Mutex
	all []time.Duration
}

func (s *latencies) add(l *load, b *canvas.Batch) {
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range b.Ops {
		for _, p := range b.Ops[i].Pixels {
			s.all = append(s.all, now.Sub(l.sent[p.Color]))
		}
	}
}

func (s *latencies) complete(want int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.all) < want {
		return &short{len(s.all), want}
	}
	return nil
}

// Goal: connections that stop reading cost little, slow nobody down, and are right when they read
// again. Method: 50 clients with replicas stop reading while another draws 2,000 pixels/s. The
// growth of the server's resident set is compared with that of another server, under the same load
// and with 50 clients that read on. The difference is the cost of stopping, which may be at most
// 256 KiB each. The drawing client must see no delay. Afterwards every replica must equal that
// client's.
func TestSlow_CostsLittleAndHeals(t *testing.T) {
	const slow, limit = 50, 256 << 10
	reading, before := grow(t, slow, false)
	stopped, after := grow(t, slow, true)
	if after > before+time.Second {
		t.Errorf("the drawer was slowed: p99 %v, with clients that read %v", after, before)
	}
	cost := (stopped - reading) / slow
	t.Logf("the server grew by %d KiB with %d clients that read, by %d KiB with as many that did not: %d KiB each",
		reading>>10, slow, stopped>>10, cost>>10)
	if cost > limit {
		t.Errorf("a stopped connection costs %d KiB, at most %d", cost>>10, limit>>10)
	}
}

// grow runs the load. It returns the growth of the server's resident set, in bytes, and the 99th
// percentile of the time until the drawer sees its own pixels.
func grow(t *testing.T, clients int, stop bool) (grown int64, p99 time.Duration) {
	const rate = 2000
	s := start(t, "--rate", "0")
	defer s.kill()
	l := newLoad(rate, seconds(t, 5))
	var seen latencies
	drawer := dial(t, client.Config{URLs: []string{s.ws()}, Replica: true, Handler: client.Handler{
		Pixels: func(b *canvas.Batch) { seen.add(l, b) },
	}})
	gates, others := make([]gate, clients), make([]*client.Client, clients)
	for i := range gates {
		gates[i].size = 32 << 10 // with much less, loopback with its segments of 64 KiB crawls afterwards
		others[i] = dial(t, client.Config{URLs: []string{s.ws()}, Replica: true, Dial: gates[i].dialer})
	}
	before := s.memory()
	var shut sync.WaitGroup
	for i := range gates {
		if stop { // takes effect when the read under way has ended
			shut.Go(gates[i].mu.Lock)
		}
	}
	l.run(t, rate, drawer)
	grown = s.memory() - before
	shut.Wait()

	eventually(t, "the drawer sees everything", func() error { return seen.complete(len(l.sent)) })
	slices.Sort(seen.all)
	p99 = seen.all[len(seen.all)*99/100]
	t.Logf("stopped %v: the drawer sees its pixels after p50 %v, p99 %v", stop, seen.all[len(seen.all)/2], p99)
	for i := range gates {
		if stop {
			gates[i].mu.Unlock()
		}
	}
	for i, c := range others {
		eventually(t, "every replica is right", func() error { return sameReplica(c, drawer) })
		if got := c.Stats(); got.Reconnects > 0 || got.Gaps+got.Duplicates > 0 {
			t.Errorf("client %d: %d reconnects, %d gaps, %d duplicates", i, got.Reconnects, got.Gaps, got.Duplicates)
		}
		c.Close()
	}
	drawer.Close()
	return grown, p99
}
