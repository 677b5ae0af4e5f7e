// Package storehealth is what a pod knows of its way to the store from the calls of its regions: whether
// it answers, since when not, and how long it is waited for. Of the record it knows the first two.
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

// Outage reports once that something is away that regions need, and once that it is back, for all
// regions of a pod. Regions and archivists call it from their own goroutines.
type Outage struct {
	of     Of
	events *telemetry.Events

	mu      sync.Mutex // guards:
	regions map[canvas.RegionID]struct{}
	began   time.Time
	err     error // of the call that failed last
}

// Of is what is away, and what is said then and afterwards, in events and in the log.
type Of struct {
	Subject    string // "store"
	Away, Back string // "the store does not answer", "the store answers again"
	Began      func(operation string, err error)
	Ended      func(after time.Duration)
}

// OfStore is the outage of the store.
func OfStore(log *slog.Logger) Of {
	return Of{
		Subject: "store", Away: "the store does not answer", Back: "the store answers again",
		Began: func(operation string, err error) {
			log.Warn("store does not answer, trying again", "operation", operation, "err", err)
		},
		Ended: func(after time.Duration) { log.Info("store answers again", "after", after.Round(time.Millisecond)) },
	}
}

// OfRecord is the outage of the record.
func OfRecord(log *slog.Logger) Of {
	return Of{
		Subject: "record", Away: "the record can't be written", Back: "the record is written again",
		Began: func(_ string, err error) { log.Warn("record can't be written, trying again", "err", err) },
		Ended: func(after time.Duration) { log.Info("record is written again", "after", after.Round(time.Millisecond)) },
	}
}

// NewOutage makes one that has not begun.
func NewOutage(of Of, events *telemetry.Events) *Outage {
	return &Outage{of: of, events: events, regions: make(map[canvas.RegionID]struct{})}
}

// Failed notes that a region's call failed.
func (o *Outage) Failed(id canvas.RegionID, operation string, err error, now time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.regions) == 0 {
		o.began = now
		o.of.Began(operation, err)
		o.events.Note(message.Event{Kind: message.EventOutage, Region: message.NoRegion, Text: o.of.Away + ": " + err.Error(), Subject: o.of.Subject})
	}
	o.regions[id], o.err = struct{}{}, err
}

// Trouble returns why calls fail; nil: they don't.
func (o *Outage) Trouble() error {
	_, err := o.Since()
	return err
}

// Since returns when calls began to fail, and why they do; zero: they don't.
func (o *Outage) Since() (time.Time, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.regions) == 0 {
		return time.Time{}, nil
	}
	return o.began, o.err
}

// Over notes that a region's calls succeed again, or that it makes none any more.
func (o *Outage) Over(id canvas.RegionID, now time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if _, ok := o.regions[id]; !ok {
		return
	}
	if delete(o.regions, id); len(o.regions) == 0 {
		o.of.Ended(now.Sub(o.began))
		o.events.Note(message.Event{Kind: message.EventRecovered, Region: message.NoRegion, Text: o.of.Back, Duration: now.Sub(o.began), Subject: o.of.Subject})
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
