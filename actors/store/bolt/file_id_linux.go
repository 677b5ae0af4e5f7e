package bolt

import (
	"errors"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// fileID tells a file from all others that exist at the same time.
type fileID struct {
	device [2]uint32
	inode  uint64
}

// idOf asks for the inode alone. If a program also asks for a file's times, as os.Stat does, Linux
// (since 6.13) writes new ones with whatever is written next: a fifth more work for every
// transaction.
func idOf(path string) (fileID, error) { return idAt(unix.AT_FDCWD, path, path, 0) }

// idOfOpen is idOf for a file that is open, whatever is at its path.
func idOfOpen(f *os.File) (fileID, error) { return idAt(int(f.Fd()), "", f.Name(), unix.AT_EMPTY_PATH) }

func idAt(dir int, path, name string, flags int) (fileID, error) {
	var is unix.Statx_t
	err := unix.Statx(dir, path, flags, unix.STATX_INO, &is)
	if errors.Is(err, unix.ENOSYS) || errors.Is(err, unix.EPERM) { // an old kernel, or a container that forbids newer calls
		var is unix.Stat_t
		if err := unix.Fstatat(dir, path, &is, flags); err != nil {
			return fileID{}, &fs.PathError{Op: "stat", Path: name, Err: err}
		}
		return fileID{[2]uint32{unix.Major(is.Dev), unix.Minor(is.Dev)}, is.Ino}, nil
	}
	if err != nil {
		return fileID{}, &fs.PathError{Op: "statx", Path: name, Err: err}
	}
	return fileID{[2]uint32{is.Dev_major, is.Dev_minor}, is.Ino}, nil
}

func (f fileID) same(g fileID) bool { return f == g }
