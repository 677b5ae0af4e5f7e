package transport

import (
	"testing"
	"time"

	"github.com/gobwas/ws"

	"pixelplayground/actors"
	"pixelplayground/actors/canvas"
	"pixelplayground/codec"
	"pixelplayground/transport/upgrade/upgradetest"
)

// TestRefuse_OnlyWithKnownCodes: a client that does not say that it knows what moderators decide is
// refused with a code of before.
func TestRefuse_OnlyWithKnownCodes(t *testing.T) {
	s, host := openServer(t, false, nil)
	for i, test := range []struct {
		hello codec.Hello
		want  []canvas.Refusal // of frozen for a minute, frozen, protected, color, banned
	}{
		{codec.Hello{}, []canvas.Refusal{4, 10, 10, 10, 10}},
		{codec.Hello{Sent: new(uint64)}, []canvas.Refusal{4, 10, 10, 10, 10}},
		{codec.Hello{Sent: new(uint64), Knows: canvas.RefusedProtected}, []canvas.Refusal{11, 11, 12, 10, 10}},
		{codec.Hello{Sent: new(uint64), Knows: canvas.RefusedBanned}, []canvas.Refusal{11, 11, 12, 13, 14}},
		{codec.Hello{Sent: new(uint64), Knows: 255}, []canvas.Refusal{11, 11, 12, 13, 14}},
	} {
		c := dial(t, s, upgradetest.OfferBinary, frame(ws.OpBinary, codec.AppendHello(nil, test.hello))...)
		await[codec.Welcome](c)
		out := host.session(canvas.ViewerID(i + 1)).out
		out.Refuse(1, canvas.RefusedFrozen, time.Minute, actors.Left{Pixels: 3})
		for num, why := range []canvas.Refusal{canvas.RefusedFrozen, canvas.RefusedProtected, canvas.RefusedColor, canvas.RefusedBanned} {
			out.Refuse(uint64(num+2), why, 0, actors.Left{Pixels: 3})
		}
		for n, want := range test.want {
			m := await[codec.Refused](c)
			if m.Op != uint64(n+1) || m.Code != want || m.Left != 3 || (m.Retry == time.Minute) != (n == 0) {
				t.Errorf("%+v: refused with %+v, want %s", test.hello, m, want)
			}
		}
	}
}

// JSON clients get the reason in words.
func TestRefuse_JSON(t *testing.T) {
	s, host := openServer(t, false, nil)
	c := dial(t, s, "")
	if m := c.text(); m["type"] != "connected" {
		t.Fatalf("got %v", m)
	}
	out := host.session(1).out
	out.Refuse(1, canvas.RefusedFrozen, 90*time.Second, actors.Left{})
	out.Refuse(2, canvas.RefusedProtected, 0, actors.Left{})
	for _, want := range []struct {
		text  string
		after any
	}{{canvas.RefusedFrozen.Text(), 90_000.0}, {canvas.RefusedProtected.Text(), nil}} {
		m := c.text()
		for m["type"] != "error" {
			m = c.text()
		}
		if m["message"] != want.text || m["retryAfter"] != want.after {
			t.Errorf("got %v, want %+v", m, want)
		}
	}
}
