package quota

import (
	"log/slog"
	"strings"
	"testing"
	"time"
)

func TestRefusals_OneLineAMinute(t *testing.T) {
	var log strings.Builder
	now := time.UnixMilli(0)
	r := NewRefusals(slog.New(slog.NewTextHandler(&log, nil)), func() time.Time { return now })
	for range 100 {
		r.Note("connection refused", "origin", "host", "x")
		r.Note("connection refused", "full")
	}
	lines := func(with string) int { return strings.Count(log.String(), with) }
	if lines("reason=origin times=1 host=x") != 1 || lines("reason=full times=1") != 1 || lines("\n") != 2 {
		t.Errorf("at once: %s", &log)
	}
	now = now.Add(refusalsEvery)
	r.Note("connection refused", "origin")
	if lines("reason=origin times=100") != 1 {
		t.Errorf("after a minute: %s", &log)
	}
}
