//go:build !unix

package commandline

// Descriptors is how many files this program may have open. Here the limit is not known.
func Descriptors() uint64 { return 1 << 30 }
