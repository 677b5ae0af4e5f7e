package stats

import (
	"fmt"
	"log/slog"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
)

// Faults counts panics that were caught, and remembers where the program has panicked.
type Faults struct {
	log   *slog.Logger
	count *atomic.Int64

	mu    sync.Mutex
	known map[string]bool // by place; a program has only a few places that panic
}

// NewFaults makes faults that are logged, and counted in count.
func NewFaults(log *slog.Logger, count *atomic.Int64) *Faults {
	return &Faults{log: log, count: count, known: make(map[string]bool)}
}

// Note counts a panic that was caught. It logs the panic with its stack only the first time
// that it happens in a place, so that a client that can repeat it does not fill the disk. The
// deferred function that recovered must call it, since that still has the stack.
func (f *Faults) Note(of string, value any) {
	f.count.Add(1)
	place := panickedAt()
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.known[place] {
		return
	}
	f.known[place] = true
	f.log.Error("a fault of the server; told once, counted in faults_total", "of", of, "panic", fmt.Sprint(value),
		"at", place, "stack", string(debug.Stack()))
}

// panickedAt is the line that panicked. It is for deferred functions, which still have the stack.
func panickedAt() string {
	var pcs [64]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(1, pcs[:])])
	panicked := false
	for {
		f, more := frames.Next()
		switch ours := !strings.HasPrefix(f.Function, "runtime."); {
		case f.Function == "runtime.gopanic":
			panicked = true
		case panicked && ours, !more:
			return fmt.Sprintf("%s:%d", f.File, f.Line)
		}
	}
}
