package rules

import (
	"math"
	"slices"
	"time"
)

// states are when the canvas is open: while a freeze is in force it is frozen, else it is as the
// timetable says, and without one it is open.
type states struct {
	freeze    *Act   // the one that ends last; nil: none
	timetable *Act   // nil: none
	opened    uint64 // number of the last act that opened it; 0: none
}

// at is the state at a time, and the act that it comes from; nil: none.
func (s *states) at(now int64) (State, *Act) {
	if freeze := inForce(s.freeze, now); freeze != nil {
		return Frozen, freeze
	}
	if phase := s.phase(now); phase != nil {
		return phase.State, s.timetable
	}
	return Open, nil
}

// phase is the phase of the timetable at a time; nil: there is none, or it has not begun.
func (s *states) phase(now int64) *Phase {
	if s.timetable == nil {
		return nil
	}
	var last *Phase
	for i := range s.timetable.Phases {
		if s.timetable.Phases[i].From > now {
			break
		}
		last = &s.timetable.Phases[i]
	}
	return last
}

// change is the next time at which a state comes that fits; 0: none does.
func (s *states) change(now int64, fits func(State) bool) int64 {
	at := now
	if freeze := inForce(s.freeze, now); freeze != nil {
		if at = freeze.Until; at == 0 {
			return 0
		}
		if state, _ := s.at(at); fits(state) {
			return at
		}
	}
	if s.timetable != nil {
		for _, phase := range s.timetable.Phases {
			if phase.From > at && fits(phase.State) {
				return phase.From
			}
		}
	}
	return 0
}

// retry is how long it is until a state comes in which one may draw; 0: that is not known.
func (s *states) retry(now int64, white bool) time.Duration {
	at := s.change(now, func(state State) bool { return state == Open || white && state == WhiteOut })
	if at == 0 {
		return 0
	}
	return milliseconds(at - now)
}

// milliseconds is so long, or as long as can be said.
func milliseconds(n int64) time.Duration {
	return time.Duration(min(n, math.MaxInt64/int64(time.Millisecond))) * time.Millisecond
}

// times are when something may change.
func (s *states) times() (list []int64) {
	if s.timetable != nil {
		for _, phase := range s.timetable.Phases {
			list = append(list, phase.From)
		}
	}
	return slices.Clip(list)
}
