package auth

import (
	"net/netip"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"pixelplayground/actors/canvas"
	"pixelplayground/transport/auth/botkey"
	"pixelplayground/transport/auth/openid"
	"pixelplayground/transport/auth/openidtest"
)

// TestIdentify_Located: whoever comes from a network is known to come from it, on every pod and after a
// restart, and the id of the network says nothing about its address.
func TestIdentify_Located(t *testing.T) {
	p := newPlace(t)
	pod := p.pod()
	text, _ := made(t, pod, botkey.Key{Name: "Clock", Scopes: []botkey.Scope{botkey.ScopeDraw}})
	from := func(address string, shown Shown, pods ...*People) canvas.NetworkID {
		t.Helper()
		shown.From = netip.MustParseAddr(address)
		got := identified(t, append(pods, pod)[0], shown)
		if got.Address != shown.From.As16() {
			t.Errorf("%s: address %x", address, got.Address)
		}
		return got.From
	}
	id := from("192.0.2.7", Shown{})
	if id == 0 || id >= 1<<48 {
		t.Errorf("network %#x", id)
	}
	cookie := guest(t, pod)
	for name, got := range map[string]canvas.NetworkID{
		"a guest":             from("192.0.2.7", shown(cookie)),
		"another guest":       from("192.0.2.7", shown(guest(t, pod))),
		"a bot":               from("192.0.2.7", bearing(text)),
		"a program":           from("192.0.2.7", Shown{}),
		"another pod":         from("192.0.2.7", Shown{}, p.pod()),
		"IPv4 mapped to IPv6": from("::ffff:192.0.2.7", Shown{}),
		"a page of elsewhere": from("192.0.2.7", Shown{Foreign: true, Cookies: []string{cookie}}),
	} {
		if got != id {
			t.Errorf("%s: network %#x, want %#x", name, got, id)
		}
	}
	six := from("2001:db8:1:2::3", Shown{})
	if got := from("2001:db8:1:2:ffff::9", Shown{}); got != six || six == id {
		t.Errorf("of one /64: %#x and %#x", got, six)
	}
	for name, other := range map[string]canvas.NetworkID{
		"another address": from("192.0.2.8", shown(cookie)),
		"another /64":     from("2001:db8:1:3::3", Shown{}),
		"another canvas":  from("192.0.2.7", Shown{}, newPlace(t).pod()),
	} {
		if other == id || other == six || other == 0 {
			t.Errorf("%s: network %#x", name, other)
		}
	}
}

// TestIdentify_LocatedLater: before the secret of the canvas is known, a network has no name.
func TestIdentify_LocatedLater(t *testing.T) {
	p := newPlace(t)
	pod := New(Config{Pace: pace}, p.papers, nil, nil)
	if got := identified(t, pod, shown()); got.From != 0 || !got.Unsure || got.Address == (canvas.Address{}) {
		t.Errorf("before: %+v", got)
	}
	if err := pod.Learn(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := identified(t, pod, shown()); got.From == 0 || got.Unsure {
		t.Errorf("afterwards: %+v", got)
	}
	if got := identified(t, pod, Shown{}); got.From != 0 || got.Address != (canvas.Address{}) {
		t.Errorf("from nowhere: %+v", got)
	}
}

// TestToken_Located: a token in HELLO does not say where its holder is, the connection does.
func TestToken_Located(t *testing.T) {
	secret := []byte("a secret of a site, long enough for HS256")
	p := newPlace(t)
	pod := New(Config{Pace: pace, Tokens: openid.TokenConfig{Secret: string(secret), Issuer: "site", Audience: "canvas"}}, p.papers, func() time.Time { return p.now }, nil)
	if err := pod.Learn(t.Context()); err != nil {
		t.Fatal(err)
	}
	token := openidtest.Signed(t, jose.HS256, secret, "", map[string]any{"iss": "site", "aud": "canvas", "sub": "ada", "iat": p.now.Unix(), "exp": p.now.Unix() + 60})
	at := netip.MustParseAddr("192.0.2.7")
	got, refused := pod.Token(token, canvas.Person{}, at)
	if refused != nil {
		t.Fatal(refused)
	}
	if want := identified(t, pod, shown()).From; got.From != want || got.Address != at.As16() {
		t.Errorf("network %#x, address %x; want %#x", got.From, got.Address, want)
	}
	if got := identified(t, pod, bearing(token)); got.From == 0 || got.Kind != canvas.Account {
		t.Errorf("in a header: %+v", got)
	}
}

// TestAround: what one stranger may have all of is one, and nothing tells which.
func TestAround(t *testing.T) {
	p := newPlace(t)
	pod := New(Config{Pace: pace}, p.papers, nil, nil)
	around := func(address string) canvas.NetworkID { return pod.Around(netip.MustParseAddr(address).As16()) }
	if around("192.0.2.7") != 0 {
		t.Error("it is known before the secret of the canvas is")
	}
	if err := pod.Learn(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, same := range [][2]string{{"::ffff:192.0.2.7", "192.0.2.7"}, {"2001:db8:1::1", "2001:db8:1:ffff::1"}} {
		if around(same[0]) != around(same[1]) || around(same[0]) == 0 {
			t.Errorf("%v are apart", same)
		}
	}
	for _, apart := range [][2]string{{"192.0.2.7", "192.0.2.8"}, {"2001:db8:1::1", "2001:db8:2::1"}} {
		if around(apart[0]) == around(apart[1]) {
			t.Errorf("%v are one", apart)
		}
	}
	if here := identified(t, pod, shown()); pod.Around(here.Address) != here.From || pod.Around(canvas.Address{}) != 0 {
		t.Error("an IPv4 address is not its own, or nobody has one")
	}
}
