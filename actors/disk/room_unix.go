//go:build linux || darwin

package disk

import (
	"math"
	"syscall"
)

// Room returns how much of a path's disk is left for us, and how large the disk is, in bytes; the
// maximum and 0 if that is unknown.
func Room(path string) (free, all uint64) {
	var is syscall.Statfs_t
	if syscall.Statfs(path, &is) != nil {
		return math.MaxUint64, 0
	}
	return uint64(is.Bavail) * uint64(is.Bsize), is.Blocks * uint64(is.Bsize)
}
