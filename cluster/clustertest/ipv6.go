package clustertest

import (
	"net"
	"os"
	"testing"
)

// NeedIPv6 skips a test on a machine without it. The check that decides what lands sets CI, and skips
// nothing.
func NeedIPv6(t *testing.T) {
	t.Helper()
	l, err := net.Listen("tcp", "[::1]:0")
	switch {
	case err == nil:
		_ = l.Close()
	case os.Getenv("CI") != "":
		t.Fatal("no IPv6 here, and with CI set no test is skipped: ", err)
	default:
		t.Skip("no IPv6 here: ", err)
	}
}
