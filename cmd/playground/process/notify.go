package process

import (
	"fmt"
	"net"
	"os"
	"time"
)

// notifyPatience bounds a message to whoever started the process: it must not hold up the start or the end.
const notifyPatience = time.Second

// What Notify may tell, in the words of sd_notify(3).
const (
	Ready    = "READY=1"
	Stopping = "STOPPING=1"
)

// Notify tells systemd, or whatever else has set NOTIFY_SOCKET, how the process is; without that it does nothing. A unit with
// Type=notify counts as started only once it is Ready.
func Notify(state string) error {
	path := os.Getenv("NOTIFY_SOCKET")
	if path == "" {
		return nil
	}
	conn, err := net.DialTimeout("unixgram", path, notifyPatience)
	if err != nil {
		return fmt.Errorf("notify: %w", err)
	}
	defer conn.Close()
	_ = conn.SetWriteDeadline(time.Now().Add(notifyPatience)) // a socket takes one
	if _, err := conn.Write([]byte(state)); err != nil {
		return fmt.Errorf("notify: %w", err)
	}
	return nil
}
