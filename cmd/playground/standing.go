package main

import (
	"errors"
	"fmt"
	"time"

	"pixelplayground/cluster"
)

// standing decides what a gateway among others is good for: whether people who look should
// be sent here, and whether what they draw would be taken. The two differ while nobody can
// draw: then this gateway is as good as any, and shows the canvas. It is given what was seen
// and makes no calls itself.
type standing struct {
	now     sight
	proven  bool      // it could place once: until then it has nothing to show
	reached time.Time // when it last reached a canvas server
	members map[string]cluster.Member
	lost    cluster.Roles // of members that have gone without a word since then
}

// sight is what one look has seen.
type sight struct {
	at       time.Time
	canvases int   // members that can own regions, this one included
	gateways int   // other members that have users
	answered bool  // one of the former has answered
	store    error // why none of them would take a pixel; nil: one would
	holds    bool  // all of the canvas is held here
}

// cutOffAfter is how long no canvas server must have answered before it counts: one that
// restarts, or a processor that is busy elsewhere, must not send everybody away.
const cutOffAfter = 3 * time.Second

var (
	errStarting = errors.New("no canvas server whose store answers has been reached yet")
	errNobody   = errors.New("there is no canvas server")
	errSilent   = errors.New("no canvas server answers")
)

// see takes the members of the moment; none while this pod comes back as a new one.
func (s *standing) see(members []cluster.Member) {
	if len(members) == 0 {
		return
	}
	present := make(map[string]cluster.Member, len(members))
	for _, m := range members {
		if !m.Self {
			present[m.ID] = m
		}
	}
	for id, m := range s.members {
		if _, ok := present[id]; !ok && !m.Draining { // who leaves says so first
			s.lost |= m.Roles
		}
	}
	s.members = present
}

// look takes what was seen.
func (s *standing) look(now sight) {
	s.now = now
	if now.canvases > 0 && now.answered {
		s.reached, s.lost = now.at, 0
		s.proven = s.proven || now.store == nil
	}
}

// draws is why a pixel would not be taken now; nil: it would.
func (s *standing) draws() error {
	switch {
	case s.now.canvases == 0:
		return errNobody
	case !s.now.answered:
		return errSilent
	case s.now.store != nil:
		return fmt.Errorf("store: %w", s.now.store)
	}
	return nil
}

// views is why nobody should be sent here, even to look; nil: people may come. That no other
// could do better is a reason to have them, as long as there is something to show.
func (s *standing) views() error {
	switch {
	case !s.proven:
		return errStarting
	case s.now.at.Sub(s.reached) < cutOffAfter:
		return nil
	case s.cutOff():
		return fmt.Errorf("cut off from the others: %w", s.draws())
	case !s.now.holds:
		return fmt.Errorf("%w, and not all of the canvas is held here", s.draws())
	}
	return nil
}

// cutOff reports whether this gateway can't place and others may well: they and the canvas
// servers have gone without a word, or are there, and the canvas servers answer nothing. That
// all others have died at once looks the same, and is less likely. When the canvas servers
// have left, or died alone, all gateways are in the same plight.
func (s *standing) cutOff() bool {
	if !s.proven || s.now.at.Sub(s.reached) < cutOffAfter {
		return false
	}
	if s.now.canvases == 0 {
		return s.lost.Has(cluster.RoleGateway | cluster.RoleCanvas)
	}
	return !s.now.answered && s.now.gateways > 0
}
