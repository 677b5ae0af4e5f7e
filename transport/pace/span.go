package pace

import (
	"cmp"
	"runtime"
	"time"
)

// Span measures a tick: what it took itself, and what others had of the processor meanwhile.
type Span struct {
	Took time.Duration // in all parts
	CPU  time.Duration // CPU time in all parts; 0 where that is not known
	Gaps time.Duration // between the parts, in which other goroutines had their turns

	runs     bool
	began    time.Time
	cpuBegan time.Duration
	ended    time.Time // the last part; zero: there was none
}

// Begin starts a part. Until End, the goroutine keeps to its thread, whose CPU time is measured.
func (s *Span) Begin() {
	runtime.LockOSThread()
	s.runs = true
	s.began, s.cpuBegan = time.Now(), threadCPU()
	if !s.ended.IsZero() {
		s.Gaps += s.began.Sub(s.ended)
	}
}

// End ends a part. It does nothing if a fault has ended the part already.
func (s *Span) End() {
	if !s.runs {
		return
	}
	s.runs = false
	s.CPU += threadCPU() - s.cpuBegan // read within what Took counts, so that it is never more
	s.ended = time.Now()
	s.Took += s.ended.Sub(s.began)
	runtime.UnlockOSThread()
}

// own is what writing took of the processor.
func (s *Span) own() time.Duration { return cmp.Or(s.CPU, s.Took) }

// others is what others had of the processor while the shard would have written: goroutines
// between the parts, and other threads within them, as far as the system tells.
func (s *Span) others() time.Duration { return s.Gaps + max(s.Took-s.own(), 0) }
