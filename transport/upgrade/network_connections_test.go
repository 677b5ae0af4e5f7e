package upgrade

import (
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"pixelplayground/actors/telemetry/logtest"
	"pixelplayground/transport/upgrade/upgradetest"
)

// A network has as many WebSockets as it may, and is told why it gets no more. Others don't notice.
func TestNetworkConnections_AreBounded(t *testing.T) {
	var log logtest.Lines
	a := openAcceptor(t, func(c *Config) { c.NetworkConnections = 2; logTo(&log)(c) }, nil)
	handshake := upgradetest.HandshakeRequest(upgradetest.OfferBinary)
	mine := []net.Conn{connects(t, a), connects(t, a)}
	for _, request := range []string{handshake, "GET /ws?origin= HTTP/1.1\r\nHost: canvas.test\r\n\r\n"} {
		answer := ask(t, a, request)
		text, _ := io.ReadAll(answer.Body)
		if answer.StatusCode != http.StatusServiceUnavailable || answer.Header.Get("Retry-After") == "" || !strings.Contains(string(text), "your network has 2 connections") {
			t.Errorf("one too many is answered %d, %v, %q", answer.StatusCode, answer.Header, text)
		}
	}
	if status := statusOf(t, from(t, a, "127.0.0.2", handshake)); status != http.StatusSwitchingProtocols {
		t.Errorf("another network is answered %d", status)
	}
	upgradetest.Eventually(t, "the refusal is logged", func() bool { return strings.Contains(log.String(), "--network-connections") })
	_ = mine[0].Close()
	upgradetest.Eventually(t, "its place is free again", func() bool {
		return statusOf(t, from(t, a, "127.0.0.1", handshake)) == http.StatusSwitchingProtocols
	})
}

// As many as come at once are no way around it.
func TestNetworkConnections_AtOnce(t *testing.T) {
	a := openAcceptor(t, func(c *Config) { c.NetworkConnections = 5 }, nil)
	var upgraded, refused atomic.Int64
	var coming sync.WaitGroup
	for range 60 {
		c := from(t, a, "127.0.0.1", "")
		coming.Go(func() {
			if _, err := io.WriteString(c, upgradetest.HandshakeRequest("")); err != nil {
				t.Error(err)
				return
			}
			line := make([]byte, len("HTTP/1.1 101"))
			if _, err := io.ReadFull(c, line); err != nil {
				t.Error(err)
				return
			}
			if strings.HasSuffix(string(line), "101") {
				upgraded.Add(1)
			} else {
				refused.Add(1)
			}
		})
	}
	coming.Wait()
	if upgraded.Load() != 5 || refused.Load() != 55 || a.cfg.Counters.Connections.Load() != 5 {
		t.Errorf("%d let in, %d refused, %d counted", upgraded.Load(), refused.Load(), a.cfg.Counters.Connections.Load())
	}
}
