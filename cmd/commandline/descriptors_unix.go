//go:build unix

package commandline

import "syscall"

// manyDescriptors is as good as no limit.
const manyDescriptors = 1 << 30

// Descriptors is how many files this program may have open: the hard limit, to which Go has raised
// the soft one before main.
func Descriptors() uint64 {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return manyDescriptors
	}
	return min(uint64(limit.Cur), manyDescriptors)
}
