package regions

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/mailbox"
	"pixelplayground/actors/telemetry"
)

// nothing is a Recorder that has nothing to do.
type nothing struct{}

func (nothing) Advance(context.Context, canvas.RegionID, *canvas.Snapshot) (uint64, error) {
	return 0, nil
}

// A commit costs the record nothing.
func TestRecording_AllocatesNothing(t *testing.T) {
	log, stats := slog.New(slog.DiscardHandler), new(telemetry.Stats)
	system := mailbox.NewSystem(log)
	t.Cleanup(system.Shutdown)
	pod := New(Needs{
		Settings: Settings{QueuePixels: 1 << 10, RecordPixels: 16 << 10, RecordAge: time.Minute},
		System:   system, Recorder: nothing{}, Now: time.Now, Stats: stats, Log: log,
	}, 1)
	r := newRegion(pod, 0)
	r.recording.told = true
	if allocs := testing.AllocsPerRun(1000, func() {
		r.Position.Seq++
		r.recordLater(nil)
	}); allocs > 0 {
		t.Errorf("%v allocations a commit", allocs)
	}
	if pixels, _ := stats.Unrecorded(); pixels != 1001 { // once more to warm up
		t.Errorf("%d pixels wait", pixels)
	}
}
