package quota

import (
	"net/netip"
	"testing"
	"time"
)

func TestRates_Take(t *testing.T) {
	l := NewRates(10, 100)
	client := netip.MustParsePrefix("192.0.2.1/32")
	now := begin
	for i, step := range []struct {
		after time.Duration
		n     int
		wait  time.Duration
		never bool
	}{
		{0, 60, 0, false},
		{0, 60, 2 * time.Second, false},
		{2 * time.Second, 60, 0, false},
		{0, 0, 0, false},
		{time.Minute, 101, 0, true}, // more than the bucket holds
		{0, 100, 0, false},
		{0, 1, 100 * time.Millisecond, false},
	} {
		now = now.Add(step.after)
		wait, ok := l.Take(client, step.n, now)
		if ok != (step.wait == 0 && !step.never) || (wait-step.wait).Abs() > time.Millisecond {
			t.Fatalf("step %d: got %v, %v; want %v", i, wait, ok, step.wait)
		}
	}
	if _, ok := l.Take(netip.MustParsePrefix("192.0.2.2/32"), 100, now); !ok {
		t.Error("another client was limited too")
	}
}

// TestRates_Give: what is put back can be taken again, but not saved up beyond the burst.
func TestRates_Give(t *testing.T) {
	l := NewRates(10, 100)
	client := netip.MustParsePrefix("192.0.2.1/32")
	l.Take(client, 100, begin)
	l.Give(client, 70, begin)
	if wait, ok := l.Take(client, 71, begin); ok || (wait-100*time.Millisecond).Abs() > time.Millisecond {
		t.Errorf("71 of 70: %v, %v", wait, ok)
	}
	if _, ok := l.Take(client, 70, begin); !ok {
		t.Error("what was put back can't be taken")
	}
	l.Give(client, 100, begin)
	l.Give(client, 100, begin)
	l.Take(client, 100, begin)
	if _, ok := l.Take(client, 1, begin); ok {
		t.Error("more was put back than the burst")
	}
	NewRates(0, 0).Give(client, 5, begin)
}

func TestRates_None(t *testing.T) {
	l := NewRates(0, 0)
	for range 3 {
		if _, ok := l.Take(netip.Prefix{}, 1e6, begin); !ok {
			t.Fatal("limited without a limit")
		}
	}
}

// TestRates_Bounded: the table stays small, and the last clients seen are remembered.
func TestRates_Bounded(t *testing.T) {
	l := NewRates(1, 1)
	client := func(i int) netip.Prefix {
		return netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}), 32)
	}
	for i := range 5*rememberedAddresses + 1 {
		if _, ok := l.Take(client(i), 1, begin); !ok {
			t.Fatalf("client %d was limited at its first pixel", i)
		}
	}
	if n := len(l.young) + len(l.old); n > 2*rememberedAddresses {
		t.Errorf("%d addresses kept", n)
	}
	for i := 4*rememberedAddresses + 2; i <= 5*rememberedAddresses; i++ {
		if _, ok := l.Take(client(i), 1, begin); ok {
			t.Fatalf("client %d was forgotten", i)
		}
	}
}

var begin = time.UnixMilli(1_700_000_000_000)
