package stats

import (
	"runtime"
	"time"
)

// CPUSpan measures a tick, without what other goroutines do in its pauses.
type CPUSpan struct {
	Took time.Duration // in all spans
	CPU  time.Duration // CPU time in all spans; 0 where that is not known

	runs     bool
	began    time.Time
	cpuBegan time.Duration
}

// Begin starts a span. Until End, the goroutine keeps to its thread, whose CPU time is measured.
func (s *CPUSpan) Begin() {
	runtime.LockOSThread()
	s.runs = true
	s.began, s.cpuBegan = time.Now(), threadCPU()
}

// End ends a span. It does nothing if a fault has ended the span already.
func (s *CPUSpan) End() {
	if !s.runs {
		return
	}
	s.runs = false
	s.Took += time.Since(s.began)
	s.CPU += threadCPU() - s.cpuBegan
	runtime.UnlockOSThread()
}
