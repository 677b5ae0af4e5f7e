//go:build e2e && linux

package e2e

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// strangersMemory is how much memory the server may have while strangers do their worst over HTTP.
const strangersMemory = 256 << 20 // bytes

// TestStrangers_FitInAPodOf256MiB: goal: strangers who don't even open a WebSocket can neither kill
// a small pod nor keep others from it. Method: eight addresses hold as many connections, heads and
// bodies as they can, and ask for large images. During each of these attacks a ninth address must
// be served, and so must probes. At no time may the process have had so much memory that the kernel
// would have killed it.
func TestStrangers_FitInAPodOf256MiB(t *testing.T) {
	t.Setenv("GOMEMLIMIT", strconv.Itoa(strangersMemory*8/10)) // as k8s/knobs.md says
	s := start(t)
	const get = " HTTP/1.1\r\nHost: x\r\n"
	fat, lines := strings.Repeat("x", 60_000), strings.Repeat("a:\r\n", 15_000)
	for _, attack := range []struct {
		name    string
		sends   string
		answers bool // the attacker waits for an answer
		n       int  // connections from each address
	}{
		{"idle", "GET /healthz" + get + "\r\n", true, 600},
		{"half a handshake", "GET /ws" + get + "Upgrade: web", false, 600},
		{"half a request", "GET /" + get + "Accept: ", false, 600},
		{"nothing", "", false, 600},
		{"large heads", "GET /" + get + "Cookie: " + fat, false, 300},
		{"large heads of handshakes", "GET /ws" + get + "Cookie: " + fat, false, 300},
		{"heads of many lines", "GET /" + get + lines, false, 300},
		{"half a body", "PUT /api/pixels" + get + "Content-Length: 1000000\r\n\r\n" + strings.Repeat("[", 900_000), false, 30},
		{"bodies in chunks", "PUT /api/pixels" + get + "Transfer-Encoding: chunked\r\n\r\ndbba0\r\n" + strings.Repeat("[", 900_000), false, 30},
		{"bodies that mean nothing", "PUT /api/pixels" + get + "Content-Length: 900000\r\n\r\n" + `{"pixels":[` + strings.Repeat("{},", 299_996) + "{}]}", true, 10},
		{"images that nobody reads", "GET /api/canvas.png?scale=8" + get + "\r\n", false, 30},
		{"canvases that nobody reads", "GET /api/canvas" + get + "\r\n", false, 30},
	} {
		t.Run(attack.name, func(t *testing.T) {
			held := hold(t, s, attack.sends, attack.answers, attack.n)
			for _, path := range []string{"/healthz", "/readyz", "/metrics", "/", "/api/pixel/1/1"} {
				if status := askFrom(t, s, "127.0.9.9", path); status != http.StatusOK {
					t.Errorf("%s for others: %d", path, status)
				}
			}
			most := peakOf(t, s.cmd.Process.Pid)
			if t.Logf("%d connections held, %d MiB at the most", len(held), most>>20); most > strangersMemory {
				t.Errorf("%d MiB: the kernel would have killed it", most>>20)
			}
			for _, c := range held {
				_ = c.Close()
			}
		})
	}
}

// hold opens n connections from each of eight addresses and sends the same on all. Refused
// connections don't count.
func hold(t *testing.T, s *server, sends string, answers bool, n int) (held []net.Conn) {
	t.Helper()
	var mu sync.Mutex
	var all sync.WaitGroup
	for address := range 8 {
		all.Go(func() {
			for range n {
				c, err := dialFrom(s, fmt.Sprintf("127.0.8.%d", 1+address))
				if err != nil {
					continue
				}
				_ = c.SetDeadline(time.Now().Add(10 * time.Second))
				_, err = c.Write([]byte(sends))
				if err == nil && answers {
					_, err = c.Read(make([]byte, 1))
				}
				mu.Lock()
				held = append(held, c)
				mu.Unlock()
				_ = err // to be turned away is one way to be served
			}
		})
	}
	all.Wait()
	return held
}

func dialFrom(s *server, address string) (net.Conn, error) {
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}, Timeout: 10 * time.Second}
	return dialer.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
}

func askFrom(t *testing.T, s *server, address, path string) int {
	t.Helper()
	c, err := dialFrom(s, address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", path); err != nil {
		t.Fatal(err)
	}
	response, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return response.StatusCode
}

// peakOf is the most memory that a process has had, in bytes.
func peakOf(t *testing.T, pid int) int {
	t.Helper()
	status, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := bytes.Cut(status, []byte("VmHWM:"))
	kilobytes, err := strconv.Atoi(string(bytes.Fields(rest)[0]))
	if err != nil {
		t.Fatal(err)
	}
	return kilobytes << 10
}
