package telemetry

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/message"
)

// rememberedEvents bounds the events that a pod keeps, and those shown for all pods.
const rememberedEvents = 200

// Events keeps the events of a pod. Any goroutine may use it.
type Events struct {
	now  func() time.Time
	node string

	mu   sync.Mutex
	ring []message.Event
	next int
}

// NewEvents makes the events of the pod with a name.
func NewEvents(node string, now func() time.Time) *Events { return &Events{now: now, node: node} }

// Note remembers an event. At is set if it is 0, and Node always.
func (e *Events) Note(event message.Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	event.At, event.Node = cmp.Or(event.At, e.now().UnixMilli()), e.node
	if len(e.ring) < rememberedEvents {
		e.ring = append(e.ring, event)
		return
	}
	e.ring[e.next] = event
	e.next = (e.next + 1) % rememberedEvents
}

// NoteRegion remembers an event about a region.
func (e *Events) NoteRegion(kind string, id canvas.RegionID, took time.Duration, text string) {
	e.Note(message.Event{Kind: kind, Text: text, Region: int(id), Duration: took})
}

// All returns the remembered events, oldest first.
func (e *Events) All() []message.Event {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Concat(e.ring[e.next:], e.ring[:e.next])
}

// sameFact is how far apart pods may note the same fact: news of a death spreads within seconds,
// and a store that is away is noticed by the next commit.
const sameFact = 10 * time.Second

// MergeEvents puts the events of several pods in order of time, each fact once, and keeps the
// latest rememberedEvents.
func MergeEvents(of ...[]message.Event) (merged []message.Event) {
	type fact struct{ kind, subject string }
	all := slices.Concat(of...)
	slices.SortStableFunc(all, func(a, b message.Event) int { return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Node, b.Node)) })
	last := make(map[fact]int64)
	for _, event := range all {
		if key := (fact{event.Kind, event.Subject}); event.Subject != "" {
			at, known := last[key]
			last[key] = event.At
			if known && event.At-at <= sameFact.Milliseconds() {
				continue
			}
		}
		merged = append(merged, event)
	}
	return merged[max(0, len(merged)-rememberedEvents):]
}
