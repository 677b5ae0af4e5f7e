//go:build !linux

package stats

import "time"

// threadCPU is not known here.
func threadCPU() time.Duration { return 0 }
