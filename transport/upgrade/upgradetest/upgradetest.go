// Package upgradetest is for tests of upgrade and transport: strangers, how they connect, what they
// ask for, and how they leave.
package upgradetest

import (
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
	"time"

	"pixelplayground/codec"
)

// Patience bounds every wait of a test.
const Patience = 10 * time.Second

// HandshakeRequest is a WebSocket's request; each header ends with \r\n.
func HandshakeRequest(headers string) string {
	return "GET /ws HTTP/1.1\r\nHost: canvas.test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" + headers + "\r\n"
}

// OfferBinary is the header of a client that speaks the binary protocol.
const OfferBinary = "Sec-WebSocket-Protocol: " + codec.Subprotocol + "\r\n"

// Connect opens a connection that ends with the test.
func Connect(t testing.TB, to net.Addr) *net.TCPConn {
	t.Helper()
	return ConnectFrom(t, to, "127.0.0.1")
}

// ConnectFrom is Connect from an address of this machine.
func ConnectFrom(t testing.TB, to net.Addr, from string) *net.TCPConn {
	t.Helper()
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
	c, err := dialer.Dial("tcp", to.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	_ = c.SetDeadline(time.Now().Add(3 * Patience))
	return c.(*net.TCPConn)
}

// stranger is one connection: where it comes from, what it sends, and how it leaves.
type stranger struct {
	from byte
	says string
	way  int
}

// ComeAndGo lets strangers connect, a dozen at a time, from a few addresses. Each sends one of
// sayings, or only its beginning, and leaves in one of four ways: so everything is said and left in
// every way, in any order.
func ComeAndGo(r *rand.Rand, to net.Addr, sayings []string) {
	var all []stranger
	for i, says := range sayings {
		for way := range 4 {
			all = append(all, stranger{byte(1 + i%3), says, way}, stranger{byte(1 + i%3), says[:r.IntN(len(says)+1)], way})
		}
	}
	r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	const atATime = 12
	var coming sync.WaitGroup
	for i := range atATime {
		coming.Go(func() {
			for j := i; j < len(all); j += atATime {
				all[j].comeAndGo(to)
			}
		})
	}
	coming.Wait()
}

// comeAndGo ignores what the server answers: the server may have no place for it.
func (k stranger) comeAndGo(to net.Addr) {
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, k.from)}}
	conn, err := dialer.Dial("tcp", to.String())
	if err != nil {
		return
	}
	c := conn.(*net.TCPConn)
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(Patience))
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

// Eventually fails the test if ok does not become true in time.
func Eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(Patience); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("after %v still not: %s", Patience, what)
		}
	}
}

// NewRandom prints its seed if the test fails.
func NewRandom(t testing.TB) *rand.Rand {
	seed := uint64(time.Now().UnixNano())
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("seed %d", seed)
		}
	})
	return rand.New(rand.NewPCG(seed, 0))
}
