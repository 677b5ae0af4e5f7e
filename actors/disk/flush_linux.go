package disk

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// Flush makes what was written to a file durable. When it was written does not matter, so that
// need not be.
func Flush(f *os.File) error {
	for {
		if err := unix.Fdatasync(int(f.Fd())); !errors.Is(err, unix.EINTR) {
			return os.NewSyscallError("fdatasync", err)
		}
	}
}
