package stats

import (
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
)

// A place that panics again and again is counted every time and logged once.
func TestFaults_OneLineForAPlace(t *testing.T) {
	var log strings.Builder
	var count atomic.Int64
	f := NewFaults(slog.New(slog.NewTextHandler(&log, nil)), &count)
	try := func(f *Faults, do func()) {
		defer func() { f.Note("test", recover()) }()
		do()
	}
	here := func() { panic("here") }
	there := func() { panic("there") }
	for range 3 {
		try(f, here)
		try(f, there)
	}
	if got := log.String(); count.Load() != 6 || strings.Count(got, "told once") != 2 || strings.Count(got, " at=") != 2 || !strings.Contains(got, "faults_test.go:") {
		t.Errorf("%d are counted, the log says\n%s", count.Load(), got)
	}
}
