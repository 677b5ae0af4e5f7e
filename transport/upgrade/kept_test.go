package upgrade

import (
	"maps"
	"strings"
	"testing"
	"time"

	"pixelplayground/transport/quota"
	"pixelplayground/transport/upgrade/upgradetest"
)

// A handshake that panics ends that connection alone, and gives back its place.
func TestAcceptor_SurvivesHandshakesThatPanic(t *testing.T) {
	a := openAcceptor(t, nil, nil)
	a.heads.New = func() any { panic("no memory for a head") }
	lost := upgradetest.Connect(t, a.Addr())
	if _, err := lost.Read(make([]byte, 1)); err == nil {
		t.Error("was answered")
	}
	upgradetest.Eventually(t, "no place is taken", func() bool { return a.places.taken() == 0 })
	if n := a.cfg.Counters.Faults.Load(); n != 1 {
		t.Errorf("%d faults", n)
	}
}

// kept is what an acceptor still holds for connections that are gone, by name. It should hold nothing.
func (a *Acceptor) kept() map[string]int64 {
	kept := map[string]int64{
		"connections": a.cfg.Counters.Connections.Load(), "places": int64(a.places.taken()), "memory of heads": int64(a.headShares.Taken()),
		"farewells": int64(len(a.leaving)),
	}
	a.places.mu.Lock()
	kept["networks with places"], kept["spare places"] = int64(len(a.places.holds)), int64(a.places.spares)
	a.places.mu.Unlock()
	maps.DeleteFunc(kept, func(_ string, n int64) bool { return n == 0 })
	return kept
}

// sayings are what clients send until they have a WebSocket, from nothing to far too much.
func sayings() []string {
	page := "GET /page HTTP/1.1\r\nHost: canvas.test\r\n"
	large := "Cookie: " + strings.Repeat("x", 50_000) + "\r\n"
	binary := upgradetest.HandshakeRequest(upgradetest.OfferBinary)
	json := upgradetest.HandshakeRequest("")
	return []string{
		"", "G", "GET /w", page, page + "\r\n", page + "\r\n" + page + "\r\n" + page, page + large, page + large + "\r\n" + page + large,
		strings.Replace(binary, "\r\n\r\n", "\r\n"+large, 1), upgradetest.HandshakeRequest(large),
		upgradetest.HandshakeRequest("Cookie: " + strings.Repeat("x", maxHead) + "\r\n"),
		"POST /page HTTP/1.1\r\nHost: canvas.test\r\nContent-Length: 9\r\n\r\nhalf", page + "Expect: 100-continue\r\nContent-Length: 9\r\n\r\n",
		"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "\x16\x03\x01", upgradetest.HandshakeRequest("Origin: https://evil.test\r\n"), json, binary,
		page + "\r\n" + json, page + "\r\n" + binary + "early", binary + "early",
	}
}

// Goal: however connections end, and whether or not they were accepted, they keep nothing that
// others need.
// Method: hundreds of connections at once, from a few addresses, send the beginning of something
// or all of it, and leave in one of four ways. There is room for only a few of them. In the end no
// place or share may hold anything.
func TestAcceptor_KeepsNothingOfThoseWhoAreGone(t *testing.T) {
	a := openAcceptor(t, func(c *Config) { c.MaxConnections, c.Timeout = 6, 200*time.Millisecond }, nil)
	fewPlaces(a, 12, 8, 3)
	a.headShares = quota.NewShares(60_000, 120_000)
	upgradetest.ComeAndGo(upgradetest.NewRandom(t), a.Addr(), sayings())
	upgradetest.Eventually(t, "the acceptor holds nothing", func() bool { return len(a.kept()) == 0 })
	if refused := a.cfg.Counters.Refused.All(); a.cfg.Counters.Upgraded.Load() == 0 || len(refused) == 0 {
		t.Errorf("%d were let in, refused were %v", a.cfg.Counters.Upgraded.Load(), refused)
	}
	if n := a.cfg.Counters.Faults.Load(); n != 0 {
		t.Errorf("%d faults", n)
	}
}
