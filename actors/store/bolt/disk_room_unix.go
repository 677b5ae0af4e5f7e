//go:build linux || darwin

package bolt

import (
	"math"
	"syscall"
)

// freeRoom returns how much room is left for us on a file's disk, in bytes, or the maximum if that
// is unknown.
func freeRoom(path string) uint64 {
	var is syscall.Statfs_t
	if syscall.Statfs(path, &is) != nil {
		return math.MaxUint64
	}
	return uint64(is.Bavail) * uint64(is.Bsize)
}
