//go:build linux

package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"

	driver "github.com/redis/go-redis/v9"
	"golang.org/x/sys/unix"
)

// redis is a connection that does one thing at a time and blocks its thread meanwhile. Nothing is
// quicker for one round trip, so this is the least that a commit can cost.
type redis struct {
	socket
	replies *bufio.Reader
}

// socket is a socket whose reads and writes block.
type socket int

func (s socket) Read(p []byte) (int, error) {
	n, err := unix.Read(int(s), p)
	if n == 0 && err == nil {
		err = io.EOF
	}
	return max(n, 0), err
}

func (s socket) Write(p []byte) (int, error) {
	n, err := unix.Write(int(s), p)
	return max(n, 0), err
}

func (s socket) close() { _ = unix.Close(int(s)) }

// redisAt connects to redis://[user:password@]address[:port].
func redisAt(url string) (*redis, error) {
	o, err := driver.ParseURL(url)
	if err != nil {
		return nil, fmt.Errorf("connect to redis: %w", err)
	}
	if o.Network != "tcp" || o.TLSConfig != nil {
		return nil, fmt.Errorf("connect to redis: must be redis://address:port, without TLS")
	}
	at, err := net.ResolveTCPAddr("tcp4", o.Addr)
	if err != nil {
		return nil, fmt.Errorf("connect to redis: %w", err)
	}
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("make socket: %w", err)
	}
	r := &redis{socket: socket(fd), replies: bufio.NewReader(socket(fd))}
	err = unix.Connect(fd, &unix.SockaddrInet4{Addr: at.AddrPort().Addr().As4(), Port: at.Port})
	if err == nil {
		err = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
	}
	if err == nil && o.Password != "" {
		_, err = r.do("AUTH", orDefault(o.Username), o.Password)
	}
	if err != nil {
		r.close()
		return nil, fmt.Errorf("connect to redis: %w", err)
	}
	return r, nil
}

func orDefault(user string) string {
	if user == "" {
		return "default"
	}
	return user
}

// do carries out one command. It understands only the replies of the commands used here: texts and
// numbers.
func (r *redis) do(command ...string) (string, error) {
	if _, err := r.Write(appendCommand(nil, command...)); err != nil {
		return "", fmt.Errorf("redis: %w", err)
	}
	return readReply(r.replies)
}

func appendCommand(dst []byte, command ...string) []byte {
	dst = fmt.Appendf(dst, "*%d\r\n", len(command))
	for _, word := range command {
		dst = fmt.Appendf(dst, "$%d\r\n%s\r\n", len(word), word)
	}
	return dst
}

func readReply(r *bufio.Reader) (string, error) {
	line, err := r.ReadString('\n')
	if err != nil {
		return "", fmt.Errorf("redis: %w", err)
	}
	kind, rest := line[0], strings.TrimSpace(line[1:])
	switch kind {
	case '+', ':':
		return rest, nil
	case '-':
		return "", errors.New("redis: " + rest)
	case '$':
		n, err := strconv.Atoi(rest)
		if err != nil || n < 0 {
			return "", fmt.Errorf("redis: text of %q bytes", rest)
		}
		text := make([]byte, n+len("\r\n"))
		if _, err := io.ReadFull(r, text); err != nil {
			return "", fmt.Errorf("redis: %w", err)
		}
		return string(text[:n]), nil
	}
	return "", fmt.Errorf("redis: unknown reply %q", line)
}

// redisProcess is the process of a Redis on this machine.
func redisProcess(url string) (process, error) {
	r, err := redisAt(url)
	if err != nil {
		return 0, err
	}
	defer r.close()
	info, err := r.do("INFO", "server")
	if err != nil {
		return 0, err
	}
	return parseProcessID(info)
}

func parseProcessID(info string) (process, error) {
	for line := range strings.Lines(info) {
		if id, found := strings.CutPrefix(line, "process_id:"); found {
			pid, err := strconv.Atoi(strings.TrimSpace(id))
			return process(pid), err
		}
	}
	return 0, fmt.Errorf("redis: no process_id in %q", info)
}

// redisURL is what the server is told with --redis; "": its store is on disk.
func (s *site) redisURL() string {
	for _, arg := range s.Arg {
		if url, found := strings.CutPrefix(arg, "--redis="); found {
			return url
		}
	}
	return ""
}
