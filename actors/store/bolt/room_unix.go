//go:build linux || darwin

package bolt

import (
	"math"
	"syscall"
)

// freeRoom is what is left for us on the disk of a file, in bytes; the most there can be if
// nobody says.
func freeRoom(path string) uint64 {
	var is syscall.Statfs_t
	if syscall.Statfs(path, &is) != nil {
		return math.MaxUint64
	}
	return uint64(is.Bavail) * uint64(is.Bsize)
}
