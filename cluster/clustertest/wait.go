package clustertest

import (
	"bytes"
	"strings"
	"sync"
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

// Lines is a log.
type Lines struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *Lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(b)
}

// Count returns how often the log has a text.
func (l *Lines) Count(part string) int { return strings.Count(l.String(), part) }

func (l *Lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}
