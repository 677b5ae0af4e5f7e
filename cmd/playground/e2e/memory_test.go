//go:build e2e && linux

package e2e

import (
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"pixelplayground/actors/canvas"
	"pixelplayground/transport/client"
)

// Goal: clients that do not end their messages can't exhaust the memory of a small pod. Method:
// 13,000 connections (or as many as there are descriptors for) from 50 networks send all but the
// last byte of the largest message, half of them in fragments. Those that are closed for it come
// again, for longer than a message may take, and until as many as there are have found no room: how
// many there are at once depends on the machine, since who finds none is closed after 3 s. Meanwhile
// and afterwards a client places pixels in strokes of every size. The server's resident set, whose
// peak the kernel reports, may never exceed 256 MiB.
func TestMemory_UnfinishedMessages(t *testing.T) {
	const limit = 256 << 20
	s := start(t, "--rate", "0")
	crowd := min(13_000, descriptors(t)-1000) / attackers * attackers
	stop := make(chan struct{})
	var attack sync.WaitGroup
	for i := range attackers {
		a := attacker{server: strings.TrimPrefix(s.url, "http://"), number: i, conns: make([]net.Conn, crowd/attackers)}
		attack.Go(func() { a.run(stop) })
	}
	end := sync.OnceFunc(func() { close(stop); attack.Wait() })
	defer end()

	honest := dial(t, client.Config{URLs: []string{s.ws()}})
	place := func() {
		t.Helper()
		for _, n := range []int{1, 200, 4000} {
			ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
			if err := honest.Place(ctx, make([]canvas.Dot, n)); err != nil {
				t.Errorf("place %d pixels: %v", n, err)
			}
			cancel()
		}
	}
	most, starved := 0, 0
	began := time.Now()
	for took := time.Duration(0); s.peak() <= limit && (took < 25*time.Second || starved < crowd && took < 3*time.Minute); took = time.Since(began) {
		place()
		most, starved = max(most, s.health().Connections), s.starved()
	}
	end()
	place()
	peak := s.peak()
	t.Logf("at most %d of %d connections at once; %d times there was no room; the server had %d MiB at most", most, crowd, starved, peak>>20)
	if peak > limit || starved < crowd {
		t.Errorf("%d MiB, at most %d are right; %d times there was no room, to be at least %d", peak>>20, limit>>20, starved, crowd)
	}
}

// attackers is how many goroutines hold the connections.
const attackers = 64

// descriptors is how many descriptors this process may have; the server may have as many.
func descriptors(t *testing.T) int {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	return int(min(limit.Cur, 1<<20))
}

// attacker holds some connections of one network.
type attacker struct {
	server string
	number int
	conns  []net.Conn
}

func (a *attacker) run(stop <-chan struct{}) {
	for {
		for i := range a.conns {
			select {
			case <-stop:
				for _, c := range a.conns {
					if c != nil {
						_ = c.Close()
					}
				}
				return
			default:
			}
			if a.conns[i] == nil {
				a.conns[i] = a.connect(i%2 == 0)
			} else if !trickle(a.conns[i]) {
				_ = a.conns[i].Close()
				a.conns[i] = nil
			}
		}
	}
}

// connect opens a WebSocket and sends most of a message; nil: it could not.
func (a *attacker) connect(fragments bool) net.Conn {
	from := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 1, byte(1+a.number%50))}, Timeout: 5 * time.Second}
	c, err := from.Dial("tcp", a.server)
	if err != nil {
		return nil
	}
	_ = c.SetDeadline(time.Now().Add(5 * time.Second))
	const hello = "GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
	_, err = c.Write([]byte(hello))
	if err == nil {
		_, err = c.Read(make([]byte, 1<<10))
	}
	if err != nil {
		_ = c.Close()
		return nil
	}
	_ = c.SetDeadline(time.Now().Add(100 * time.Millisecond))
	_, _ = c.Write(unfinished(fragments)) // as much as the server takes
	return c
}

// unfinished is the largest message without its last byte, masked with zeros.
func unfinished(fragments bool) []byte {
	const most = 65_535
	head := []byte{0x81, 0xFE, 0, 0, 0, 0, 0, 0}
	binary.BigEndian.PutUint16(head[2:], most)
	if fragments {
		head[0] = 0x01
		return append(head, make([]byte, most)...)
	}
	return append(head, make([]byte, most-30)...)
}

// trickle sends one more byte: of the message, or of the next fragment's header.
func trickle(c net.Conn) bool {
	_ = c.SetDeadline(time.Now().Add(time.Millisecond))
	_, err := c.Write([]byte{0})
	timeout, _ := err.(net.Error)
	return err == nil || timeout != nil && timeout.Timeout()
}

// starved is how often the server has not read from a connection because there was no room for its message.
func (s *server) starved() (times int) {
	s.t.Helper()
	text, err := get(s.url + "/metrics")
	if err != nil {
		s.t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if _, err := fmt.Sscanf(line, "pixelplayground_reads_starved_total %d", &times); err == nil {
			return times
		}
	}
	s.t.Fatal("no reads_starved_total in /metrics")
	return 0
}

// peak is the most resident memory that the process has had, in bytes.
func (s *server) peak() (kib int64) {
	s.t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	if err != nil {
		s.t.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		if _, err := fmt.Sscanf(line, "VmHWM: %d kB", &kib); err == nil {
			return kib << 10
		}
	}
	s.t.Fatal("no VmHWM in /proc")
	return 0
}
