//go:build unix

package fleet

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// Descriptors raises the number of files that this program may have open to the hard limit, and
// returns that limit.
func Descriptors() (int, error) {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return 0, fmt.Errorf("read the limit of open files: %w", err)
	}
	if limit.Cur < limit.Max {
		limit.Cur = limit.Max
		if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
			return 0, fmt.Errorf("raise the limit of open files to %d: %w", limit.Max, err)
		}
	}
	return int(min(limit.Cur, 1<<30)), nil
}
