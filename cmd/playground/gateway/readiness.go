package gateway

import (
	"errors"
	"fmt"
	"time"

	"pixelplayground/cluster"
)

// standing decides what /readyz of a gateway in a cluster says: whether people should be sent here to
// look, and whether what they draw would be taken. The two differ while nobody can draw: then this
// gateway is as good as any other, and shows the canvas. standing is given what was seen and makes
// no calls itself.
type standing struct {
	now     sight
	proven  bool      // a pixel could be placed at least once: until then there is nothing to show
	reached time.Time // when it last reached a canvas server
	members map[string]cluster.Member
	lost    cluster.Roles // roles of the members that have vanished without leaving since reached
}

// sight is what one look found.
type sight struct {
	at       time.Time
	canvases int   // members that can own regions, this one included
	gateways int   // other members that have users
	answered bool  // one of the canvas pods has answered
	store    error // why no canvas pod would take a pixel; nil: one would
	holds    bool  // this pod holds all of the canvas
}

// cutOffAfter is how long no canvas pod may answer before that has consequences: a canvas pod that
// restarts, or a processor that is busy elsewhere, must not send everybody away.
const cutOffAfter = 3 * time.Second

// ErrSilent says that no canvas pod answers.
var ErrSilent = errors.New("no canvas server answers")

var (
	errStarting = errors.New("no canvas server whose store answers has been reached yet")
	errNobody   = errors.New("there is no canvas server")
)

// see takes the current members; there are none while this pod comes back under a new id.
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
		if _, ok := present[id]; !ok && !m.Draining { // a member that leaves drains first
			s.lost |= m.Roles
		}
	}
	s.members = present
}

// look takes what one look found.
func (s *standing) look(now sight) {
	s.now = now
	if now.canvases > 0 && now.answered {
		s.reached, s.lost = now.at, 0
		s.proven = s.proven || now.store == nil
	}
}

// draws returns why a pixel would not be taken now; nil: it would.
func (s *standing) draws() error {
	switch {
	case s.now.canvases == 0:
		return errNobody
	case !s.now.answered:
		return ErrSilent
	case s.now.store != nil:
		return fmt.Errorf("store: %w", s.now.store)
	}
	return nil
}

// views returns why nobody should be sent here, even to look; nil: people may come. If no other
// gateway could do better, they may come as long as there is something to show.
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

// cutOff reports whether this gateway can't place while others probably can. Either the other
// gateways and the canvas pods have all vanished without leaving, or they are members but no canvas
// pod answers. If all of them had died at once it would look the same, but that is less likely. If
// the canvas pods have left, or only they have died, all gateways are in the same situation.
func (s *standing) cutOff() bool {
	if !s.proven || s.now.at.Sub(s.reached) < cutOffAfter {
		return false
	}
	if s.now.canvases == 0 {
		return s.lost.Has(cluster.RoleGateway | cluster.RoleCanvas)
	}
	return !s.now.answered && s.now.gateways > 0
}
