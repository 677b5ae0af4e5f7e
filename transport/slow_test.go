package transport

import (
	"testing"
	"time"

	"github.com/gobwas/ws"

	"pixelplayground/actors"
	"pixelplayground/actors/canvas"
	"pixelplayground/codec"
	"pixelplayground/transport/upgrade/upgradetest"
)

// smallBuffers makes a connection stall soon.
func smallBuffers(c *Config, _ *fakeHost) { c.SendBuffer = 16 << 10 }

// newPainting is a client that follows everything, and reads nothing until it is told to.
func newPainting(t *testing.T, s *Server) (*client, *painter) {
	t.Helper()
	c, p := dialBinary(t, s), newPainter(s.cfg.Geometry)
	c.subscribe(p.followAll()...)
	return c, p
}

// stall draws 60,000 pixels (2,000 a second for half a minute) while the client does not read,
// and checks what that costs.
func stall(t *testing.T, s *Server, host *fakeHost, v canvas.ViewerID) {
	t.Helper()
	random := upgradetest.NewRandom(t)
	for i := range 3000 {
		region := canvas.RegionID(random.IntN(len(host.regions)))
		pixels := make([]canvas.Pixel, 20)
		for j := range pixels {
			pixels[j] = canvas.Pixel{Pos: uint16(random.IntN(64 * 64)), Color: canvas.Color(random.IntN(1 << 24))}
		}
		host.publish(region, canvas.Author(1+i%5), pixels...)
		if i%100 == 0 {
			host.wait(func() {})
			inspect(s, v, func(_ *shard, c *conn) {
				if c == nil {
					return
				}
				if held := c.held(); held > 256<<10 {
					t.Errorf("after %d batches the connection holds %d bytes", i, held)
				}
			})
		}
	}
	host.wait(func() {})
}

// I6, I5: a client that reads nothing for long costs little, and has the right pixels afterwards.
func TestSlow_IsConflatedAndHealed(t *testing.T) {
	tests := []struct {
		name      string
		ring      int
		snapshots bool
	}{
		{"by merged batches", 1 << 20, false},
		{"by snapshots", 0, true}, // whatever it lacks
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			onBothSockets(t, func(t *testing.T, plain bool) {
				s, host := openServer(t, plain, func(c *Config, h *fakeHost) {
					smallBuffers(c, h)
					h.ringBatches = tt.ring
				})
				c, p := newPainting(t, s)
				c.paintAll(p, host)
				quick, q := newPainting(t, s)
				quick.paintAll(q, host)

				stall(t, s, host, 1)
				quick.paintAll(q, host) // nobody else is held up
				if s.Counters().Lagged.Load() == 0 {
					t.Fatal("the client was never slow: the test proves nothing")
				}
				c.paintAll(p, host)
				if p.snapshots > 0 != tt.snapshots {
					t.Errorf("healed by %d snapshots", p.snapshots)
				}
				settled(t, s, 1)
				host.publish(3, 1, canvas.Pixel{Pos: 1, Color: 1}) // and it goes on
				c.paintAll(p, host)
			})
		})
	}
}

// A client that comes by a slow line gets one region after the other.
func TestSlow_NewcomerHasOneSnapshotToCome(t *testing.T) {
	onBothSockets(t, func(t *testing.T, plain bool) {
		s, host := openServer(t, plain, func(c *Config, h *fakeHost) {
			smallBuffers(c, h)
			h.ringBatches = 1
			c.Geometry = canvas.Geometry{Width: 1024, Height: 512, Region: 256}
		})
		random := upgradetest.NewRandom(t)
		host.wait(func() { // eight snapshots of 197 KB: noise does not compress
			for i := range host.regions {
				for pos := range 1 << 16 {
					host.regions[i].tile.Set(uint16(pos), canvas.Color(random.IntN(1<<24)))
				}
				host.regions[i].at = canvas.Position{Epoch: 1, Seq: 1}
			}
		})
		c, p := newPainting(t, s)
		upgradetest.Eventually(t, "stalled", func() bool { return s.Counters().Slow.Load() > 0 })
		inspect(s, 1, func(_ *shard, c *conn) {
			if c.catchingUp == nil || len(c.catchingUp.want) == 0 {
				t.Errorf("everything was asked for at once: %+v", c.catchingUp)
			}
		})
		stall(t, s, host, 1)
		c.paintAll(p, host)
	})
}

func TestSlow_JSONIsToldToReload(t *testing.T) {
	onBothSockets(t, func(t *testing.T, plain bool) {
		s, host := openServer(t, plain, smallBuffers)
		c := dial(t, s, "")
		c.text()
		settled(t, s, 1)
		stall(t, s, host, 1)
		if code := c.closeCode(); code != codec.CloseTryLater {
			t.Errorf("closed with %d", code)
		}
	})
}

func TestSlow_IsGivenUpOn(t *testing.T) {
	onBothSockets(t, func(t *testing.T, plain bool) {
		s, host := openServer(t, plain, func(c *Config, h *fakeHost) {
			smallBuffers(c, h)
			c.StallTimeout = 100 * time.Millisecond
		})
		newPainting(t, s)
		upgradetest.Eventually(t, "closed as too slow", func() bool {
			host.publish(2, 1, make([]canvas.Pixel, 1000)...)
			return s.Counters().Closes.All()[codec.CloseSlow] == 1
		})
		upgradetest.Eventually(t, "gone", func() bool { return s.Counters().Connections.Load() == 0 && host.session(1).isClosed() })
		if s.Viewing(2) {
			t.Error("still viewing")
		}
	})
}

// I6: an actor that is behind makes its client wait, and nobody else.
func TestCredit_StopsReading(t *testing.T) {
	const messages = 1000
	onBothSockets(t, func(t *testing.T, plain bool) {
		s, host := openServer(t, plain, func(_ *Config, h *fakeHost) { h.hold = true })
		c := dialBinary(t, s)
		rename := frame(ws.OpBinary, codec.AppendRename(nil, codec.Rename{Name: "bob"}))
		for range messages {
			c.write(rename)
		}
		session, handled := host.session(1), 1 // HELLO
		for handled < messages+1 {
			// It is read on when half of the credit is back, which may be before all of it is.
			upgradetest.Eventually(t, "more than half of what the credit allows", func() bool {
				got := len(session.received())
				return got == messages+1 || got-handled > actors.MaxUnhandled/2
			})
			other := dialBinary(t, s)
			other.send(ws.OpBinary, codec.AppendPing(nil, codec.Ping{Token: 1}))
			await[codec.Pong](other)
			_ = other.conn.Close()
			got := len(session.received())
			if got > handled+actors.MaxUnhandled {
				t.Fatalf("actor has %d messages, handled %d", got, handled)
			}
			for range got - handled {
				session.out.Handled()
				handled++
			}
		}
		upgradetest.Eventually(t, "all have come", func() bool { return len(session.received()) == messages+1 })
	})
}
