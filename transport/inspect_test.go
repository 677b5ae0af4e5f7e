package transport

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/message"
	"pixelplayground/codec"
	"pixelplayground/transport/upgrade/upgradetest"
)

// TestInspect_ShowsTheWorstFirst: first slow connections, then busy ones, then the rest.
func TestInspect_ShowsTheWorstFirst(t *testing.T) {
	onBothSockets(t, func(t *testing.T, plain bool) {
		s, host := openServer(t, plain, smallBuffers)
		slow, p := newPainting(t, s)
		slow.paintAll(p, host)
		busy, q := newPainting(t, s)
		quiet := dialBinary(t, s)
		random := upgradetest.NewRandom(t)
		var list []message.ConnectionReport
		upgradetest.Eventually(t, "the first is behind, the second busy", func() bool {
			pixels := make([]canvas.Pixel, 2000)
			for i := range pixels {
				pixels[i] = canvas.Pixel{Pos: uint16(random.IntN(64 * 64)), Color: canvas.Color(random.IntN(1 << 24))}
			}
			host.publish(canvas.RegionID(random.IntN(16)), 1, pixels...)
			busy.paintAll(q, host)
			for i := range 20 {
				busy.send(ws.OpBinary, codec.AppendPing(nil, codec.Ping{Token: uint64(i)}))
				await[codec.Pong](busy)
			}
			list = s.Connections(context.Background(), 10, nil)
			return len(list) == 3 && list[0].Viewer == 1 && list[0].Lag > 0 && list[1].Viewer == 2 && s.Counters().Behind.Load() == 1
		})
		if list[0].Lag <= 0 || list[1].Lag != 0 || list[1].In < 20 || list[1].Out < 2000 || list[1].BytesOut < 4*list[1].Out || list[1].Over <= 0 {
			t.Errorf("%+v", list)
		}
		if age := s.cfg.Now().Sub(time.UnixMilli(list[0].Since)); age < 0 || age > patience {
			t.Errorf("opened %v ago", age)
		}
		if only := s.Connections(context.Background(), 1, nil); len(only) != 1 {
			t.Errorf("the worst one: %+v", only)
		}
		if only := s.Connections(context.Background(), 10, []canvas.ViewerID{3, 99}); len(only) != 1 || only[0].Viewer != 3 {
			t.Errorf("of two viewers: %+v", only)
		}
		if viewers := s.Viewers(); viewers[0] != 2 {
			t.Errorf("%d follow region 0", viewers[0])
		}
		slow.paintAll(p, host)
		upgradetest.Eventually(t, "nobody is behind", func() bool { return s.Counters().Behind.Load() == 0 })
		_ = quiet
	})
}

// TestInspect_RatesAreOfLate: while somebody is looking, rates are since the last look and not
// since the connection was opened.
func TestInspect_RatesAreOfLate(t *testing.T) {
	s, host := openServer(t, false, nil)
	c, p := newPainting(t, s)
	c.paintAll(p, host)
	host.publish(0, 1, canvas.Pixel{Pos: 1, Color: 7})
	c.paintAll(p, host)
	s.Connections(context.Background(), 1, nil) // begins to remember
	look := func() message.ConnectionReport { return s.Connections(context.Background(), 1, nil)[0] }
	if first := look(); first.Out != 0 || first.BytesOut == 0 {
		t.Errorf("since the look: %+v", first)
	}
	host.publish(0, 1, canvas.Pixel{Pos: 1, Color: 8}, canvas.Pixel{Pos: 2, Color: 8})
	c.paintAll(p, host)
	if next := look(); next.Out != 2 || next.Over > patience {
		t.Errorf("two pixels later: %+v", next)
	}
	forgotten := make(chan bool, 1) // sent to once
	s.shardOf(1).inbox.Post(ageing{forgotten})
	if !<-forgotten {
		t.Error("what nobody asks for is remembered for ever")
	}
}

// ageing makes a shard's last look old.
type ageing struct{ forgotten chan<- bool }

func (m ageing) run(s *shard) {
	s.looksAt -= moment(lookAgain + time.Second)
	s.forgetLooks()
	m.forgotten <- s.looks == nil
}

// TestDisconnect_ClosesForGood: with the code that tells clients to stay away.
func TestDisconnect_ClosesForGood(t *testing.T) {
	onBothSockets(t, func(t *testing.T, plain bool) {
		s, _ := openServer(t, plain, nil)
		c, other := dialBinary(t, s), dialBinary(t, s)
		ctx := context.Background()
		if err := s.Disconnect(ctx, 1); err != nil {
			t.Fatal(err)
		}
		if code := c.closeCode(); code != codec.CloseKicked {
			t.Errorf("closed with %d", code)
		}
		for _, v := range []canvas.ViewerID{1, 0, 99} { // closing, and never there
			if err := s.Disconnect(ctx, v); !errors.Is(err, ErrNoConnection) {
				t.Errorf("viewer %d: %v", v, err)
			}
		}
		other.send(ws.OpBinary, codec.AppendPing(nil, codec.Ping{Token: 3}))
		await[codec.Pong](other)
		if n := s.Counters().Closes.All()[codec.CloseKicked]; n != 1 {
			t.Errorf("%d counted", n)
		}
	})
}

// Goal: that the server lists other templates is told in the binary protocol, and JSON clients get no word that they don't know.
// Method: an announcement comes after it, which both get.
func TestTellOfTemplates(t *testing.T) {
	s, _ := openServer(t, false, nil)
	c, j := dialBinary(t, s), dial(t, s, "")
	j.text() // connected
	upgradetest.Eventually(t, "both are there", func() bool { return len(s.Connections(context.Background(), 5, nil)) == 2 })
	s.TellOfTemplates()
	s.Announce("done")
	if m := await[codec.Notice](c); m.Code != codec.NoticeTemplates || m.Retry > time.Second {
		t.Errorf("%+v", m)
	}
	if m := await[codec.Notice](c); m.Code != codec.NoticeAnnouncement {
		t.Errorf("%+v", m)
	}
	for m := j.text(); m["type"] != "announcement"; m = j.text() {
		if m["type"] == nil || m["type"] == "templates" {
			t.Errorf("%v", m)
		}
	}
}

func TestAnnounce_IsShownInBothProtocols(t *testing.T) {
	s, _ := openServer(t, false, nil)
	c, j := dialBinary(t, s), dial(t, s, "")
	j.text() // connected
	upgradetest.Eventually(t, "both are there", func() bool { return len(s.Connections(context.Background(), 5, nil)) == 2 })
	s.Announce(`Tea at "five"`)
	if m := await[codec.Notice](c); m.Code != codec.NoticeAnnouncement || m.Text != `Tea at "five"` || m.Retry != 0 {
		t.Errorf("%+v", m)
	}
	for {
		if m := j.text(); m["type"] == "announcement" {
			if m["message"] != `Tea at "five"` {
				t.Errorf("%v", m)
			}
			return
		}
	}
}

// A server that is not open has no connections and closes none.
func TestInspect_BeforeOpen(t *testing.T) {
	s := New(DefaultConfig())
	if list := s.Connections(context.Background(), 5, nil); list != nil {
		t.Errorf("%+v", list)
	}
	if err := s.Disconnect(context.Background(), 1); !errors.Is(err, ErrNoConnection) {
		t.Error(err)
	}
	s.Announce("to nobody")
}
