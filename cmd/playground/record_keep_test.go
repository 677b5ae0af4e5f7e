package main

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/record"
	"pixelplayground/actors/store/memory"
	"pixelplayground/actors/telemetry/logtest"
)

// TestRecordKeeper: of several servers one keeps the record within its bounds, goes on soon if that was
// not all, and says what it has removed; a failure is said once.
func TestRecordKeeper(t *testing.T) {
	papers := memory.New(memory.Config{Geometry: canvas.Geometry{Width: 8, Height: 8, Region: 8}})
	gone, failure, asked := record.Pruned{Segments: keepMost, Pixels: 32_768_000, Bytes: 250_000_000, Until: time.UnixMilli(1_796_040_000_000), More: true}, error(nil), 0
	lines := new(logtest.Lines)
	server := func() *recordKeeper {
		return newRecordKeeper(record.Keep{Age: time.Hour}, papers, func(_ context.Context, keep record.Keep, most int) (record.Pruned, error) {
			if asked++; keep != (record.Keep{Age: time.Hour}) || most != keepMost {
				t.Errorf("%+v, %d", keep, most)
			}
			return gone, failure
		}, "canvas-1", slog.New(slog.NewTextHandler(lines, nil)))
	}
	one, other := server(), server() // of the same name
	if wait := one.pass(t.Context()); wait != keepAgain || asked != 1 {
		t.Errorf("again in %v, asked %d times", wait, asked)
	}
	if wait := other.pass(t.Context()); wait != keepEvery || asked != 1 {
		t.Errorf("the other: again in %v, asked %d times", wait, asked)
	}
	if want := `msg="the oldest part of the record was removed" pixels=32768000 segments=500 bytes=250000000 until=2026-11-30T12:00:00Z`; !strings.Contains(lines.String(), want) {
		t.Errorf("no %s in:\n%s", want, lines)
	}
	gone, failure = record.Pruned{}, errors.New("the bucket is away")
	for range 2 {
		if wait := one.pass(t.Context()); wait != keepAgain {
			t.Errorf("after a failure: again in %v", wait)
		}
	}
	failure = nil
	if wait := one.pass(t.Context()); wait != keepEvery || asked != 4 {
		t.Errorf("all is within bounds: again in %v, asked %d times", wait, asked)
	}
	if n := strings.Count(lines.String(), "the bucket is away"); n != 1 {
		t.Errorf("the failure is said %d times", n)
	}
	if err := papers.DeleteDocument(t.Context(), keeperKind, keeperID); err != nil { // as when its time is over
		t.Fatal(err)
	}
	if other.pass(t.Context()); asked != 5 {
		t.Error("nobody takes the turn of a server that has ended")
	}
}
