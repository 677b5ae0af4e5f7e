package netpoll

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// NewPoller makes a poller for sockets of the same kind.
func NewPoller(plain bool) (Poller, error) {
	if plain {
		return newPlainPoller(), nil
	}
	return newEpollPoller()
}

// maxEvents is how many sockets are served before the event loop looks for other work.
const maxEvents = 256

// epollPoller waits with level-triggered epoll. The epoll descriptor itself is watched by the
// runtime's poller, so that a waiting loop occupies no thread.
type epollPoller struct {
	fd       int
	file     *os.File // of fd, which it owns
	raw      syscall.RawConn
	deadline time.Time // of file
	wakeup   int       // an eventfd
	owners   []any     // by descriptor

	received [maxEvents]unix.EpollEvent
	n        int                   // of received
	poll     func(fd uintptr) bool // look, in the form that RawConn.Read takes
	events   []Event
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
		p.Close()
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

func (p *epollPoller) control(operation, fd int, reads, writes bool) error {
	e := unix.EpollEvent{Fd: int32(fd)}
	if reads {
		e.Events |= unix.EPOLLIN
	}
	if writes {
		e.Events |= unix.EPOLLOUT
	}
	return unix.EpollCtl(p.fd, operation, fd, &e)
}

func (p *epollPoller) Add(s Socket, owner any, reads, writes bool) error {
	fd := s.(*rawSocket).fd
	if err := p.control(unix.EPOLL_CTL_ADD, fd, reads, writes); err != nil {
		return fmt.Errorf("watch connection: %w", err)
	}
	for len(p.owners) <= fd {
		p.owners = append(p.owners, nil)
	}
	p.owners[fd] = owner
	return nil
}

func (p *epollPoller) Watch(s Socket, reads, writes bool) {
	if err := p.control(unix.EPOLL_CTL_MOD, s.(*rawSocket).fd, reads, writes); err != nil {
		panic(fmt.Sprintf("epoll_ctl: %v", err)) // the descriptor is ours and was added
	}
}

// Remove forgets the socket. The kernel removes the descriptor from its set when it is
// closed, since there is no copy of it.
func (p *epollPoller) Remove(s Socket) {
	if fd := s.(*rawSocket).fd; fd < len(p.owners) { // else it was never added
		p.owners[fd] = nil
	}
}

func (p *epollPoller) Wait(deadline time.Time) []Event {
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
		p.events = append(p.events, Event{
			Owner:    p.owners[e.Fd],
			Readable: e.Events&(unix.EPOLLIN|lost) != 0,
			Writable: e.Events&unix.EPOLLOUT != 0,
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

func (p *epollPoller) Wake() {
	var one [8]byte
	binary.NativeEndian.PutUint64(one[:], 1)
	_, _ = unix.Write(p.wakeup, one[:]) // fails only if a wakeup is pending anyway
}

func (p *epollPoller) Close() {
	if p.wakeup >= 0 {
		_ = unix.Close(p.wakeup)
	}
	_ = p.file.Close()
}
