package client

import (
	"context"
	"errors"
	"reflect"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/codec"
)

func dots(colors ...canvas.Color) []canvas.Dot {
	var list []canvas.Dot
	for i, c := range colors {
		list = append(list, canvas.Dot{X: uint16(i), Color: c})
	}
	return list
}

func TestClient_SubscribePlaceAck(t *testing.T) {
	r := connect(t, Config{Regions: AllRegions, Replica: true})
	if got, want := next[codec.Subscribe](r).Marks, marks(0, 0, 1); !reflect.DeepEqual(got, want) {
		t.Fatalf("SUBSCRIBE %v, want %v", got, want)
	}
	placed := make(chan error, 1)
	go func() { placed <- r.client.Place(t.Context(), dots(0xFF0000, 0x00FF00)) }()
	if got, want := next[codec.Place](r), (codec.Place{Op: 1, Dots: dots(0xFF0000, 0x00FF00)}); !reflect.DeepEqual(got, want) {
		t.Fatalf("PLACE %v, want %v", got, want)
	}
	r.conn.Send(pixels(0, 0xFF0000, 0x00FF00), codec.Ack{Ops: []uint64{1}})
	if err := receive(t, placed, "Place"); err != nil {
		t.Fatal(err)
	}
	if c, ok := r.client.At(1, 0); c != 0x00FF00 || !ok {
		t.Errorf("pixel is %v, %t", c, ok)
	}
	want := Stats{PixelsReceived: 2, SeqCovered: 2, Placed: 1, Acked: 1}
	if got := r.client.Stats(); got != want {
		t.Errorf("stats %+v, want %+v", got, want)
	}
}

func TestClient_PlaceRefused(t *testing.T) {
	r := connect(t, Config{})
	placed := make(chan error, 1)
	go func() { placed <- r.client.Place(t.Context(), dots(1)) }()
	next[codec.Place](r)
	r.conn.Send(codec.Refused{Op: 1, Code: canvas.RefusedRate, Retry: 250 * time.Millisecond, Left: 3})
	var refused *RefusedError
	if err := receive(t, placed, "Place"); !errors.As(err, &refused) {
		t.Fatalf("Place: %v", err)
	}
	if want := (RefusedError{Op: 1, Code: canvas.RefusedRate, Retry: 250 * time.Millisecond, Left: 3}); *refused != want {
		t.Errorf("refusal %+v, want %+v", *refused, want)
	}
	if s := r.client.Stats(); s.Refused != 1 || s.Acked != 0 {
		t.Errorf("stats %+v", s)
	}
}

func TestRefusedError_Again(t *testing.T) {
	again := map[canvas.Refusal]bool{
		canvas.RefusedRate: true, canvas.RefusedBounds: false, canvas.RefusedBusy: true, canvas.RefusedUnavailable: true,
		canvas.RefusedUnknown: false, canvas.RefusedDraining: true, canvas.RefusedOrder: true, canvas.RefusedRegion: false, canvas.RefusedUnsure: false, 200: false,
		canvas.RefusedRights: false, canvas.RefusedFrozen: false, canvas.RefusedProtected: false, canvas.RefusedColor: false, canvas.RefusedBanned: false,
	}
	for code, want := range again {
		if got := (&RefusedError{Code: code}).Again(); got != want {
			t.Errorf("%v: again %t, want %t", code, got, want)
		}
	}
	if !(&RefusedError{Code: canvas.RefusedFrozen, Retry: time.Minute}).Again() {
		t.Error("a canvas that opens in a minute is given up")
	}
}

func TestClient_PlaceBlocksWhileTheWindowIsFull(t *testing.T) {
	r := connect(t, Config{})
	now, cancel := context.WithCancel(t.Context())
	cancel() // with it PlaceAsync returns at once
	for op := uint64(1); op <= testWelcome().Window; op++ {
		if num, err := r.client.PlaceAsync(now, dots(1), nil); num != op || err != nil {
			t.Fatalf("op %d: number %d, %v", op, num, err)
		}
		next[codec.Place](r)
	}
	if _, err := r.client.PlaceAsync(now, dots(1), nil); !errors.Is(err, context.Canceled) {
		t.Fatalf("with a full window: %v", err)
	}
	placed := make(chan uint64, 1)
	go func() {
		num, _ := r.client.PlaceAsync(t.Context(), dots(1), nil)
		placed <- num
	}()
	r.conn.Send(codec.Ack{Ops: []uint64{3}}) // not the oldest: the span of numbers is what counts
	r.conn.Send(codec.Ack{Ops: []uint64{1}})
	if num := receive(t, placed, "room in the window"); num != 5 {
		t.Errorf("op number %d, want 5", num)
	}
	if op := next[codec.Place](r).Op; op != 5 {
		t.Errorf("PLACE %d, want 5", op)
	}
}

func TestClient_PlaceBounds(t *testing.T) {
	c := newClient(t, Config{URLs: []string{"ws://127.0.0.1:1/ws"}})
	for _, n := range []int{0, codec.MaxPlacePixels + 1} {
		if _, err := c.PlaceAsync(t.Context(), make([]canvas.Dot, n), nil); err == nil {
			t.Errorf("%d dots were taken", n)
		}
	}
}
