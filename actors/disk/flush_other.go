//go:build !linux

package disk

import "os"

// Flush makes what was written to a file durable.
func Flush(f *os.File) error { return f.Sync() }
