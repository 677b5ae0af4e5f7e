package wire

import (
	"bytes"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"pixelplayground/actors/canvas"
	"pixelplayground/codec"
)

// dots is a stroke of one pixel.
func dots(color canvas.Color) []canvas.Dot { return []canvas.Dot{{Color: color}} }

// unmasked is the payload of a client's frame.
func unmasked(t *testing.T, frame []byte) []byte {
	t.Helper()
	r := bytes.NewReader(frame)
	h, err := ws.ReadHeader(r)
	if err != nil || h.Length != int64(r.Len()) {
		t.Fatalf("a frame of %d bytes has %d: %v", h.Length, r.Len(), err)
	}
	payload := bytes.Clone(frame[len(frame)-r.Len():])
	ws.Cipher(payload, h.Mask, 0)
	return payload
}

func TestPending_TakeInAnyOrder(t *testing.T) {
	f := Pending[uint64]{Window: 256}
	for i := range 5 {
		f.Add(dots(canvas.Color(i)), uint64(i+1))
	}
	for range 3 {
		f.Append(nil, 1)
	}
	for _, take := range []struct {
		num  uint64
		want bool
	}{{2, true}, {1, true}, {1, false}, {9, false}} {
		if o, ok := f.Take(take.num); ok != take.want || (ok && o != take.num) {
			t.Errorf("take %d: %d, %t", take.num, o, ok)
		}
	}
	if f.sent != 1 || f.Len() != 3 {
		t.Fatalf("%d of %d ops are sent, want 1 of 3", f.sent, f.Len())
	}
	if again := f.Rewind(256); again != 1 {
		t.Errorf("%d ops are sent again, want 1", again)
	}
	for _, want := range []uint64{3, 4, 5} {
		m, err := codec.DecodeClient(unmasked(t, f.Append(nil, 1)))
		if err != nil || m.(codec.Place).Op != want {
			t.Errorf("sent %v, %v, want op %d", m, err, want)
		}
	}
	if f.Append(nil, 1) != nil {
		t.Error("more is sent than there is")
	}
}

func TestPending_FullBySpanOfNumbers(t *testing.T) {
	f := Pending[uint64]{Window: 4}
	for range 4 {
		if f.Full() {
			t.Fatalf("full with %d ops", f.Len())
		}
		f.Add(dots(1), 0)
	}
	for _, answered := range []uint64{3, 2, 4} { // the oldest holds up the rest
		f.Take(answered)
		if !f.Full() {
			t.Fatalf("not full though op 1 waits and the next number is %d", f.Last+1)
		}
	}
	f.Take(1)
	if f.Full() {
		t.Error("full with nothing unanswered")
	}
}

func TestBackoff_Delay(t *testing.T) {
	b := Backoff{First: 100 * time.Millisecond, Max: 2 * time.Second}
	for _, test := range []struct {
		attempt int
		random  float64
		want    time.Duration
	}{
		{0, 0.5, 100 * time.Millisecond}, {1, 0.5, 200 * time.Millisecond}, {4, 0.5, 1600 * time.Millisecond},
		{5, 0.5, 2 * time.Second}, {1000, 0.5, 2 * time.Second},
		{0, 0, 75 * time.Millisecond}, {0, 1, 125 * time.Millisecond}, {9, 1, 2500 * time.Millisecond},
	} {
		if got := b.Delay(test.attempt, test.random); got != test.want {
			t.Errorf("attempt %d, random %g: %v, want %v", test.attempt, test.random, got, test.want)
		}
	}
}
