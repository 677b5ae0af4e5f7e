package transport

import (
	"net/http"
	"net/netip"
	"testing"

	"pixelplayground/actors/canvas"
	"pixelplayground/transport/auth"
	"pixelplayground/transport/upgrade/upgradetest"
)

// greeter takes everybody for one person, by the cookie.
type greeter struct{}

func (greeter) Identify(shown auth.Shown) (canvas.Person, *auth.Refusal) {
	return canvas.Person{Kind: canvas.Guest, Name: shown.Cookies[0]}, nil
}

func (greeter) Token(string, canvas.Person, netip.Addr) (canvas.Person, *auth.Refusal) {
	return canvas.Person{}, &auth.Refusal{Status: http.StatusUnauthorized, Text: "no token is taken"}
}

func (greeter) TakesTokens() bool { return false }

func (greeter) Stands(string) bool { return true }

func (greeter) InUse(string) {}

func TestPeople_ConnectAsWhoTheyAre(t *testing.T) {
	onBothSockets(t, func(t *testing.T, plain bool) {
		s, host := openServer(t, plain, func(c *Config, _ *fakeHost) { c.People = greeter{} })
		dial(t, s, upgradetest.OfferBinary+"Cookie: a=ada\r\n")
		upgradetest.Eventually(t, "the host has the connection", func() bool { return host.session(1) != nil })
		if got := host.session(1).person; got != (canvas.Person{Kind: canvas.Guest, Name: "a=ada"}) {
			t.Errorf("connected: %+v", got)
		}
	})
}
