package actors

import (
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/message"
	"pixelplayground/actors/standaside"
	"pixelplayground/actors/telemetry"
)

// storeHealth is what a pod knows of its way to the store.
type storeHealth struct {
	storeMonitor *standaside.Monitor
	outage       *outage
	silence      storeSilence
	waits        waits // by RegionID, as long as the node's regions
}

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

// storeSilence is whether the store has left a question of this pod unanswered in time, and has
// answered none since. Meanwhile nobody waits for it as long again: whoever reads the whole canvas
// asks for many regions. Any goroutine may call it.
type storeSilence struct{ atomic.Bool }

func (s *storeSilence) begin() { s.Store(true) }

// end is called with every answer of the store to any question, for example one of the claim
// watcher, which goes on asking.
func (s *storeSilence) end() {
	if s.Load() {
		s.Store(false)
	}
}

func (s *storeSilence) askTime(cfg Config) time.Duration {
	if s.Load() {
		return min(cfg.Beat, cfg.askTime())
	}
	return cfg.askTime()
}

// waits holds since when each region has waited for the store, in Unix nanoseconds; 0: it does not
// wait. Regions write it, anyone reads it.
type waits []atomic.Int64

// Ready returns nil if every region that this pod has would take a pixel now. Otherwise the error
// says which region has waited for the store longer than ops do.
func (n *Node) Ready() error {
	now, stuck, longest, first := n.clock.Now(), 0, time.Duration(0), 0
	for id := range n.waits {
		since := n.waits[id].Load()
		if since == 0 {
			continue
		}
		if waited := now.Sub(time.Unix(0, since)); waited > n.cfg.Patience {
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
