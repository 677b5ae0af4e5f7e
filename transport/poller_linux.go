package transport

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

func newPoller(plain bool) (poller, error) {
	if plain {
		return newPlainPoller(), nil
	}
	return newEpollPoller()
}

// maxEvents is how many sockets are served before the shard looks at its inbox.
const maxEvents = 256

// epollPoller waits with level-triggered epoll. The epoll descriptor itself is watched by the
// runtime's poller, so that a waiting shard occupies no thread.
type epollPoller struct {
	fd       int
	file     *os.File // of fd, which it owns
	raw      syscall.RawConn
	deadline time.Time // of file
	wakeup   int       // an eventfd
	conns    []*conn   // by descriptor

	received [maxEvents]unix.EpollEvent
	n        int                   // of received
	poll     func(fd uintptr) bool // look, in the form that RawConn.Read takes
	events   []event
}

func newEpollPoller() (*epollPoller, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("create epoll: %w", err)
	}
	if err := unix.SetNonblock(fd, true); err != nil { // NewFile needs it
		return nil, errors.Join(fmt.Errorf("prepare epoll: %w", err), unix.Close(fd))
	}
	p := &epollPoller{fd: fd, file: os.NewFile(uintptr(fd), "epoll"), wakeup: -1}
	if err := p.prepare(); err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

func (p *epollPoller) prepare() (err error) {
	if p.raw, err = p.file.SyscallConn(); err != nil {
		return fmt.Errorf("prepare epoll: %w", err)
	}
	if p.wakeup, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK); err != nil {
		return fmt.Errorf("create eventfd: %w", err)
	}
	e := unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(p.wakeup)}
	if err := unix.EpollCtl(p.fd, unix.EPOLL_CTL_ADD, p.wakeup, &e); err != nil {
		return fmt.Errorf("watch eventfd: %w", err)
	}
	p.poll = func(uintptr) bool { return p.look() }
	return nil
}

// look collects what is ready now, and reports whether there was anything.
func (p *epollPoller) look() bool {
	n, err := unix.EpollWait(p.fd, p.received[:], 0)
	if err != nil && err != unix.EINTR {
		panic(fmt.Sprintf("epoll_wait: %v", err)) // only a wrong argument can make it fail
	}
	p.n = max(n, 0)
	return p.n > 0
}

func (p *epollPoller) control(operation int, c *conn) error {
	fd := c.socket.(*rawSocket).fd
	e := unix.EpollEvent{Fd: int32(fd)}
	if c.reads {
		e.Events |= unix.EPOLLIN
	}
	if c.writes {
		e.Events |= unix.EPOLLOUT
	}
	return unix.EpollCtl(p.fd, operation, fd, &e)
}

func (p *epollPoller) add(c *conn) error {
	if err := p.control(unix.EPOLL_CTL_ADD, c); err != nil {
		return fmt.Errorf("watch connection: %w", err)
	}
	fd := c.socket.(*rawSocket).fd
	for len(p.conns) <= fd {
		p.conns = append(p.conns, nil)
	}
	p.conns[fd] = c
	return nil
}

func (p *epollPoller) watch(c *conn) {
	if err := p.control(unix.EPOLL_CTL_MOD, c); err != nil {
		panic(fmt.Sprintf("epoll_ctl: %v", err)) // the descriptor is ours and was added
	}
}

// remove forgets the connection. The kernel removes the descriptor from its set when it is
// closed, since there is no copy of it.
func (p *epollPoller) remove(c *conn) {
	if fd := c.socket.(*rawSocket).fd; fd < len(p.conns) { // else it was never added
		p.conns[fd] = nil
	}
}

func (p *epollPoller) wait(deadline time.Time) []event {
	p.n = 0
	if time.Until(deadline) <= 0 { // a read of the file would fail without looking
		p.look()
	} else {
		p.sleep(deadline)
	}
	clear(p.events)
	p.events = p.events[:0]
	for i := range p.n {
		e := &p.received[i]
		if int(e.Fd) == p.wakeup {
			var count [8]byte
			_, _ = unix.Read(p.wakeup, count[:]) // it is non-blocking, and only resets the count
			continue
		}
		const lost = unix.EPOLLERR | unix.EPOLLHUP
		p.events = append(p.events, event{
			conn:     p.conns[e.Fd],
			readable: e.Events&(unix.EPOLLIN|lost) != 0,
			writable: e.Events&unix.EPOLLOUT != 0,
		})
	}
	return p.events
}

func (p *epollPoller) sleep(deadline time.Time) {
	if !deadline.Equal(p.deadline) {
		p.deadline = deadline
		if err := p.file.SetReadDeadline(deadline); err != nil {
			panic(fmt.Sprintf("set deadline: %v", err)) // an epoll descriptor takes deadlines
		}
	}
	if err := p.raw.Read(p.poll); err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
		panic(fmt.Sprintf("poll: %v", err))
	}
}

func (p *epollPoller) wake() {
	var one [8]byte
	binary.NativeEndian.PutUint64(one[:], 1)
	_, _ = unix.Write(p.wakeup, one[:]) // fails only if a wakeup is pending anyway
}

func (p *epollPoller) close() {
	if p.wakeup >= 0 {
		_ = unix.Close(p.wakeup)
	}
	_ = p.file.Close()
}
