package transport

import (
	"runtime"
	"time"
)

// spanWrites is after how many writes of a tick other goroutines get their turn: a quarter
// of a millisecond. So what has been drawn goes through the actors and to the store while
// it is written what was drawn before, even if there is only one core.
const spanWrites = 32

// cpuSpan measures a tick, without what others did in its pauses.
type cpuSpan struct {
	took time.Duration // in all spans
	cpu  time.Duration // of it, CPU; 0 where that is not known

	runs     bool
	began    time.Time
	cpuBegan time.Duration
}

// begin keeps the goroutine to its thread, whose CPU time is measured, until end.
func (s *cpuSpan) begin() {
	runtime.LockOSThread()
	s.runs = true
	s.began, s.cpuBegan = time.Now(), threadCPU()
}

// end does nothing if a fault has ended it already.
func (s *cpuSpan) end() {
	if !s.runs {
		return
	}
	s.runs = false
	s.took += time.Since(s.began)
	s.cpu += threadCPU() - s.cpuBegan
	runtime.UnlockOSThread()
}
