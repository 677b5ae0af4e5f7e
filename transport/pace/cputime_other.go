//go:build !linux

package pace

import "time"

// threadCPU is not known here.
func threadCPU() time.Duration { return 0 }
