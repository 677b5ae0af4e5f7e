package transport

import (
	"runtime"
	"testing"

	"pixelplayground/transport/upgrade/upgradetest"
)

// Idle connections have no goroutines where the platform can wait for them all at once. The portable
// sockets have two each.
func TestServer_IdleConnectionsHaveNoGoroutines(t *testing.T) {
	s, _ := openServer(t, false, nil)
	dialBinary(t, s)
	before := runtime.NumGoroutine()
	for range 200 {
		dialBinary(t, s)
	}
	upgradetest.Eventually(t, "as many goroutines as before", func() bool { return runtime.NumGoroutine() <= before })
	if n := s.Counters().Connections.Load(); n != 201 {
		t.Errorf("%d connections", n)
	}
}
