//go:build !linux

package transport

import "time"

// threadCPU is not known here.
func threadCPU() time.Duration { return 0 }
