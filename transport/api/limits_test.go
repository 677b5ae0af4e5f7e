package api

import (
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"pixelplayground/actors"
	"pixelplayground/actors/canvas"
	"pixelplayground/transport/api/answer"
)

func TestLimits_Take(t *testing.T) {
	l := newLimits(10, 100)
	client := netip.MustParsePrefix("192.0.2.1/32")
	now := noon
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
		wait, ok := l.take(client, step.n, now)
		if ok != (step.wait == 0 && !step.never) || (wait-step.wait).Abs() > time.Millisecond {
			t.Fatalf("step %d: got %v, %v; want %v", i, wait, ok, step.wait)
		}
	}
	if _, ok := l.take(netip.MustParsePrefix("192.0.2.2/32"), 100, now); !ok {
		t.Error("another client was limited too")
	}
}

// TestLimits_Give: what is put back can be taken again, but not saved up beyond the burst.
func TestLimits_Give(t *testing.T) {
	l := newLimits(10, 100)
	client := netip.MustParsePrefix("192.0.2.1/32")
	l.take(client, 100, noon)
	l.give(client, 70, noon)
	if wait, ok := l.take(client, 71, noon); ok || (wait-100*time.Millisecond).Abs() > time.Millisecond {
		t.Errorf("71 of 70: %v, %v", wait, ok)
	}
	if _, ok := l.take(client, 70, noon); !ok {
		t.Error("what was put back can't be taken")
	}
	l.give(client, 100, noon)
	l.give(client, 100, noon)
	l.take(client, 100, noon)
	if _, ok := l.take(client, 1, noon); ok {
		t.Error("more was put back than the burst")
	}
	newLimits(0, 0).give(client, 5, noon)
}

// TestAPI_RefusedPixelsCostNothing, unless the client may have them after all.
func TestAPI_RefusedPixelsCostNothing(t *testing.T) {
	for why, free := range map[canvas.Refusal]bool{
		canvas.RefusedUnavailable: true, canvas.RefusedBusy: true, canvas.RefusedDraining: true, canvas.RefusedUnsure: false,
	} {
		for target, body := range map[string]string{
			"/api/pixel":  `{"x":1,"y":2,"color":"#AABBCC"}`,
			"/api/pixels": `{"pixels":[{"x":1,"y":2,"color":"#AABBCC"}]}`,
		} {
			p := newPod(t, func(c *Config) { c.Rate, c.Burst = 1, 1 })
			p.canvas.placeErr = func(int) error { return &actors.RefusedError{Why: why} }
			p.ask("PUT", target, body)
			p.canvas.placeErr = nil
			if w := p.ask("PUT", target, body); (w.Code == 200) != free {
				t.Errorf("%s again after %v: %d", target, why, w.Code)
			}
		}
	}
}

// Of pixels that were refused in part, those that were placed are paid for.
func TestAPI_PlacedPixelsCostTheirs(t *testing.T) {
	p := newPod(t, func(c *Config) { c.Rate, c.Burst = 1, 2 })
	p.canvas.placeErr = func(n int) error {
		if n == 1 {
			return nil
		}
		return &actors.RefusedError{Why: canvas.RefusedBusy}
	}
	both := `{"pixels":[{"x":1,"y":2,"color":"#AABBCC"},{"x":1,"y":3,"color":"#aabbcc"}]}` // two spellings: two ops
	if w := p.ask("PUT", "/api/pixels", both); w.Code != 503 || !strings.Contains(w.Body.String(), `"updated":1`) {
		t.Fatalf("%d %s, want one of two", w.Code, w.Body)
	}
	p.canvas.placeErr = nil
	if w := p.ask("PUT", "/api/pixels", both); w.Code != 429 {
		t.Errorf("two more, with one paid for: %d", w.Code)
	}
	if w := p.ask("PUT", "/api/pixel", `{"x":1,"y":2,"color":"#AABBCC"}`); w.Code != 200 {
		t.Errorf("the one that was given back: %d", w.Code)
	}
}

func TestLimits_None(t *testing.T) {
	l := newLimits(0, 0)
	for range 3 {
		if _, ok := l.take(netip.Prefix{}, 1e6, noon); !ok {
			t.Fatal("limited without a limit")
		}
	}
}

// TestLimits_Bounded: the table stays small, and the last clients seen are remembered.
func TestLimits_Bounded(t *testing.T) {
	l := newLimits(1, 1)
	client := func(i int) netip.Prefix {
		return netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}), 32)
	}
	for i := range 5*rememberedAddresses + 1 {
		if _, ok := l.take(client(i), 1, noon); !ok {
			t.Fatalf("client %d was limited at its first pixel", i)
		}
	}
	if n := len(l.young) + len(l.old); n > 2*rememberedAddresses {
		t.Errorf("%d addresses kept", n)
	}
	for i := 4*rememberedAddresses + 2; i <= 5*rememberedAddresses; i++ {
		if _, ok := l.take(client(i), 1, noon); ok {
			t.Fatalf("client %d was forgotten", i)
		}
	}
}

func TestLimits_ClientOf(t *testing.T) {
	for remote, want := range map[string]string{
		"192.0.2.7:1234":              "192.0.2.7/32",
		"[::ffff:192.0.2.7]:1234":     "192.0.2.7/32",
		"[2001:db8:1:2:3:4:5:6]:1234": "2001:db8:1:2::/64",
		"[fe80::1%eth0]:1234":         "fe80::/64",
		"a pipe":                      "invalid Prefix",
		"somewhere:80":                "invalid Prefix",
	} {
		if got := fmt.Sprint(answer.ClientOf(&http.Request{RemoteAddr: remote})); got != want {
			t.Errorf("%s: got %s, want %s", remote, got, want)
		}
	}
}
