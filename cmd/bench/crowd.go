//go:build linux

package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/gobwas/ws"
	"golang.org/x/sys/unix"

	"pixelplayground/actors/canvas"
	"pixelplayground/transport/client/wire"
)

// crowd is all the clients, in one thread. It waits for all their sockets at once, reads big
// buffers, looks only at the beginnings of messages, and places strokes when they are due.
type crowd struct {
	regions int
	epoll   int
	timer   int       // a timerfd, which fires when the next stroke is due
	members []*member // by descriptor
	size    int       // number of members
	placers []*member // take turns, where there is a schedule
	strokes []uint64  // of schedules, in each region
	cookies []string  // of the first that join: each is a person of its own
	buffer  []byte
	events  [maxEvents]unix.EpollEvent

	churn    *churn    // nil: everyone stays
	schedule *schedule // nil: nothing is placed
	placed   int       // strokes of the schedule

	// What has been seen since reset.
	delivered int64 // pixels times viewers who stay
	bytes     int64
	reads     int64
	latency   durations // of pixels that timed viewers see, from due to seen
	acked     int64     // strokes
	answers   int       // regions in which viewers were brought up to date
	refusals  int
}

// maxEvents is how many sockets are read before due strokes are placed: that takes half a
// millisecond.
const maxEvents = 64

// readBuffer holds a tick of the heaviest drawing, in bytes.
const readBuffer = 256 << 10

// maxTimed is about how many viewers note when they see each pixel; the other viewers only count
// pixels. Timing tens of millions a second would make the crowd late.
const maxTimed = 200

// member is one client.
type member struct {
	fd       int
	stream   stream
	raw      bool // of the raw loop: receives nothing but bytes
	passing  bool // will leave: what it sees is checked but not counted
	timed    bool // notes when it sees each pixel
	held     []canvas.Position
	answered []bool // regions in which it has been brought up to date
	missing  int    // regions in which it hasn't
	came     time.Time
	caught   time.Time // when nothing was missing any more
	bytes    int64

	// As a placer.
	op      uint64 // last
	waiting int    // ops not yet acknowledged
	unsent  []byte // bytes of them that the socket has not taken; used only by commits
	welcome bool
}

// window is how many ops a placer may have unacknowledged: see WELCOME in PROTOCOL.md.
const window = 256

func newCrowd(regions int) (*crowd, error) {
	c := &crowd{regions: regions, strokes: make([]uint64, regions), buffer: make([]byte, readBuffer)}
	var err error
	if c.epoll, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return nil, fmt.Errorf("create epoll: %w", err)
	}
	if c.timer, err = unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_CLOEXEC|unix.TFD_NONBLOCK); err != nil {
		return nil, errors.Join(fmt.Errorf("create timer: %w", err), unix.Close(c.epoll))
	}
	c.reset()
	return c, c.watch(c.timer)
}

func (c *crowd) close() {
	for _, m := range c.members {
		if m != nil {
			_ = unix.Close(m.fd)
		}
	}
	_ = unix.Close(c.timer)
	_ = unix.Close(c.epoll)
}

// reset begins to count anew.
func (c *crowd) reset() {
	c.delivered, c.bytes, c.reads, c.acked, c.answers, c.refusals = 0, 0, 0, 0, 0, 0
	c.latency = newDurations()
}

func (c *crowd) watch(fd int) error {
	e := unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(fd)}
	if err := unix.EpollCtl(c.epoll, unix.EPOLL_CTL_ADD, fd, &e); err != nil {
		return fmt.Errorf("watch socket: %w", err)
	}
	return nil
}

// ignore stops reading a member, for good.
func (c *crowd) ignore(m *member) error {
	if err := unix.EpollCtl(c.epoll, unix.EPOLL_CTL_DEL, m.fd, nil); err != nil {
		return fmt.Errorf("ignore socket: %w", err)
	}
	return nil
}

var errTimeout = errors.New("not in time")

// run takes turns until done reports true; after limit it returns an error.
func (c *crowd) run(what string, limit time.Duration, done func() bool) error {
	for deadline := time.Now().Add(limit); !done(); {
		if time.Now().After(deadline) {
			return fmt.Errorf("%s: %w: after %v", what, errTimeout, limit)
		}
		if err := c.turn(); err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
	}
	return nil
}

// rest takes turns for a while.
func (c *crowd) rest(lasts time.Duration) error {
	end := time.Now().Add(lasts)
	return c.run("rest", lasts+time.Second, func() bool { return time.Now().After(end) })
}

// pause bounds a wait for sockets, in milliseconds, so that run gets to check its condition.
const pause = 1

func (c *crowd) turn() error {
	now := time.Now()
	if err := c.place(now); err != nil {
		return err
	}
	if err := c.comeAndGo(now); err != nil {
		return err
	}
	n, err := unix.EpollWait(c.epoll, c.events[:], pause)
	if err != nil && err != unix.EINTR {
		return fmt.Errorf("wait for sockets: %w", err)
	}
	for i := range max(n, 0) {
		if fd := int(c.events[i].Fd); fd != c.timer {
			if err := c.read(c.members[fd]); err != nil {
				return err
			}
		}
	}
	return nil
}

// read takes what a member has received.
func (c *crowd) read(m *member) error {
	n, err := unix.Read(m.fd, c.buffer)
	switch {
	case err == unix.EAGAIN || err == unix.EINTR:
		return nil
	case err != nil:
		return fmt.Errorf("read: %w", err)
	case n == 0:
		return fmt.Errorf("read: the server has closed the connection")
	}
	c.bytes += int64(n)
	c.reads++
	m.bytes += int64(n)
	if m.raw {
		return nil
	}
	now := time.Now()
	for p := c.buffer[:n]; len(p) > 0; {
		var got wire.Head
		if got, p, err = m.stream.next(p); err != nil {
			return err
		}
		if err := c.take(m, got, now); err != nil {
			return err
		}
	}
	return nil
}

// take handles a message as a client would.
func (c *crowd) take(m *member, got wire.Head, now time.Time) error {
	switch got.Kind {
	case wire.Welcome:
		m.welcome = true
	case wire.Snapshot, wire.Pixels:
		return c.see(m, got, now)
	case wire.Ack:
		m.waiting -= int(got.Count)
		c.acked += int64(got.Count)
	case wire.Refused:
		m.waiting--
		c.refusals++
	case closing:
		return fmt.Errorf("the server closes the connection with code %d", got.Count)
	case pinging:
		if _, err := unix.Write(m.fd, wire.AppendFrame(nil, ws.OpPong, nil)); err != nil {
			return fmt.Errorf("answer ping: %w", err)
		}
	}
	return nil
}

// see advances a viewer in a region. A gap in the sequence ends the benchmark.
func (c *crowd) see(m *member, got wire.Head, now time.Time) error {
	if got.Region >= uint64(c.regions) {
		return fmt.Errorf("region %d: %w", got.Region, wire.ErrProtocol)
	}
	held := &m.held[got.Region]
	if got.Kind == wire.Pixels && got.From != held.Seq {
		return fmt.Errorf("region %d: has pixels up to %d and is sent those from %d", got.Region, held.Seq, got.From)
	}
	before := held.Seq
	*held = canvas.Position{Epoch: got.Epoch, Seq: got.From + got.Count}
	if held.Seq > before && !m.passing {
		c.delivered += int64(held.Seq - before)
		if m.timed && c.schedule != nil {
			c.record(int(got.Region), before, held.Seq, now)
		}
	}
	if !m.answered[got.Region] {
		m.answered[got.Region] = true
		c.answers++
		if m.missing--; m.missing == 0 {
			m.caught = now
		}
	}
	return nil
}

func (c *crowd) record(region int, from, to uint64, now time.Time) {
	c.schedule.each(region, from, to, func(due time.Time, pixels int) { c.latency.add(now.Sub(due), pixels) })
}
