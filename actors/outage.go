package actors

import (
	"log/slog"
	"sync"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/message"
	"pixelplayground/actors/telemetry"
)

// outage reports once that the store does not answer, and once that it answers again, for all
// regions of a pod. Regions call it from their own goroutines.
type outage struct {
	log    *slog.Logger
	events *telemetry.Events

	mu      sync.Mutex // guards:
	regions map[canvas.RegionID]struct{}
	began   time.Time
	err     error // of the call that failed last
}

func newOutage(log *slog.Logger, events *telemetry.Events) *outage {
	return &outage{log: log, events: events, regions: make(map[canvas.RegionID]struct{})}
}

// failed notes that a region's call failed.
func (o *outage) failed(id canvas.RegionID, operation string, err error, now time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.regions) == 0 {
		o.began = now
		o.log.Warn("store does not answer, trying again", "operation", operation, "err", err)
		o.events.Note(message.Event{Kind: message.EventOutage, Region: message.NoRegion, Text: "the store does not answer: " + err.Error(), Subject: "store"})
	}
	o.regions[id], o.err = struct{}{}, err
}

// trouble returns why calls fail; nil: they don't.
func (o *outage) trouble() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.regions) == 0 {
		return nil
	}
	return o.err
}

// over notes that a region's calls succeed again, or that it makes none any more.
func (o *outage) over(id canvas.RegionID, now time.Time) {
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
