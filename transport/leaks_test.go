package transport

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"pixelplayground/codec"
	"pixelplayground/transport/upgrade/upgradetest"
)

// kept is what a server still holds for connections that are gone, by name. It should hold nothing.
func (s *Server) kept() map[string]int64 {
	kept := map[string]int64{
		"connections": s.counters.Connections.Load(), "of them binary": s.counters.Binary.Load(), "of them JSON": s.counters.JSON.Load(),
		"behind": s.counters.Behind.Load(), "unfinished messages": s.accounts.Unfinished(),
	}
	for from := range byte(4) {
		kept["connections of networks"] += int64(s.accounts.Conns(netip.AddrFrom4([4]byte{127, 0, 0, from})))
	}
	for i := range s.following {
		kept["followers"] += int64(s.following[i].Load())
	}
	for name, n := range kept {
		if n == 0 {
			delete(kept, name)
		}
	}
	return kept
}

// sayings are what clients send once they have a WebSocket, from nothing to far too much.
func sayings() []string {
	binary := upgradetest.HandshakeRequest(upgradetest.OfferBinary)
	json := upgradetest.HandshakeRequest("")
	hello := string(frame(ws.OpBinary, codec.AppendHello(nil, codec.Hello{})))
	follow := string(frame(ws.OpBinary, codec.AppendSubscribe(nil, codec.Subscribe{})))
	begun := string(rawFrame(byte(ws.OpBinary), true, make([]byte, 40_000)))
	ping := string(frame(ws.OpPing, make([]byte, 125)))
	return []string{
		"GET /page HTTP/1.1\r\nHost: canvas.test\r\n\r\n" + binary + hello, binary, binary + hello[:1], binary + hello[:len(hello)/2], binary + hello,
		binary + hello + follow, binary + hello + begun, binary + hello + begun[:30_000], binary + hello + begun + ping + begun[:9],
		binary + strings.Repeat(ping, 1000), binary + hello + strings.Repeat(hello, 100), binary + string(frame(ws.OpClose, nil)) + ping,
		json, json + string(frame(ws.OpText, []byte("{}"))), json + string(rawFrame(byte(ws.OpText), true, make([]byte, 60_000))),
	}
}

// Goal: however connections end, and whether or not they were accepted, they keep nothing that
// others need.
// Method: hundreds of connections at once, from a few addresses, send the beginning of something
// or all of it, and leave in one of four ways. There is room for only a few of them. In the end
// neither the server nor an account holds anything.
func TestServer_KeepsNothingOfThoseWhoAreGone(t *testing.T) {
	onBothSockets(t, func(t *testing.T, plain bool) {
		s, _ := openServer(t, plain, func(c *Config, _ *fakeHost) {
			c.MaxConnections, c.HandshakeTimeout, c.SendBuffer = 6, 200*time.Millisecond, 16<<10
		})
		upgradetest.ComeAndGo(upgradetest.NewRandom(t), s.Addr(), sayings())
		upgradetest.Eventually(t, "the server holds nothing", func() bool { return len(s.kept()) == 0 })
		if refused := s.Counters().Refused.All(); s.Counters().Upgraded.Load() == 0 || len(refused) == 0 {
			t.Errorf("%d were let in, refused were %v", s.Counters().Upgraded.Load(), refused)
		}
		if s.Counters().Faults.Load() != 0 {
			t.Errorf("%d faults", s.Counters().Faults.Load())
		}
	})
}
