package transport

import (
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"pixelplayground/codec"
	"pixelplayground/transport/quota"
)

// kept is what a server still holds for connections that are gone, by name. It should hold nothing.
func (s *Server) kept() map[string]int64 {
	kept := map[string]int64{
		"connections": s.counters.Connections.Load(), "of them binary": s.counters.Binary.Load(), "of them JSON": s.counters.JSON.Load(),
		"behind": s.counters.Behind.Load(), "places": int64(s.places.taken()), "memory of heads": int64(s.headShares.Taken()),
		"unfinished messages": s.accounts.Unfinished(), "farewells": int64(len(s.leaving)),
	}
	s.places.mu.Lock()
	kept["networks with places"], kept["spare places"] = int64(len(s.places.holds)), int64(s.places.spares)
	s.places.mu.Unlock()
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

// sayings are what clients send, from nothing to far too much.
func sayings() []string {
	page := "GET /page HTTP/1.1\r\nHost: canvas.test\r\n"
	large := "Cookie: " + strings.Repeat("x", 50_000) + "\r\n"
	binary := handshakeRequest(offerBinary)
	hello := string(frame(ws.OpBinary, codec.AppendHello(nil, codec.Hello{})))
	follow := string(frame(ws.OpBinary, codec.AppendSubscribe(nil, codec.Subscribe{})))
	begun := string(rawFrame(byte(ws.OpBinary), true, make([]byte, 40_000)))
	ping := string(frame(ws.OpPing, make([]byte, 125)))
	return []string{
		"", "G", "GET /w", page, page + "\r\n", page + "\r\n" + page + "\r\n" + page, page + large, page + large + "\r\n" + page + large,
		strings.Replace(binary, "\r\n\r\n", "\r\n"+large, 1), handshakeRequest(large), handshakeRequest("Cookie: " + strings.Repeat("x", maxHead) + "\r\n"),
		"POST /page HTTP/1.1\r\nHost: canvas.test\r\nContent-Length: 9\r\n\r\nhalf", page + "Expect: 100-continue\r\nContent-Length: 9\r\n\r\n",
		"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "\x16\x03\x01", handshakeRequest("Origin: https://evil.test\r\n"), handshakeRequest(""),
		page + "\r\n" + handshakeRequest(""), page + "\r\n" + binary + hello, binary, binary + hello[:1], binary + hello[:len(hello)/2], binary + hello,
		binary + hello + follow, binary + hello + begun, binary + hello + begun[:30_000], binary + hello + begun + ping + begun[:9],
		binary + strings.Repeat(ping, 1000), binary + hello + strings.Repeat(hello, 100), binary + string(frame(ws.OpClose, nil)) + ping,
		handshakeRequest("") + string(frame(ws.OpText, []byte("{}"))), handshakeRequest("") + string(rawFrame(byte(ws.OpText), true, make([]byte, 60_000))),
	}
}

// Goal: however connections end, and whether or not they were accepted, they keep nothing that
// others need.
// Method: hundreds of connections at once, from a few addresses, send the beginning of something
// or all of it, and leave in one of four ways. There is room for only a few of them. In the end no
// place, share or account may hold anything.
func TestServer_KeepsNothingOfThoseWhoAreGone(t *testing.T) {
	onBothSockets(t, func(t *testing.T, plain bool) {
		s, _ := openServer(t, plain, func(c *Config, _ *fakeHost) {
			c.MaxConnections, c.HandshakeTimeout, c.SendBuffer = 6, 200*time.Millisecond, 16<<10
		})
		fewPlaces(s, 12, 8, 3)
		s.headShares = quota.NewShares(60_000, 120_000)
		all := comings(newRandom(t))
		var coming sync.WaitGroup
		for i := range 12 {
			coming.Go(func() {
				for j := i; j < len(all); j += 12 {
					all[j].comeAndGo(s)
				}
			})
		}
		coming.Wait()
		eventually(t, "the server holds nothing", func() bool { return len(s.kept()) == 0 })
		if refused := s.Counters().Refused.All(); s.Counters().Upgraded.Load() == 0 || len(refused) == 0 {
			t.Errorf("%d were let in, refused were %v", s.Counters().Upgraded.Load(), refused)
		}
		if s.Counters().Faults.Load() != 0 {
			t.Errorf("%d faults", s.Counters().Faults.Load())
		}
	})
}

// coming is one connection: where it comes from, what it sends, and how it leaves.
type coming struct {
	from byte
	says string
	way  int
}

// comings are everything said and left in every way, and as often only the beginning of it,
// in any order.
func comings(r *rand.Rand) (all []coming) {
	for i, says := range sayings() {
		for way := range 4 {
			all = append(all, coming{byte(1 + i%3), says, way}, coming{byte(1 + i%3), says[:r.IntN(len(says)+1)], way})
		}
	}
	r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all
}

// comeAndGo ignores what the server answers: the server may have no place for it.
func (k coming) comeAndGo(s *Server) {
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, k.from)}}
	conn, err := dialer.Dial("tcp", s.Addr().String())
	if err != nil {
		return
	}
	c := conn.(*net.TCPConn)
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(patience))
	_, _ = io.WriteString(c, k.says)
	switch k.way {
	case 0:
		_ = c.SetLinger(0) // a reset
	case 1:
		_ = c.CloseWrite()
		_, _ = io.CopyN(io.Discard, c, 100)
	case 2:
		_, _ = c.Read(make([]byte, 1)) // at least the server's word
	}
}
