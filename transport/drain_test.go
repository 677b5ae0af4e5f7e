package transport

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"pixelplayground/actors"
	"pixelplayground/codec"
	"pixelplayground/transport/frames"
	"pixelplayground/transport/upgrade/upgradetest"
)

func TestDrain_TellsEveryoneToGo(t *testing.T) {
	onBothSockets(t, func(t *testing.T, plain bool) {
		s, _ := openServer(t, plain, func(c *Config, _ *fakeHost) {
			var mu sync.Mutex
			n := time.Duration(0)
			c.Jitter = func(spread time.Duration) time.Duration {
				mu.Lock()
				defer mu.Unlock()
				n++
				return n * spread / 10
			}
		})
		first, second, j, silent := dialBinary(t, s), dialBinary(t, s), dial(t, s, ""), dial(t, s, upgradetest.OfferBinary)
		j.text()
		first.send(ws.OpBinary, codec.AppendPing(nil, codec.Ping{Token: 3}))
		await[codec.Pong](first)

		drained := make(chan error, 1) // sent to once
		go func() {
			drained <- s.Drain(context.Background(), Notice{Text: "restart", Retry: time.Second, Spread: time.Second})
		}()
		retries := make(map[time.Duration]bool)
		for _, c := range []*client{first, second} {
			m := await[codec.Notice](c)
			if m.Code != codec.NoticeDraining || m.Text != "restart" || m.Retry <= time.Second || m.Retry >= 2*time.Second {
				t.Errorf("got %+v", m)
			}
			retries[m.Retry] = true
		}
		if len(retries) != 2 {
			t.Error("both come back at the same time")
		}
		for _, c := range []*client{first, second, j, silent} {
			if code := c.closeCode(); code != codec.CloseRestart {
				t.Errorf("closed with %d", code)
			}
			_ = c.conn.Close()
		}
		if err := <-drained; err != nil {
			t.Error(err)
		}
		if n := s.Counters().Connections.Load(); n != 0 {
			t.Errorf("%d connections", n)
		}
	})
}

func TestDrain_DoesNotWaitForever(t *testing.T) {
	s, _ := openServer(t, false, nil)
	dialBinary(t, s) // it never closes its end
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	if err := s.Drain(ctx, Notice{}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

func TestServer_CloseSaysGoodbye(t *testing.T) {
	s, host := openServer(t, false, nil)
	c := dialBinary(t, s)
	half := upgradetest.Connect(t, s.Addr())
	if _, err := half.Write([]byte("GET /w")); err != nil {
		t.Fatal(err)
	}
	s.Close()
	s.Close()
	if code := c.closeCode(); code != codec.CloseRestart {
		t.Errorf("closed with %d", code)
	}
	if !host.session(1).isClosed() {
		t.Error("the actor was not told")
	}
	if _, err := net.Dial("tcp", s.Addr().String()); err == nil {
		t.Error("still listening")
	}
	// Actors may still speak.
	s.Present(&actors.Presence{})
	host.session(1).out.Fail()
}

func TestServer_OpenFails(t *testing.T) {
	s, _ := openServer(t, false, nil)
	cfg := s.cfg
	cfg.Listen = s.Addr().String()
	second := New(cfg)
	if err := second.Open(nil, http.NotFoundHandler()); err == nil {
		t.Error("opened on an address in use")
	}
	second.Close()
}

func TestServer_ActorFails(t *testing.T) {
	onBothSockets(t, func(t *testing.T, plain bool) {
		s, host := openServer(t, plain, nil)
		c := dialBinary(t, s)
		host.session(1).out.Fail()
		if code := c.closeCode(); code != codec.CloseInternal {
			t.Errorf("closed with %d", code)
		}
	})
}

func TestServer_ClientVanishes(t *testing.T) {
	onBothSockets(t, func(t *testing.T, plain bool) {
		s, host := openServer(t, plain, nil)
		for _, linger := range []int{-1, 0} { // with FIN, with RST
			c, p := dialBinary(t, s), newPainter(testGeometry)
			c.subscribe(p.followAll()...)
			c.paintAll(p, host)
			if err := c.conn.SetLinger(linger); err != nil {
				t.Fatal(err)
			}
			_ = c.conn.Close()
			upgradetest.Eventually(t, "gone", func() bool { return s.Counters().Connections.Load() == 0 && !s.Viewing(0) })
		}
		if n := s.Counters().Closes.All()[frames.CodeVanished]; n != 2 {
			t.Errorf("%d counted", n)
		}
	})
}

func TestTimers_HelloMustCome(t *testing.T) {
	onBothSockets(t, func(t *testing.T, plain bool) {
		s, _ := openServer(t, plain, func(c *Config, _ *fakeHost) { c.HelloTimeout = 50 * time.Millisecond })
		c := dial(t, s, upgradetest.OfferBinary)
		if code := c.closeCode(); code != codec.CloseSilent || !code.Reconnect() { // a page on a slow machine comes back by itself
			t.Errorf("closed with %d", code)
		}
	})
}

// A quiet client is pinged. If it answers it stays; if it is silent it is disconnected.
func TestTimers_PingAndSilence(t *testing.T) {
	onBothSockets(t, func(t *testing.T, plain bool) {
		s, _ := openServer(t, plain, func(c *Config, _ *fakeHost) {
			c.PingEvery, c.SilenceTimeout = 20*time.Millisecond, 400*time.Millisecond
		})
		silent, quiet := dialBinary(t, s), dialBinary(t, s)
		for range 10 {
			op, payload, err := quiet.receive()
			if err != nil || op != ws.OpPing {
				t.Fatalf("got %v %q, %v", op, payload, err)
			}
			quiet.send(ws.OpPong, payload)
		}
		if code := silent.closeCode(); code != codec.CloseSilent {
			t.Errorf("closed with %d", code)
		}
		if n := s.Counters().Closes.All()[codec.CloseSilent]; n != 1 {
			t.Errorf("%d closed", n)
		}
	})
}

func TestServer_DrainAfterClose(t *testing.T) {
	s, _ := openServer(t, false, nil)
	s.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := s.Drain(ctx, Notice{}); err != nil {
		t.Error(err)
	}
}
