package actors

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"pixelplayground/actors/canvas"
)

// Event is something that an operator would ask about later.
type Event struct {
	At       int64  // Unix milliseconds
	Kind     string // one of those below
	Node     string // name of the pod that noted it
	Text     string // one line
	Region   int    // NoRegion: it is about none
	Duration time.Duration
	Subject  string // what it is about: pods that note the same kind and subject at about the same time note the same fact; "": no other pod notes it
}

// Kinds of events.
const (
	EventJoined    = "joined"    // a pod has come
	EventLeft      = "left"      // a pod has gone, having said so
	EventDied      = "died"      // a pod has gone without a word
	EventDraining  = "draining"  // a pod is about to leave
	EventAside     = "aside"     // a pod's regions go to others, since its store takes no commits and theirs does
	EventBack      = "back"      // it takes its share again
	EventReborn    = "reborn"    // a pod was taken for dead, and is back as a new member
	EventHandoff   = "handoff"   // a region has a new owner; Duration: from asking the previous one to serving
	EventFenced    = "fenced"    // an owner was replaced without knowing
	EventDamaged   = "damaged"   // the store has lost a part of a region
	EventMended    = "mended"    // the store has been given back what there was, or what is left
	EventRestarted = "restarted" // an actor failed
	EventOutage    = "outage"    // the store does not answer
	EventRecovered = "recovered" // it does again; Duration: of the outage
	EventAct       = "act"       // an operator did something
)

// NoRegion is Event.Region of an event that is about no region.
const NoRegion = -1

// rememberedEvents bounds the events that a pod keeps, and those shown for all pods.
const rememberedEvents = 200

// events keeps the events of a pod. Any goroutine may use it.
type events struct {
	clock Clock
	node  string

	mu   sync.Mutex
	ring []Event
	next int
}

func newEvents(node string, clock Clock) *events { return &events{clock: clock, node: node} }

func (e *events) note(event Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	event.At, event.Node = cmp.Or(event.At, e.clock.Now().UnixMilli()), e.node
	if len(e.ring) < rememberedEvents {
		e.ring = append(e.ring, event)
		return
	}
	e.ring[e.next] = event
	e.next = (e.next + 1) % rememberedEvents
}

func (e *events) region(kind string, id canvas.RegionID, took time.Duration, text string) {
	e.note(Event{Kind: kind, Text: text, Region: int(id), Duration: took})
}

// all returns the remembered events, oldest first.
func (e *events) all() []Event {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Concat(e.ring[e.next:], e.ring[:e.next])
}

// Note remembers an event for the dashboard. At is set if it is 0, and Node always.
func (n *Node) Note(event Event) { n.events.note(event) }

// sameFact is how far apart pods may note the same fact: news of a death spreads within seconds,
// and a store that is away is noticed by the next commit.
const sameFact = 10 * time.Second

// MergeEvents puts the events of several pods in order of time, each fact once, and keeps the
// latest rememberedEvents.
func MergeEvents(of ...[]Event) (merged []Event) {
	type fact struct{ kind, subject string }
	all := slices.Concat(of...)
	slices.SortStableFunc(all, func(a, b Event) int { return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Node, b.Node)) })
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
