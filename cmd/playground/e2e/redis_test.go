//go:build e2e

package e2e

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/store/redis/redistest"
	"pixelplayground/transport/client"
)

// painter places one pixel after another, each with a colour of its own: pixel n at (n%1024,
// n/1024). It never has more than one under way.
type painter struct {
	client *client.Client
	stop   context.CancelFunc
	ended  sync.WaitGroup

	acked   atomic.Int64
	refused atomic.Int64

	colors map[int]canvas.Color // by n, of those acknowledged; read it after halt
	at     map[int]time.Time    // when they were acknowledged; read it after halt
	faults []error              // all errors but refusals after which it may try again
}

func paint(t *testing.T, c *client.Client) *painter {
	t.Helper()
	return paintDots(t, c, 0, func(n int) canvas.Dot {
		return canvas.Dot{X: uint16(n % 1024), Y: uint16(n / 1024), Color: canvas.Color(0x100000 + n)}
	})
}

// paintAs starts one of up to 200 simultaneous painters. It paints one pixel after another all over
// the cluster tests' canvas, one each time that every has passed.
func paintAs(t *testing.T, c *client.Client, who int, every time.Duration) *painter {
	t.Helper()
	const most = 1 << 16 // pixels of one painter, so that the colours of all differ
	return paintDots(t, c, every, func(n int) canvas.Dot {
		at := (n*40503 + who*5003) % (geometry.Width * geometry.Height) // an odd factor, so that each place comes once
		return canvas.Dot{X: uint16(at % geometry.Width), Y: uint16(at / geometry.Width), Color: canvas.Color(1 + who*most + n%most)}
	})
}

func paintDots(t *testing.T, c *client.Client, every time.Duration, dot func(n int) canvas.Dot) *painter {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	p := &painter{client: c, stop: stop, colors: make(map[int]canvas.Color), at: make(map[int]time.Time)}
	p.ended.Go(func() {
		pace := time.NewTicker(max(every, time.Microsecond))
		defer pace.Stop()
		for n := 0; ctx.Err() == nil && n < 1024*1024; n++ {
			<-pace.C
			color := dot(n).Color
			err := c.Place(ctx, []canvas.Dot{dot(n)})
			var refused *client.RefusedError
			switch {
			case err == nil:
				p.colors[n], p.at[n] = color, time.Now()
				p.acked.Add(1)
			case errors.As(err, &refused) && (refused.Code == canvas.RefusedUnavailable || refused.Code == canvas.RefusedProtected):
				p.refused.Add(1)
			case ctx.Err() == nil:
				p.faults = append(p.faults, err)
			}
		}
	})
	t.Cleanup(p.halt)
	return p
}

func (p *painter) halt() {
	p.stop()
	p.ended.Wait()
}

// more waits until n more pixels are acknowledged.
func (p *painter) more(t *testing.T, n int64) {
	t.Helper()
	want := p.acked.Load() + n
	eventually(t, "pixels are acknowledged", func() error {
		if got := p.acked.Load(); got < want {
			return &short{int(got), int(want)}
		}
		return nil
	})
}

// check fails the test unless a newcomer sees every acknowledged pixel.
func (p *painter) check(t *testing.T, s *server) {
	t.Helper()
	p.halt()
	for _, fault := range p.faults {
		t.Errorf("the painter: %v", fault)
	}
	newcomer := dial(t, client.Config{URLs: []string{s.ws()}, Replica: true})
	for n, want := range p.colors {
		if got, ok := newcomer.At(n%1024, n/1024); !ok || got != want {
			t.Fatalf("pixel %d of %d acknowledged is %v, want %v", n, len(p.colors), got, want)
		}
	}
	t.Logf("%d pixels acknowledged, %d refused", len(p.colors), p.refused.Load())
}

// Goal: with Redis, too, nothing acknowledged is lost by kill -9 of the server.
// Method: a client paints while the server is killed and started again.
func TestRedis_SurvivesKillOfServer(t *testing.T) {
	beside(t)
	redis := redistest.Start(t)
	s := start(t, "--redis", redis.URL(), "--rate", "0")
	p := paint(t, dial(t, client.Config{URLs: []string{s.ws()}}))
	for range 2 {
		p.more(t, 100)
		s.kill()
		s.restart()
	}
	p.more(t, 100)
	p.check(t, s)
}

// Goal: while Redis is away, viewing goes on, pixels wait or are refused with the reason, and
// everything recovers by itself without a loss. Method: a client paints while Redis is killed, and
// later paused, for longer than pixels wait. Meanwhile a newcomer must get the canvas, and the
// server must say that it is not ready.
func TestRedis_Outage(t *testing.T) {
	beside(t)
	redis := redistest.Start(t)
	s := start(t, "--redis", redis.URL(), "--rate", "0")
	watcher := dial(t, client.Config{URLs: []string{s.ws()}, Replica: true})
	p := paint(t, dial(t, client.Config{URLs: []string{s.ws()}}))
	p.more(t, 100)
	for _, outage := range []struct {
		name       string
		begin, end func()
	}{
		{"killed", redis.Kill, redis.Restart},
		{"paused", redis.Pause, redis.Resume},
	} {
		outage.begin()
		eventually(t, "readyz fails while Redis is "+outage.name, func() error {
			if _, err := get(s.url + "/readyz"); err == nil {
				return errors.New("it is ready")
			}
			return nil
		})
		// The region painted on waits for the answer to one commit, and refuses what comes after
		// it. The painter's own pixel is in that commit, so another client must place one.
		other := dial(t, client.Config{URLs: []string{s.ws()}, Replica: true})
		if color, ok := other.At(0, 0); !ok || color != 0x100000 {
			t.Errorf("%s: a newcomer sees %v at 0,0", outage.name, color)
		}
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		err := other.Place(ctx, []canvas.Dot{{X: 5, Y: 250, Color: 1}})
		cancel()
		var refused *client.RefusedError
		if !errors.As(err, &refused) || refused.Code != canvas.RefusedUnavailable {
			t.Errorf("%s: a pixel got %v, want a refusal: unavailable", outage.name, err)
		}
		outage.end()
		p.more(t, 100)
		eventually(t, "readyz", func() error {
			_, err := get(s.url + "/readyz")
			return err
		})
	}
	p.check(t, s)
	eventually(t, "the watcher has every pixel", func() error {
		for n, want := range p.colors {
			if got, _ := watcher.At(n%1024, n/1024); got != want {
				return fmt.Errorf("pixel %d is %v, want %v", n, got, want)
			}
		}
		return nil
	})
	if stats := watcher.Stats(); stats.Reconnects+stats.Gaps+stats.Duplicates > 0 {
		t.Errorf("the watcher: %+v", stats)
	}
}
