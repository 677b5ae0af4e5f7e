package conformance

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/codec"
	"pixelplayground/transport/client/clienttest"
)

// A client says who it is: by a key in the handshake, by a token in HELLO.
func TestConnect_SaysWhoItIs(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		answer := b.Go("connect", Args{"url": b.server.URL(), "name": "Ada", "key": "pp_secret", "tokens": []string{"t.o.ken"}})
		b.accept()
		if got := b.conn.Request().Header.Get("Authorization"); got != "Bearer pp_secret" {
			t.Errorf("Authorization %q", got)
		}
		hello := next[codec.Hello](b)
		if hello.Name != "Ada" || hello.Token != "t.o.ken" || hello.Knows < canvas.LastRefusal {
			t.Errorf("HELLO %+v", hello)
		}
		b.conn.Send(welcome())
		if l := b.Answer(answer); l.Width != 20 || l.Height != 12 {
			t.Errorf("welcomed: %+v", l)
		}
		seen := map[canvas.RegionID]bool{}
		for _, m := range next[codec.Subscribe](b).Marks {
			seen[m.Region] = m.Position == canvas.Position{}
		}
		if len(seen) != 2 || !seen[0] || !seen[1] { // 20x12 in squares of 16
			t.Errorf("follows %v, want all regions, as blank ones", seen)
		}
	})
}

func TestConnect_FirstAttemptFails(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.server.Refuse(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "not you", http.StatusForbidden) })
		if l := b.Answer(b.Go("connect", Args{"url": b.server.URL()})); l.Ended == nil || l.Ended.Status != http.StatusForbidden {
			t.Errorf("connect: %+v", l)
		}
	})
}

func TestConnect_NobodyThere(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.server.Stop()
		if l := b.Answer(b.Go("connect", Args{"url": b.server.URL()})); l.Ended == nil {
			t.Errorf("connect: %+v", l)
		}
	})
}

// Some close frames say that coming back is no use. Their reason is for people.
func TestClosed_ForGood(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.connect([]canvas.RegionID{0}, nil)
		answer := b.Go("place", Args{"pixels": dots(1, 0, red)})
		next[codec.Place](b)
		b.conn.Close(codec.CloseBanned, "act 12: scribbling, until tomorrow")
		want := Ended{Code: codec.CloseBanned, Reason: "act 12: scribbling, until tomorrow"}
		if l := b.Answer(answer); l.Ended == nil || *l.Ended != want {
			t.Errorf("place: %+v, want %+v", l, want)
		}
		if got := b.ended(); got != want {
			t.Errorf("ended %+v, want %+v", got, want)
		}
	})
}

// What waits for the server's answer ends when the program closes the client.
func TestClosed_ByTheProgram(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.connect([]canvas.RegionID{0}, nil)
		b.conn.mute.Store(true)
		waiting := map[string]<-chan Line{"place": b.Go("place", Args{"pixels": dots(1, 0, red)})}
		next[codec.Place](b)
		waiting["sync"] = b.Go("sync", nil)
		next[codec.Ping](b)
		b.Do("close", nil)
		for what, answer := range waiting {
			if l := b.Answer(answer); l.Ended == nil || l.Ended.Code != 0 {
				t.Errorf("%s: %+v, want that the client has ended", what, l)
			}
		}
		b.gone()
	})
}

// A token that has ended is followed by another one.
func TestClosed_TokenEnded(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		answer := b.Go("connect", Args{"url": b.server.URL(), "tokens": []string{"first", "second"}, "follow": []int{}})
		b.accept()
		if got := next[codec.Hello](b).Token; got != "first" {
			t.Errorf("token %q", got)
		}
		b.conn.Send(welcome())
		b.Succeeded("connect", b.Answer(answer))
		b.conn.Close(codec.CloseEnded, "the token has ended")
		if l := b.Event("disconnected"); codec.CloseCode(l.Code) != codec.CloseEnded || l.Reason != "the token has ended" {
			t.Errorf("disconnected: %+v", l)
		}
		if got := b.reconnect().Token; got != "second" {
			t.Errorf("token %q after the first has ended", got)
		}
	})
}

func TestRenew_Token(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.connect(nil, nil)
		answer := b.Go("renew", Args{"token": "longer"})
		if got := next[codec.Auth](b).Token; got != "longer" {
			t.Errorf("AUTH %q", got)
		}
		b.Succeeded("renew", b.Answer(answer))
	})
}

// A server that is full says when to come back.
func TestReconnect_RetryAfter(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.connect(nil, nil)
		const pause = 2 * time.Second
		var mu sync.Mutex
		var upgrades []time.Time
		b.server.Refuse(func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			defer mu.Unlock()
			if r.Header.Get("Upgrade") != "" {
				upgrades = append(upgrades, time.Now())
			}
			if len(upgrades) > 2 {
				b.server.Refuse(nil)
			}
			w.Header().Set("Retry-After", strconv.Itoa(int(pause.Seconds())))
			http.Error(w, "full", http.StatusServiceUnavailable)
		})
		b.conn.Break()
		b.reconnect()
		mu.Lock()
		defer mu.Unlock()
		for i := range upgrades[1:] {
			if got := upgrades[i+1].Sub(upgrades[i]); got < pause-100*time.Millisecond {
				t.Errorf("came back after %v, asked for %v", got, pause)
			}
		}
	})
}

// Whoever is sent away soon after each welcome waits longer and longer, not always the same time.
func TestReconnect_BacksOff(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.connect(nil, nil)
		least := []time.Duration{75, 150, 300, 600} // ms: 100, doubled, less a quarter
		for _, pause := range least {
			since := time.Now()
			b.conn.Break()
			b.reconnect()
			if got := time.Since(since); got < pause*time.Millisecond-5*time.Millisecond {
				t.Errorf("came back after %v, want at least %dms", got, pause)
			}
		}
	})
}

// A server that closes says when to come back, and takes no more ops until then.
func TestReconnect_Drain(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.connect([]canvas.RegionID{0}, nil)
		first := b.Go("place", Args{"pixels": dots(1, 0, red)})
		next[codec.Place](b)
		const pause = 900 * time.Millisecond
		b.conn.Send(codec.Notice{Code: codec.NoticeDraining, Text: "restarting", Retry: pause})
		b.Event("notice")
		second := b.Go("place", Args{"pixels": dots(1, 1, green)})
		b.silent()
		since := time.Now()
		b.conn.Close(codec.CloseRestart, "restarting")
		hello := b.reconnect()
		if got := time.Since(since); got < pause-50*time.Millisecond {
			t.Errorf("came back after %v, asked for %v", got, pause)
		}
		if *hello.Sent != 1 {
			t.Errorf("HELLO says that op %d was sent, want 1", *hello.Sent)
		}
		next[codec.Subscribe](b)
		for op := range uint64(2) {
			if got := next[codec.Place](b).Op; got != op+1 {
				t.Errorf("PLACE %d, want %d", got, op+1)
			}
		}
		b.conn.Send(codec.Ack{Ops: []uint64{1, 2}})
		b.Succeeded("place", b.Answer(first))
		b.Succeeded("place", b.Answer(second))
	})
}

// Every golden frame of a server is understood, or ignored if it is of a later version; none that is cut is.
func TestGolden_Frames(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root(t), "codec/testdata/frames.json"))
	if err != nil {
		t.Fatal(err)
	}
	var frames []struct {
		Name, From string
		Hex        hexBytes
		Message    struct{ Type int }
	}
	if err := json.Unmarshal(text, &frames); err != nil {
		t.Fatal(err)
	}
	each(t, func(t *testing.T, b *bench) {
		follow := []canvas.RegionID{0, 1, 2, 4, 6}
		b.connect(follow, func(w *codec.Welcome) { w.Geometry = canvas.Geometry{Width: 2048, Height: 2048, Region: 256} })
		sent := 0
		for _, f := range frames {
			if f.From != "server" || f.Message.Type == 16 {
				continue
			}
			b.conn.Write(binary(f.Hex))
			sent++
		}
		if sent < 30 {
			t.Fatalf("%d golden frames", sent)
		}
		for {
			m := next[codec.Subscribe](b) // pixels out of nowhere: the client asks what it has missed
			for _, mark := range m.Marks {
				if mark.Region == 6 {
					b.conn.Send(codec.Pixels{Batch: canvas.Batch{Region: 6}})
				} else {
					b.conn.Send(codec.Snapshot{Mark: canvas.Mark{Region: mark.Region, Position: canvas.Position{Epoch: 1 << 33, Seq: 1 << 50}}})
				}
			}
			if m.Marks[len(m.Marks)-1].Region == 6 {
				break
			}
		}
		b.Do("sync", nil)
		if got := b.Event("notice"); got.Code != 1 || got.Text != "restarting" {
			t.Errorf("notice %+v", got)
		}

		whole := clienttest.Encode(pixels(0, 0, red))
		b.conn.Write(binary(whole[:len(whole)-1]))
		b.gone()
		b.reconnect()
	})
}
