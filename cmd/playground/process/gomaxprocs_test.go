package process

import (
	"runtime"
	"testing"
)

// On one core, a goroutine that waits for the disk must not keep the others waiting.
func TestRaiseProcs(t *testing.T) {
	was := runtime.GOMAXPROCS(0)
	defer runtime.GOMAXPROCS(was)
	for _, c := range []struct {
		environment string
		procs, want int
	}{{"", 1, 2}, {"", 3, 3}, {"1", 1, 1}} {
		t.Setenv("GOMAXPROCS", c.environment)
		runtime.GOMAXPROCS(c.procs)
		RaiseProcs()
		if got := runtime.GOMAXPROCS(0); got != c.want {
			t.Errorf("GOMAXPROCS=%q, %d: it is %d, want %d", c.environment, c.procs, got, c.want)
		}
	}
}
