package clustertest

import (
	"testing"
	"time"
)

// patience is much longer than anything takes, even on a busy machine.
const patience = 20 * time.Second

// Eventually waits until something holds, and returns how long that took.
func Eventually(t testing.TB, what string, holds func() bool) time.Duration {
	t.Helper()
	began := time.Now()
	for !holds() {
		if time.Since(began) > patience {
			t.Fatalf("not within %v: %s", patience, what)
		}
		time.Sleep(2 * time.Millisecond)
	}
	return time.Since(began)
}
