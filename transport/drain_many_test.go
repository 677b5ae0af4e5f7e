package transport

import (
	"testing"
	"time"

	"github.com/gobwas/ws"

	"pixelplayground/codec"
)

// Goal: clients that came first are sent away first and are told when to come back. Clients that
// came later or can't resume stay.
func TestSendAway(t *testing.T) {
	onBothSockets(t, func(t *testing.T, plain bool) {
		s, _ := openServer(t, plain, nil)
		j := dial(t, s, "")
		j.text()
		var early []*client
		for range 4 {
			c := dialBinary(t, s)
			c.send(ws.OpBinary, codec.AppendPing(nil, codec.Ping{Token: 3}))
			await[codec.Pong](c)
			early = append(early, c)
		}
		before := time.Now()
		time.Sleep(2 * time.Millisecond) // moments tell them apart
		late := dialBinary(t, s)
		answers := func(c *client, token uint64) {
			t.Helper()
			c.send(ws.OpBinary, codec.AppendPing(nil, codec.Ping{Token: token}))
			if m := await[codec.Pong](c); m.Token != token {
				t.Errorf("PONG %d, want %d", m.Token, token)
			}
		}
		answers(late, 4)
		for range early { // whichever shards they are on
			s.SendAway(1, before, false, Notice{Text: "elsewhere", Retry: time.Second})
		}
		for _, c := range early {
			if m := await[codec.Notice](c); m.Code != codec.NoticeDraining || m.Text != "elsewhere" || m.Retry < time.Second {
				t.Errorf("got %+v", m)
			}
			if code := c.closeCode(); code != codec.CloseRestart {
				t.Errorf("closed with %d", code)
			}
		}
		answers(late, 5)
		if n := s.Counters().JSON.Load(); n != 1 {
			t.Errorf("%d JSON clients are left", n)
		}
		s.SendAway(100, time.Now(), true, Notice{})
		for _, c := range []*client{late, j} {
			if code := c.closeCode(); code != codec.CloseRestart {
				t.Errorf("closed with %d", code)
			}
		}
	})
}
