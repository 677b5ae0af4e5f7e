package transport

import (
	"runtime"
	"time"
)

// spanWrites is how many writes a tick does before it lets other goroutines run: that takes a
// quarter of a millisecond. So new pixels go through the actors and to the store while earlier
// ones are being written, even if there is only one core.
const spanWrites = 32

// cpuSpan measures a tick, without what other goroutines do in its pauses.
type cpuSpan struct {
	took time.Duration // in all spans
	cpu  time.Duration // CPU time in all spans; 0 where that is not known

	runs     bool
	began    time.Time
	cpuBegan time.Duration
}

// begin starts a span. Until end, the goroutine keeps to its thread, whose CPU time is measured.
func (s *cpuSpan) begin() {
	runtime.LockOSThread()
	s.runs = true
	s.began, s.cpuBegan = time.Now(), threadCPU()
}

// end ends a span. It does nothing if a fault has ended the span already.
func (s *cpuSpan) end() {
	if !s.runs {
		return
	}
	s.runs = false
	s.took += time.Since(s.began)
	s.cpu += threadCPU() - s.cpuBegan
	runtime.UnlockOSThread()
}
