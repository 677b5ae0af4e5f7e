package client

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/codec"
	"pixelplayground/transport/client/clienttest"
	"pixelplayground/transport/client/wire"
)

func TestClient_ResumeSendsUnackedOpsInOrder(t *testing.T) {
	broken := make(chan error, 2) // the second time is when the test ends
	r := connect(t, Config{Name: "Ann", Regions: Only(0), Handler: Handler{Disconnected: func(err error, _ time.Duration) { broken <- err }}})
	next[codec.Subscribe](r)
	answers := make(chan string, 4)
	for i := range 4 {
		num, err := r.client.PlaceAsync(t.Context(), dots(canvas.Color(i)), func(err error) { answers <- fmt.Sprint(i+1, err) })
		if err != nil || num != uint64(i+1) {
			t.Fatalf("op %d: %v", num, err)
		}
		next[codec.Place](r)
	}
	r.conn.Send(pixels(0, 5, 6), codec.Ack{Ops: []uint64{2}})
	if got := receive(t, answers, "an answer"); got != "2 <nil>" {
		t.Fatal(got)
	}
	r.conn.Break()

	if w := r.clock.pause(t); w.pause != 100*time.Millisecond {
		t.Errorf("pause %v, want 100ms", w.pause)
	} else {
		r.client.Rename("Bob")
		close(w.over)
	}
	hello := r.welcome(testWelcome())
	if want := (codec.Hello{Session: testWelcome().Session, Resume: true, Name: "Bob", Sent: new(uint64(4)), Knows: canvas.LastRefusal}); !reflect.DeepEqual(hello, want) {
		t.Errorf("HELLO %+v, want %+v", hello, want)
	}
	if got := next[codec.Subscribe](r).Marks; !reflect.DeepEqual(got, marks(2, 0)) {
		t.Errorf("SUBSCRIBE %v", got)
	}
	for _, op := range []uint64{1, 3, 4} {
		if got, want := next[codec.Place](r), (codec.Place{Op: op, Dots: dots(canvas.Color(op - 1))}); !reflect.DeepEqual(got, want) {
			t.Errorf("PLACE %v, want %v", got, want)
		}
	}
	r.conn.Send(codec.Ack{Ops: []uint64{1, 3}}, codec.Refused{Op: 4, Code: canvas.RefusedBusy})
	for _, want := range []string{"1 <nil>", "3 <nil>", "4 refused: The server is busy, try again in a moment"} {
		if got := receive(t, answers, "an answer"); got != want {
			t.Errorf("answer %q, want %q", got, want)
		}
	}
	if s := r.client.Stats(); s.Reconnects != 1 || s.Resent != 3 {
		t.Errorf("stats %+v", s)
	}
	if err := receive(t, broken, "Disconnected"); !strings.HasPrefix(err.Error(), "connection broke: ") {
		t.Errorf("disconnected by %v", err)
	}
}

func TestClient_PlaceWithoutConnectionWaitsForTheNext(t *testing.T) {
	r := connect(t, Config{})
	r.conn.Break()
	w := r.clock.pause(t)
	if _, err := r.client.PlaceAsync(t.Context(), dots(1), nil); err != nil {
		t.Fatal(err)
	}
	if _, _, err := r.client.Ping(t.Context()); !errors.Is(err, ErrDisconnected) {
		t.Errorf("Ping: %v", err)
	}
	close(w.over)
	r.welcome(testWelcome())
	if got := next[codec.Place](r).Op; got != 1 {
		t.Errorf("PLACE %d", got)
	}
	if s := r.client.Stats(); s.Resent != 0 {
		t.Errorf("%d ops count as sent again", s.Resent)
	}
}

// If a server keeps closing the connection, the client's pauses grow until a connection has
// lasted.
func TestClient_BackoffGrowsUntilAConnectionLasts(t *testing.T) {
	r := connect(t, Config{})
	for i, want := range []time.Duration{100, 200, 400, 100, 200} {
		want *= time.Millisecond
		if i == 3 {
			r.ping() // it is connected since before the clock moves
			r.clock.advance(2 * time.Second)
		}
		r.conn.Break()
		w := r.clock.pause(t)
		if w.pause != want {
			t.Fatalf("pause %v, want %v", w.pause, want)
		}
		close(w.over)
		r.welcome(testWelcome())
	}
}

func TestClient_WaitingOpIsAnsweredLater(t *testing.T) {
	waiting, answers := make(chan []uint64, 1), make(chan error, 1)
	r := connect(t, Config{Handler: Handler{Waiting: func(ops []uint64) { waiting <- ops }}})
	if _, err := r.client.PlaceAsync(t.Context(), dots(1), func(err error) { answers <- err }); err != nil {
		t.Fatal(err)
	}
	next[codec.Place](r)
	r.conn.Send(codec.Waiting{Ops: []uint64{1}})
	if ops := receive(t, waiting, "a word"); !slices.Equal(ops, []uint64{1}) || len(answers) > 0 {
		t.Errorf("told of %v, %d answers", ops, len(answers))
	}
	r.conn.Send(codec.Ack{Ops: []uint64{1}})
	if err := receive(t, answers, "an answer"); err != nil {
		t.Error(err)
	}
}

func TestClient_DrainingHoldsOpsForTheNextServer(t *testing.T) {
	noticed := make(chan codec.Notice, 1)
	r := connect(t, Config{Handler: Handler{Notice: func(n codec.Notice) { noticed <- n }}})
	r.conn.Send(codec.Notice{Code: codec.NoticeDraining, Text: "soon back", Retry: 1500 * time.Millisecond})
	if n := receive(t, noticed, "the notice"); n.Text != "soon back" {
		t.Errorf("notice %+v", n)
	}
	if _, err := r.client.PlaceAsync(t.Context(), dots(1), nil); err != nil {
		t.Fatal(err)
	}
	r.ping() // and no PLACE before it
	r.conn.Close(codec.CloseRestart, "")
	if code := r.conn.Closed(); code != codec.CloseRestart {
		t.Errorf("the client answered the goodbye with %d", code)
	}
	w := r.clock.pause(t)
	if w.pause != 1500*time.Millisecond {
		t.Errorf("pause %v, want what the server asked for", w.pause)
	}
	close(w.over)
	r.welcome(testWelcome())
	if got := next[codec.Place](r).Op; got != 1 {
		t.Errorf("PLACE %d", got)
	}
}

func TestClient_CloseCodes(t *testing.T) {
	for code, back := range map[codec.CloseCode]bool{
		codec.CloseNormal: false, codec.CloseProtocol: false, codec.CloseUnsupported: false, codec.CloseBadText: false,
		codec.CloseTooBig: false, codec.CloseMalformed: false, codec.CloseNoHello: false, codec.CloseKicked: false, codec.CloseEnded: true,
		codec.CloseInternal: true, codec.CloseRestart: true, codec.CloseSlow: true, codec.CloseSilent: true, 1001: true, 4999: true,
	} {
		t.Run(fmt.Sprint(code), func(t *testing.T) {
			t.Parallel()
			r := connect(t, Config{})
			answered := make(chan error, 1)
			if _, err := r.client.PlaceAsync(t.Context(), dots(1), func(err error) { answered <- err }); err != nil {
				t.Fatal(err)
			}
			r.conn.Close(code, "because")
			if back {
				r.reconnect()
				return
			}
			receive(t, r.client.Done(), "the client's end")
			var closed *CloseError
			if !errors.As(r.client.Err(), &closed) || closed.Code != code || closed.Reason != "because" {
				t.Errorf("ended with %v", r.client.Err())
			}
			if err := receive(t, answered, "the op's end"); !errors.As(err, &closed) {
				t.Errorf("the op ended with %v", err)
			}
			if _, err := r.client.PlaceAsync(t.Context(), dots(1), nil); !errors.As(err, &closed) {
				t.Errorf("PlaceAsync afterwards: %v", err)
			}
		})
	}
}

func TestClient_RefusedHandshake(t *testing.T) {
	busy := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "3")
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	forbidden := func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "You have been banned \x1b[2Juntil noon", http.StatusForbidden)
	}
	t.Run("at first", func(t *testing.T) {
		server := clienttest.Listen(t)
		server.Refuse(busy)
		c := newClient(t, Config{URLs: []string{server.URL()}})
		var shake *HandshakeError
		if err := c.Open(t.Context()); !errors.As(err, &shake) || shake.Status != 503 || shake.Retry != 3*time.Second {
			t.Fatalf("Open: %v", err)
		}
		if c.Err() == nil {
			t.Error("the client has not ended")
		}
	})
	t.Run("when reconnecting", func(t *testing.T) {
		r := connect(t, Config{})
		r.server.Refuse(busy)
		r.conn.Break()
		close(r.clock.pause(t).over)
		w := r.clock.pause(t)
		if w.pause != 3*time.Second {
			t.Errorf("pause %v, want the server's Retry-After", w.pause)
		}
		r.server.Refuse(forbidden)
		close(w.over)
		receive(t, r.client.Done(), "the client's end")
		if err := r.client.Err(); !strings.Contains(err.Error(), "(status 403): You have been banned [2Juntil noon") {
			t.Errorf("ended with %v", err)
		}
	})
}

func TestClient_TriesTheNextServer(t *testing.T) {
	dead, first, second := clienttest.Listen(t), clienttest.Listen(t), clienttest.Listen(t)
	dead.Stop()
	cfg := Config{URLs: []string{dead.URL(), first.URL(), second.URL()}}
	r := newRig(t, first, &cfg)
	r.open(cfg)
	r.conn.Break()
	r.server = second
	r.reconnect()

	first.Stop()
	second.Stop()
	r.clock.pause(t)
	r.client.Close()
	err := newClient(t, Config{URLs: []string{dead.URL(), first.URL()}}).Open(t.Context())
	if err == nil || !strings.Contains(err.Error(), dead.URL()) || !strings.Contains(err.Error(), first.URL()) {
		t.Errorf("Open without servers: %v", err)
	}
}

func TestClient_Close(t *testing.T) {
	t.Run("before Open", func(t *testing.T) {
		c := newClient(t, Config{URLs: []string{"ws://127.0.0.1:1/ws"}})
		c.Close()
		c.Close()
		if err := c.Open(t.Context()); err == nil {
			t.Error("a closed client was opened")
		}
		if _, err := c.PlaceAsync(t.Context(), dots(1), nil); !errors.Is(err, ErrClosed) {
			t.Errorf("PlaceAsync: %v", err)
		}
	})
	t.Run("says goodbye", func(t *testing.T) {
		r := connect(t, Config{})
		answered := make(chan error, 1)
		if _, err := r.client.PlaceAsync(t.Context(), dots(1), func(err error) { answered <- err }); err != nil {
			t.Fatal(err)
		}
		var wait sync.WaitGroup
		wait.Go(r.client.Close)
		wait.Go(r.client.Close)
		if code := r.conn.Closed(); code != codec.CloseNormal {
			t.Errorf("close code %d", code)
		}
		wait.Wait()
		if err := receive(t, answered, "the op's end"); !errors.Is(err, ErrClosed) {
			t.Errorf("the op ended with %v", err)
		}
	})
	t.Run("server does not answer the goodbye", func(t *testing.T) {
		r := connect(t, Config{})
		since := time.Now()
		r.client.Close()
		if took := time.Since(since); took > limit/2 {
			t.Errorf("took %v", took)
		}
	})
	t.Run("during the pause", func(t *testing.T) {
		r := connect(t, Config{})
		r.conn.Break()
		r.clock.pause(t)
		r.client.Close()
		if err := r.client.Err(); !errors.Is(err, ErrClosed) {
			t.Errorf("ended with %v", err)
		}
	})
	t.Run("while waiting for WELCOME", func(t *testing.T) {
		r := connect(t, Config{})
		r.conn.Break()
		close(r.clock.pause(t).over)
		r.server.Accept()
		r.client.Close()
	})
	t.Run("Open gives up", func(t *testing.T) {
		server := clienttest.Listen(t)
		c := newClient(t, Config{URLs: []string{server.URL()}})
		ctx, cancel := context.WithCancel(t.Context())
		opened := make(chan error, 1)
		go func() { opened <- c.Open(ctx) }()
		server.Accept()
		cancel()
		if err := receive(t, opened, "Open"); !errors.Is(err, context.Canceled) {
			t.Errorf("Open: %v", err)
		}
	})
}

// Goal: whatever breaks when, every op is applied once and every replica ends equal to the
// canvas. Method: clients place random strokes while all connections are dropped at random.
func TestClient_ResumesExactly(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	limits := testWelcome()
	var server *clienttest.Canvas
	server = clienttest.NewCanvas(t, limits, clienttest.Faults{Placed: func(int) {
		if random.IntN(20) == 0 {
			server.Drop()
		}
	}})

	const ops = 100
	ctx, cancel := context.WithTimeout(t.Context(), 2*limit)
	defer cancel()
	var clients [3]*Client
	for i := range clients {
		clients[i] = newClient(t, Config{
			URLs: []string{server.URL()}, Regions: AllRegions, Replica: true,
		})
		clients[i].session.Backoff = wire.Backoff{First: time.Millisecond, Max: 5 * time.Millisecond}
		if err := clients[i].Open(ctx); err != nil {
			t.Fatal(err)
		}
	}
	var wait sync.WaitGroup
	for i, c := range clients {
		wait.Go(func() { placeAtRandom(ctx, t, c, rand.New(rand.NewPCG(seed, 1+uint64(i))), ops) })
	}
	wait.Wait()
	if got := server.Ops(); got != len(clients)*ops {
		t.Errorf("%d ops were applied, want %d", got, len(clients)*ops)
	}
	for _, c := range clients {
		if err := c.Synced(ctx); err != nil {
			t.Fatal(err)
		}
		for x := range limits.Geometry.Width {
			for y := range limits.Geometry.Height {
				if got, _ := c.At(x, y); got != server.At(x, y) {
					t.Fatalf("pixel %d,%d is %v, on the canvas %v", x, y, got, server.At(x, y))
				}
			}
		}
		if s := c.Stats(); s.Gaps+s.Duplicates > 0 || s.Acked != ops {
			t.Errorf("stats %+v", s)
		}
	}
}

// placeAtRandom places ops and waits for their acks.
func placeAtRandom(ctx context.Context, t *testing.T, c *Client, random *rand.Rand, ops int) {
	var acks sync.WaitGroup
	for range ops {
		stroke := make([]canvas.Dot, 1+random.IntN(20))
		for i := range stroke {
			stroke[i] = canvas.Dot{X: uint16(random.IntN(20)), Y: uint16(random.IntN(12)), Color: canvas.Color(random.IntN(1 << 24))}
		}
		acks.Add(1)
		done := func(err error) {
			if err != nil {
				t.Errorf("place: %v", err)
			}
			acks.Done()
		}
		if _, err := c.PlaceAsync(ctx, stroke, done); err != nil {
			done(err)
		}
	}
	acks.Wait()
}
