package client

import (
	"context"
	"errors"
	"reflect"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/codec"
	"pixelplayground/transport/client/clienttest"
)

func TestClient_Presence(t *testing.T) {
	shown := make(chan codec.Presence, 1)
	r := connect(t, Config{Names: true, Handler: Handler{Presence: func(p codec.Presence) { shown <- p }}})
	user := func(a canvas.Author, name string) canvas.User { return canvas.User{Author: a, Name: name} }
	for _, test := range []struct {
		message codec.Presence
		names   [4]string // of users 1 to 4
	}{
		{codec.Presence{Count: 4, Full: true, Joined: []canvas.User{user(1, "Ann"), user(2, "Bob")}}, [4]string{"Ann", "Bob"}},
		{codec.Presence{Count: 3, Joined: []canvas.User{user(3, "Cid"), user(1, "Anna")}, Left: []canvas.Author{2}}, [4]string{"Anna", "", "Cid"}},
		{codec.Presence{Count: 1, Full: true, Joined: []canvas.User{user(4, "Dan")}}, [4]string{"", "", "", "Dan"}},
	} {
		r.conn.Send(test.message)
		receive(t, shown, "PRESENCE")
		if got := r.client.Users(); got != int(test.message.Count) {
			t.Errorf("%d users, want %d", got, test.message.Count)
		}
		for i, want := range test.names {
			if got := r.client.NameOf(canvas.Author(i + 1)); got != want {
				t.Errorf("user %d is called %q, want %q", i+1, got, want)
			}
		}
	}
}

func TestClient_RenameAndCursor(t *testing.T) {
	shown := make(chan []canvas.Pointer, 1)
	r := connect(t, Config{Handler: Handler{Cursors: func(p []canvas.Pointer) { shown <- p }}})
	r.client.Rename("  a name that is too long for it ")
	if got := next[codec.Rename](r).Name; got != "a name that is too l" {
		t.Errorf("RENAME %q", got)
	}
	r.client.Cursor(3, 4)
	if got := next[codec.Cursor](r); got != (codec.Cursor{X: 3, Y: 4}) {
		t.Errorf("CURSOR %v", got)
	}
	r.client.Cursor(canvas.PointerGone, canvas.PointerGone)
	if got := next[codec.Cursor](r); got != (codec.Cursor{X: canvas.PointerGone, Y: canvas.PointerGone}) {
		t.Errorf("CURSOR %v", got)
	}
	moved := []canvas.Pointer{{Author: 5, X: 1, Y: 2}}
	r.conn.Send(codec.Cursors{Pointers: moved})
	if got := receive(t, shown, "CURSORS"); !reflect.DeepEqual(got, moved) {
		t.Errorf("cursors %v", got)
	}
	r.conn.Break()
	w := r.clock.pause(t)
	r.client.Cursor(9, 9) // without a connection: dropped
	close(w.over)
	r.welcome(testWelcome())
	r.ping()
}

func TestClient_Ping(t *testing.T) {
	r := connect(t, Config{})
	type answer struct {
		roundTrip time.Duration
		server    time.Time
		err       error
	}
	answers := make(chan answer, 1)
	ping := func(ctx context.Context) {
		go func() {
			roundTrip, server, err := r.client.Ping(ctx)
			answers <- answer{roundTrip, server, err}
		}()
	}
	ping(context.Background())
	token := next[codec.Ping](r).Token
	r.clock.advance(30 * time.Millisecond)
	r.conn.Send(codec.Pong{Token: 99}, codec.Pong{Token: token, Time: time.UnixMilli(777)})
	if got := receive(t, answers, "PONG"); got.err != nil || !got.server.Equal(time.UnixMilli(777)) || got.roundTrip > 30*time.Millisecond {
		t.Errorf("Ping %+v", got)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ping(ctx)
	next[codec.Ping](r)
	cancel()
	if got := receive(t, answers, "Ping giving up"); !errors.Is(got.err, context.Canceled) {
		t.Errorf("Ping %+v", got)
	}
	ping(context.Background())
	next[codec.Ping](r)
	r.conn.Break()
	if got := receive(t, answers, "Ping's end"); !errors.Is(got.err, ErrDisconnected) {
		t.Errorf("Ping %+v", got)
	}
	r.client.Close()
	if _, _, err := r.client.Ping(t.Context()); !errors.Is(err, ErrClosed) {
		t.Errorf("Ping after Close: %v", err)
	}
}

// Who hears that the client is connected may count on it.
func TestClient_IsConnectedWhenItSaysSo(t *testing.T) {
	now, cancel := context.WithCancel(t.Context())
	cancel() // with it Ping does not wait, which a Handler must not
	said := make(chan error, 1)
	var c *Client
	c = newClient(t, Config{
		URLs: []string{clienttest.NewCanvas(t, testWelcome(), clienttest.Faults{}).URL()},
		Handler: Handler{Connected: func(codec.Welcome) {
			_, _, err := c.Ping(now)
			said <- err
		}},
	})
	if err := c.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := receive(t, said, "the handler"); !errors.Is(err, context.Canceled) {
		t.Errorf("Ping: %v, want it to be sent", err)
	}
}
