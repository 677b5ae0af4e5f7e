package main

import (
	"fmt"
	"sync"

	"pixelplayground/actors/message"
	"pixelplayground/cluster"
)

// witness compares the cluster's views and notes which members came and went.
type witness struct {
	note func(message.Event)

	mu      sync.Mutex
	members []cluster.Member // of the last view that had any
	self    string           // id of this pod in it
}

// see takes the next view.
func (w *witness) see(members []cluster.Member) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(members) == 0 {
		return // not joined, or about to come back under a new id
	}
	before, reborn := w.members, false
	w.members = members
	was := make(map[string]cluster.Member, len(before))
	for _, m := range before {
		was[m.ID] = m
	}
	now := make(map[string]bool, len(members))
	replaced := make(map[string]bool, len(members)) // peer addresses
	for _, m := range members {
		now[m.ID], replaced[m.Peer] = true, true
		if m.Self {
			reborn = w.self != "" && w.self != m.ID
			w.self = m.ID
		}
	}
	for _, m := range members {
		old, known := was[m.ID]
		switch {
		case m.Self && reborn:
			w.tell(message.EventReborn, m, "%s was taken for dead and is back")
		case !known && (before == nil && m.Self || before != nil && !reborn):
			w.tell(message.EventJoined, m, "%s joined")
		case known && m.Draining && !old.Draining:
			w.tell(message.EventDraining, m, "%s is draining")
		case known && m.Aside && !old.Aside:
			w.tell(message.EventAside, m, "%s stands aside: its store takes no commits, and others have its regions")
		case known && old.Aside && !m.Aside && !m.Draining:
			w.tell(message.EventBack, m, "%s takes its share of the regions")
		}
	}
	for _, m := range before {
		switch {
		case now[m.ID] || reborn || m.Self:
		case m.Draining:
			w.tell(message.EventLeft, m, "%s left")
		case replaced[m.Peer]:
			w.tell(message.EventDied, m, "%s died and was started again")
		default:
			w.tell(message.EventDied, m, "%s died")
		}
	}
}

func (w *witness) tell(kind string, m cluster.Member, text string) {
	w.note(message.Event{Kind: kind, Region: message.NoRegion, Text: fmt.Sprintf(text, m.Name), Subject: m.ID})
}
