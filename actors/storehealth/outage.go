// Package storehealth is what a pod knows of its way to the store from the calls of its regions: whether
// it answers, since when not, and how long it is waited for.
package storehealth

import (
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/message"
	"pixelplayground/actors/telemetry"
)

// Outage reports once that the store does not answer, and once that it answers again, for all
// regions of a pod. Regions call it from their own goroutines.
type Outage struct {
	log    *slog.Logger
	events *telemetry.Events

	mu      sync.Mutex // guards:
	regions map[canvas.RegionID]struct{}
	began   time.Time
	err     error // of the call that failed last
}

// NewOutage makes one that has begun nothing: the store answers.
func NewOutage(log *slog.Logger, events *telemetry.Events) *Outage {
	return &Outage{log: log, events: events, regions: make(map[canvas.RegionID]struct{})}
}

// Failed notes that a region's call failed.
func (o *Outage) Failed(id canvas.RegionID, operation string, err error, now time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.regions) == 0 {
		o.began = now
		o.log.Warn("store does not answer, trying again", "operation", operation, "err", err)
		o.events.Note(message.Event{Kind: message.EventOutage, Region: message.NoRegion, Text: "the store does not answer: " + err.Error(), Subject: "store"})
	}
	o.regions[id], o.err = struct{}{}, err
}

// Trouble returns why calls fail; nil: they don't.
func (o *Outage) Trouble() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.regions) == 0 {
		return nil
	}
	return o.err
}

// Over notes that a region's calls succeed again, or that it makes none any more.
func (o *Outage) Over(id canvas.RegionID, now time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if _, ok := o.regions[id]; !ok {
		return
	}
	if delete(o.regions, id); len(o.regions) == 0 {
		o.log.Info("store answers again", "after", now.Sub(o.began).Round(time.Millisecond))
		o.events.Note(message.Event{Kind: message.EventRecovered, Region: message.NoRegion, Text: "the store answers again", Duration: now.Sub(o.began), Subject: "store"})
	}
}

// Silence is whether the store has left a question of this pod unanswered in time, and has
// answered none since. Meanwhile nobody waits for it as long again: whoever reads the whole canvas
// asks for many regions. Any goroutine may call it.
type Silence struct{ atomic.Bool }

// Begin notes that a question was not answered in time.
func (s *Silence) Begin() { s.Store(true) }

// End is called with every answer of the store to any question, for example one of the claim
// watcher, which goes on asking.
func (s *Silence) End() {
	if s.Load() {
		s.Store(false)
	}
}

// AskTime is how long to wait for the store's next answer: patience, or no more than a beat while it is
// silent.
func (s *Silence) AskTime(beat, patience time.Duration) time.Duration {
	if s.Load() {
		return min(beat, patience)
	}
	return patience
}

// Waits holds since when each region has waited for the store, in Unix nanoseconds; 0: it does not
// wait. Regions write it, anyone reads it.
type Waits []atomic.Int64

// Err returns nil if every region would take a pixel now. Otherwise the error says which region has
// waited for the store longer than ops do.
func (w Waits) Err(now time.Time, patience time.Duration) error {
	stuck, longest, first := 0, time.Duration(0), 0
	for id := range w {
		since := w[id].Load()
		if since == 0 {
			continue
		}
		if waited := now.Sub(time.Unix(0, since)); waited > patience {
			if stuck++; waited > longest {
				longest, first = waited, id
			}
		}
	}
	if stuck == 0 {
		return nil
	}
	return fmt.Errorf("%d of this server's regions wait for the store, region %d for %v", stuck, first, longest.Round(100*time.Millisecond))
}
