package api

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"pixelplayground/actors"
	"pixelplayground/actors/canvas"
	"pixelplayground/transport/api/answer"
)

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
