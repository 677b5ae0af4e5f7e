//go:build !linux

package bolt

import "os"

func flushData(f *os.File) error { return f.Sync() }
