package message

import "time"

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
	EventGap       = "gap"       // pixels can't be recorded any more
	EventRestarted = "restarted" // an actor failed
	EventOutage    = "outage"    // the store does not answer
	EventRecovered = "recovered" // it does again; Duration: of the outage
	EventAct       = "act"       // an operator did something
)

// NoRegion is Event.Region of an event that is about no region.
const NoRegion = -1
