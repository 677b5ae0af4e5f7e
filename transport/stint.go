package transport

import (
	"runtime"
	"time"
)

// stintWrites is after how many writes of a tick other goroutines get their turn: a quarter
// of a millisecond. So what has been drawn goes through the actors and to the store while
// it is written what was drawn before, even if there is only one core.
const stintWrites = 32

// stint measures a tick, without what others did in its pauses.
type stint struct {
	took time.Duration // in all stints
	cpu  time.Duration // of it, CPU; 0 where that is not known

	runs     bool
	began    time.Time
	cpuBegan time.Duration
}

// begin keeps the goroutine to its thread, whose CPU time is measured, until end.
func (t *stint) begin() {
	runtime.LockOSThread()
	t.runs = true
	t.began, t.cpuBegan = time.Now(), threadCPU()
}

// end does nothing if a fault has ended it already.
func (t *stint) end() {
	if !t.runs {
		return
	}
	t.runs = false
	t.took += time.Since(t.began)
	t.cpu += threadCPU() - t.cpuBegan
	runtime.UnlockOSThread()
}
