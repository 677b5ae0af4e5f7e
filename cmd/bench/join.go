//go:build linux

package main

import (
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/gobwas/ws"
	"golang.org/x/sys/unix"

	"pixelplayground/actors/canvas"
	"pixelplayground/codec"
	"pixelplayground/transport/client/wire"
)

// connect opens one socket and sends the opening; the answers are read together with those of the
// other members.
func (c *crowd) connect(to netip.AddrPort, opening []byte) (*member, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("make socket: %w", err)
	}
	m := &member{fd: fd, came: time.Now()}
	if err := c.begin(m, to, opening); err != nil {
		_ = unix.Close(fd)
		return nil, err
	}
	for len(c.members) <= fd {
		c.members = append(c.members, nil)
	}
	c.members[fd] = m
	c.size++
	return m, nil
}

func (c *crowd) begin(m *member, to netip.AddrPort, opening []byte) error {
	// From one of many addresses: on a single one, ports that were used and are not free yet would
	// run out.
	from := unix.SockaddrInet4{Addr: [4]byte{127, 0, 1, byte(1 + c.size%200)}}
	if err := unix.Bind(m.fd, &from); err != nil {
		return fmt.Errorf("bind socket: %w", err)
	}
	if err := unix.Connect(m.fd, &unix.SockaddrInet4{Addr: to.Addr().As4(), Port: int(to.Port())}); err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	if err := unix.SetsockoptInt(m.fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1); err != nil {
		return fmt.Errorf("set up socket: %w", err)
	}
	if len(opening) > 0 {
		if _, err := unix.Write(m.fd, opening); err != nil {
			return fmt.Errorf("write: %w", err)
		}
	}
	if err := unix.SetNonblock(m.fd, true); err != nil {
		return fmt.Errorf("set up socket: %w", err)
	}
	return c.watch(m.fd)
}

// viewer adds a member that subscribes to the whole canvas, from the positions that it holds. With a cookie it is a person
// of its own.
func (c *crowd) viewer(to netip.AddrPort, held []canvas.Position, cookie string) (*member, error) {
	marks := make([]canvas.Mark, len(held))
	for i := range marks {
		marks[i] = canvas.Mark{Region: canvas.RegionID(i), Position: held[i]}
	}
	m, err := c.connect(to, opening(to, cookie, wire.AppendSubscribe(nil, marks)))
	if err != nil {
		return nil, err
	}
	m.held, m.answered, m.missing = append([]canvas.Position(nil), held...), make([]bool, len(held)), len(held)
	return m, nil
}

// join adds viewers that hold nothing, and waits until all are up to date.
func (c *crowd) join(to netip.AddrPort, viewers int) ([]*member, error) {
	joined := make([]*member, 0, viewers)
	blank := make([]canvas.Position, c.regions)
	for i := range viewers {
		cookie := ""
		if i < len(c.cookies) {
			cookie = c.cookies[i]
		}
		m, err := c.viewer(to, blank, cookie)
		if err != nil {
			return nil, err
		}
		m.timed = i%((viewers+maxTimed-1)/maxTimed) == 0 // spread evenly, since the server writes to viewers in turn
		joined = append(joined, m)
		if err := c.turn(); err != nil { // the server needs time, and its answers must be read
			return nil, err
		}
	}
	return joined, c.catchUp("bring viewers up to date", joined)
}

// catchUp waits until members are up to date.
func (c *crowd) catchUp(what string, members []*member) error {
	next := 0
	return c.run(what, time.Minute, func() bool {
		for next < len(members) && members[next].missing == 0 {
			next++
		}
		return next == len(members)
	})
}

// recruit adds placers, and waits until all have got their WELCOME.
func (c *crowd) recruit(to netip.AddrPort, placers int) error {
	for range placers {
		m, err := c.connect(to, opening(to, "", nil))
		if err != nil {
			return err
		}
		c.placers = append(c.placers, m)
	}
	return c.run("welcome placers", 10*time.Second, func() bool {
		return !slices.ContainsFunc(c.placers, func(m *member) bool { return !m.welcome })
	})
}

// opening is the handshake, HELLO and further frames, in one go.
func opening(to netip.AddrPort, cookie string, then []byte) []byte {
	if cookie != "" {
		cookie = "Cookie: " + cookie + "\r\n"
	}
	b := []byte("GET /ws HTTP/1.1\r\nHost: " + to.String() + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n" +
		"Sec-WebSocket-Protocol: " + codec.Subprotocol + "\r\n" + cookie + "\r\n")
	b = wire.AppendFrame(b, ws.OpBinary, codec.AppendHello(nil, codec.Hello{}))
	return append(b, then...)
}

// churn makes viewers come and go while pixels are placed: at an interval the viewer that has been
// there longest leaves, and a new one comes that holds nothing.
type churn struct {
	to      netip.AddrPort
	every   time.Duration
	next    time.Time
	passing []*member // in the order in which they came
}

// newChurn makes a churn of viewers that are there already; rate is how many leave per second.
func newChurn(to netip.AddrPort, rate float64, now time.Time, passing []*member) *churn {
	for _, m := range passing {
		m.passing, m.timed = true, false
	}
	every := time.Duration(float64(time.Second) / rate)
	return &churn{to: to, every: every, next: now.Add(every), passing: passing}
}

// due returns how many viewers leave now.
func (ch *churn) due(now time.Time) int {
	if now.Before(ch.next) {
		return 0
	}
	n := 1 + int(now.Sub(ch.next)/ch.every)
	ch.next = ch.next.Add(time.Duration(n) * ch.every)
	return n
}

// comeAndGo replaces the viewers that are due to leave.
func (c *crowd) comeAndGo(now time.Time) error {
	if c.churn == nil {
		return nil
	}
	for range c.churn.due(now) {
		if err := c.leave(c.churn.passing[0]); err != nil {
			return err
		}
		m, err := c.viewer(c.churn.to, make([]canvas.Position, c.regions), "")
		if err != nil {
			return err
		}
		m.passing = true
		c.churn.passing = append(c.churn.passing[1:], m)
	}
	return nil
}

// leave closes a member's connection, which takes it out of the epoll's set.
func (c *crowd) leave(m *member) error {
	c.members[m.fd] = nil
	if err := unix.Close(m.fd); err != nil {
		return fmt.Errorf("leave: %w", err)
	}
	return nil
}
