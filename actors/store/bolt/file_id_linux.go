package bolt

import (
	"errors"
	"io/fs"

	"golang.org/x/sys/unix"
)

// fileID tells a file from all others that exist at the same time.
type fileID struct {
	device [2]uint32
	inode  uint64
}

// idOf asks for the inode alone. Whoever asks for the times of a file as well, as os.Stat
// does, has Linux (since 6.13) write new ones with whatever is written next: a fifth more
// work for every transaction.
func idOf(path string) (fileID, error) {
	var is unix.Statx_t
	err := unix.Statx(unix.AT_FDCWD, path, 0, unix.STATX_INO, &is)
	if errors.Is(err, unix.ENOSYS) || errors.Is(err, unix.EPERM) { // an old kernel, or a container that forbids what is new
		var is unix.Stat_t
		if err := unix.Stat(path, &is); err != nil {
			return fileID{}, &fs.PathError{Op: "stat", Path: path, Err: err}
		}
		return fileID{[2]uint32{unix.Major(is.Dev), unix.Minor(is.Dev)}, is.Ino}, nil
	}
	if err != nil {
		return fileID{}, &fs.PathError{Op: "statx", Path: path, Err: err}
	}
	return fileID{[2]uint32{is.Dev_major, is.Dev_minor}, is.Ino}, nil
}

func (f fileID) same(g fileID) bool { return f == g }
