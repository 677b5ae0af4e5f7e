package netpoll

import (
	"fmt"
	"io"
	"net"

	"golang.org/x/sys/unix"
)

// rawSocket is a non-blocking descriptor that the runtime's poller does not know. One goroutine
// serves thousands of them, see epollPoller.
type rawSocket struct{ fd int }

// NewSocket makes a socket from a connection, which must not be used afterwards.
func NewSocket(tcp *net.TCPConn, plain bool) (Socket, error) {
	if plain {
		return newPlainSocket(tcp), nil
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return nil, fmt.Errorf("take over connection: %w", err)
	}
	// A copy of the descriptor shares the connection and its settings, including O_NONBLOCK.
	// Closing the original does not affect the copy.
	fd, failed := -1, error(nil)
	err = raw.Control(func(original uintptr) {
		fd, failed = unix.FcntlInt(original, unix.F_DUPFD_CLOEXEC, 0)
	})
	if err == nil {
		err = failed
	}
	if err != nil {
		return nil, fmt.Errorf("take over connection: %w", err)
	}
	_ = tcp.Close()
	return &rawSocket{fd}, nil
}

func (s *rawSocket) Read(p []byte) (int, error) {
	for {
		n, err := unix.Read(s.fd, p)
		switch {
		case n > 0:
			return n, nil
		case err == nil:
			return 0, io.EOF
		case err == unix.EAGAIN:
			return 0, ErrWouldBlock
		case err != unix.EINTR:
			return 0, fmt.Errorf("read: %w", err)
		}
	}
}

func (s *rawSocket) Writev(vector [][]byte) (int, error) {
	for {
		n, err := s.write(vector)
		switch {
		case err == nil:
			return n, nil
		case err == unix.EAGAIN:
			return 0, ErrWouldBlock
		case err != unix.EINTR:
			return 0, fmt.Errorf("write: %w", err)
		}
	}
}

func (s *rawSocket) write(vector [][]byte) (int, error) {
	if len(vector) == 1 { // the usual case, and quicker in the kernel
		return unix.Write(s.fd, vector[0])
	}
	return unix.Writev(s.fd, vector)
}

// If a call below fails, the connection is lost. Then reading fails, too.

func (s *rawSocket) CloseWrite() { _ = unix.Shutdown(s.fd, unix.SHUT_WR) }

func (s *rawSocket) Close(abort bool) {
	if abort {
		_ = unix.SetsockoptLinger(s.fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
	}
	_ = unix.Close(s.fd)
}
