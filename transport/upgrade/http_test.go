package upgrade

import (
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"pixelplayground/transport/upgrade/upgradetest"
)

// TestHTTP_NoPlaceIsKeptByABody: whichever handler answers, if a body never comes the connection
// ends, and its place and the memory of its head are free again.
func TestHTTP_NoPlaceIsKeptByABody(t *testing.T) {
	a := openAcceptor(t, nil, nil)
	rest := " HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n" + strings.Repeat("a:\r\n", 2000) + "\r\n"
	conns := make(map[string]net.Conn)
	for _, request := range []string{"POST /ws", "GET /ws", "OPTIONS *", "POST /", "DELETE /healthz"} {
		conns[request] = from(t, a, "127.0.0.1", request+rest)
	}
	for request, c := range conns {
		if _, err := io.Copy(io.Discard, c); err != nil {
			t.Errorf("%s: %v", request, err)
		}
	}
	a.waitFor(t, 0, served)
	if taken := a.headShares.Taken(); taken != 0 {
		t.Errorf("%d bytes of heads are not given back", taken)
	}
}

// TestHTTP_SparePlacesAreForWebSockets, and not for whatever else is sent to their path.
func TestHTTP_SparePlacesAreForWebSockets(t *testing.T) {
	a := openAcceptor(t, nil, stuck(t))
	fewPlaces(a, 1, 1, 4)
	from(t, a, "127.0.0.1", stuckRequest)
	a.waitFor(t, 1, served)
	for _, request := range []string{"POST /ws", "GET /ws"} {
		if status := statusOf(t, from(t, a, "127.0.0.2", request+" HTTP/1.1\r\nHost: x\r\n\r\n")); status != http.StatusServiceUnavailable {
			t.Errorf("%s: %d", request, status)
		}
	}
	if status := statusOf(t, from(t, a, "127.0.0.2", upgradetest.HandshakeRequest(""))); status != http.StatusSwitchingProtocols {
		t.Errorf("a WebSocket: %d", status)
	}
}
