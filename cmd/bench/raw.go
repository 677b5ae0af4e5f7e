//go:build linux

package main

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// raw is the least that any server must do: it accepts connections and writes the same bytes to
// each, with one write per socket and tick. It knows no protocol and keeps no state.
type raw struct{}

// Run is the process: it prints its port, and obeys lines on stdin until stdin ends. "accept N"
// accepts N connections. "write BYTES PERIOD TICKS" writes to all of them; the period is in
// nanoseconds. "echo REQUEST REPLY TIMES PLACE" answers requests of REQUEST bytes once they are
// kept (see keeperAt). Each command is answered with the line "done"; an error ends the process.
func (raw) Run(*site) error {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return err
	}
	file, err := listener.(*net.TCPListener).File()
	if err != nil {
		return fmt.Errorf("look at socket: %w", err)
	}
	fmt.Println(listener.Addr())

	l := loop{listener: int(file.Fd())} // which makes it block
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		var connections, bytes, period, ticks, request, reply int
		var place string
		switch line := lines.Text(); {
		case scans(line, "accept %d", &connections):
			err = l.accept(connections)
		case scans(line, "write %d %d %d", &bytes, &period, &ticks):
			err = l.write(make([]byte, bytes), time.Duration(period), ticks)
		case scans(line, "echo %d %d %d %s", &request, &reply, &ticks, &place):
			err = l.echo(request, reply, ticks, place)
		default:
			err = fmt.Errorf("unknown command %q", line)
		}
		if err != nil {
			return err
		}
		fmt.Println("done")
	}
	return nil
}

func scans(line, format string, values ...any) bool {
	n, err := fmt.Sscanf(line, format, values...)
	return err == nil && n == len(values)
}

// loop is the raw loop's state.
type loop struct {
	listener int
	fds      []int
	client   *os.File // the first of them, for echo
}

func (l *loop) accept(n int) error {
	for range n {
		fd, _, err := unix.Accept4(l.listener, unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC)
		if err != nil {
			return fmt.Errorf("accept: %w", err)
		}
		if err := unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1); err != nil {
			return fmt.Errorf("set up socket: %w", err)
		}
		l.fds = append(l.fds, fd)
	}
	return nil
}

// write sends bytes to every socket, ticks times. A tick that takes longer than the period
// delays the next.
func (l *loop) write(bytes []byte, period time.Duration, ticks int) error {
	next := time.Now()
	for range ticks {
		if wait := time.Until(next); wait > 0 {
			time.Sleep(wait)
		} else {
			next = time.Now()
		}
		for _, fd := range l.fds {
			if n, err := unix.Write(fd, bytes); err != nil || n < len(bytes) {
				return fmt.Errorf("write: the client takes %d of %d bytes: %w", n, len(bytes), err)
			}
		}
		next = next.Add(period)
	}
	return nil
}

// rawLoop is the raw process, as the other commands see it.
type rawLoop struct {
	child
	addr    netip.AddrPort
	answers chan error // one answer per command; listen closes it when the process has ended
	err     error      // why the last command was not carried out
}

// rawStage starts a raw loop, and a crowd of viewers that are connected to it; end stops both.
func (s *site) rawStage(viewers int) (l *rawLoop, c *crowd, end func(), err error) {
	if l, err = s.rawLoop(); err != nil {
		return nil, nil, nil, err
	}
	if c, err = newCrowd(0); err != nil {
		l.stop()
		return nil, nil, nil, err
	}
	end = func() {
		c.close()
		l.stop()
	}
	if err = l.join(c, viewers); err != nil {
		end()
	}
	return l, c, end, err
}

// rawLoop starts a raw loop on the server's core.
func (s *site) rawLoop() (*rawLoop, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find own program: %w", err)
	}
	l := &rawLoop{answers: make(chan error, 1)}
	if l.child, err = s.start(self, "raw"); err != nil {
		return nil, fmt.Errorf("start raw loop: %w", err)
	}
	lines := bufio.NewScanner(l.out)
	lines.Scan()
	if l.addr, err = netip.ParseAddrPort(lines.Text()); err != nil {
		l.stop()
		return nil, fmt.Errorf("start raw loop: %w", err)
	}
	go l.listen(lines)
	return l, nil
}

var errEnded = errors.New("raw loop has ended")

func (l *rawLoop) listen(lines *bufio.Scanner) {
	for lines.Scan() {
		l.answers <- nil
	}
	close(l.answers)
}

// order gives a command. done reports whether it has been carried out, or went wrong: then err has why.
func (l *rawLoop) order(format string, args ...any) (done func() bool) {
	_, l.err = fmt.Fprintf(l.in, format+"\n", args...)
	finished := l.err != nil
	return func() bool {
		select {
		case _, ok := <-l.answers:
			if finished = true; !ok {
				l.err = errEnded
			}
		default:
		}
		return finished
	}
}

// await takes turns until the last command has been carried out.
func (l *rawLoop) await(c *crowd, what string, limit time.Duration, done func() bool) error {
	if err := c.run(what, limit, done); err != nil {
		return err
	}
	return l.err
}

// join connects viewers to the loop.
func (l *rawLoop) join(c *crowd, viewers int) error {
	done := l.order("accept %d", viewers)
	for range viewers {
		m, err := c.connect(l.addr, nil)
		if err != nil {
			return err
		}
		m.raw = true
	}
	return l.await(c, "accept connections", time.Minute, done)
}

// written measures the CPU time that the raw loop takes for such ticks.
func (s *site) written(viewers int, t tick) (time.Duration, error) {
	loop, c, end, err := s.rawStage(viewers)
	if err != nil {
		return 0, err
	}
	defer end()
	if err := loop.repeat(c, tick{t.bytes, t.period, int(warmUp / t.period)}); err != nil {
		return 0, fmt.Errorf("warm up: %w", err)
	}
	before, err := loop.cpu()
	if err != nil {
		return 0, err
	}
	if err := loop.repeat(c, t); err != nil {
		return 0, err
	}
	after, err := loop.cpu()
	return after - before, err
}

// repeat has the loop write ticks, and waits until they are written.
func (l *rawLoop) repeat(c *crowd, t tick) error {
	done := l.order("write %d %d %d", t.bytes, t.period.Nanoseconds(), t.ticks)
	return l.await(c, "write", 2*time.Duration(t.ticks)*t.period+patience, done)
}
