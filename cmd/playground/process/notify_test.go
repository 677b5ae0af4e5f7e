//go:build unix

package process

import (
	"net"
	"path/filepath"
	"testing"
	"time"
)

// service listens as systemd does.
func service(t *testing.T, path string) *net.UnixConn {
	t.Helper()
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	t.Setenv("NOTIFY_SOCKET", path)
	return conn
}

func TestNotify(t *testing.T) {
	conn := service(t, filepath.Join(t.TempDir(), "notify"))
	for _, state := range []string{Ready, Stopping} {
		if err := Notify(state); err != nil {
			t.Fatal(err)
		}
		_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
		told := make([]byte, 100)
		if n, err := conn.Read(told); err != nil || string(told[:n]) != state {
			t.Errorf("told %q, %v, want %s", told[:n], err, state)
		}
	}
}

// Nobody asked, nobody listens, and nobody reads: the server goes on.
func TestNotify_HoldsNothingUp(t *testing.T) {
	t.Setenv("NOTIFY_SOCKET", "")
	if err := Notify(Ready); err != nil {
		t.Errorf("nobody asked: %v", err)
	}
	t.Setenv("NOTIFY_SOCKET", filepath.Join(t.TempDir(), "nobody"))
	if err := Notify(Ready); err == nil {
		t.Error("nobody listens, and nothing is said")
	}
	service(t, filepath.Join(t.TempDir(), "full"))
	for range 100_000 {
		if err := Notify(Ready); err != nil {
			return
		}
	}
	t.Error("a socket that nobody reads is never full")
}
