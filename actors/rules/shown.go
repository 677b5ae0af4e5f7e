package rules

import (
	"encoding/json"
	"time"

	"pixelplayground/actors/canvas"
)

// Shown is what everybody may know of the rules: never who is banned.
type Shown struct {
	Version uint64         `json:"version"`
	State   State          `json:"state"`
	Until   int64          `json:"until"`   // Unix milliseconds: when State ends; 0: that is not known
	Palette []canvas.Color `json:"palette"` // empty: any colour
	Phases  []Phase        `json:"phases"`
	Areas   []ShownArea    `json:"areas"`
	Appeal  string         `json:"appeal"`
}

// ShownArea is an area in which only some may draw, and the act that says so.
type ShownArea struct {
	Act   uint64
	By    canvas.Role // of who decided it, or put it back in force: nobody below may take it back
	Until int64       // Unix milliseconds: when it ends by itself; 0, or absent: it doesn't
	Area
}

// MarshalJSON implements json.Marshaler.
func (a ShownArea) MarshalJSON() ([]byte, error) {
	return marshal(struct {
		Act   uint64      `json:"act"`
		By    canvas.Role `json:"by"`
		Until int64       `json:"until,omitempty"`
		areaText
	}{a.Act, a.By, a.Until, areaText{(*areaPlain)(&a.Area), userTexts(a.Users)}})
}

// UnmarshalJSON implements json.Unmarshaler.
func (a *ShownArea) UnmarshalJSON(text []byte) error {
	var of struct {
		Act   uint64
		By    canvas.Role
		Until int64
	}
	if err := json.Unmarshal(text, &of); err != nil {
		return err
	}
	a.Act, a.By, a.Until = of.Act, of.By, of.Until
	return a.Area.UnmarshalJSON(text)
}

// Shown is what everybody may know now. It stays the same until Next.
func (r *Rules) Shown(now time.Time) Shown {
	at := now.UnixMilli()
	state, _ := r.states.at(at)
	s := Shown{Version: r.version, State: state, Palette: []canvas.Color{}, Phases: []Phase{}, Areas: []ShownArea{}, Appeal: r.Appeal()}
	s.Until = r.states.change(at, func(next State) bool { return next != state })
	if r.palette != nil {
		s.Palette = r.palette.act.Colors
	}
	if r.states.timetable != nil {
		s.Phases = r.states.timetable.Phases
	}
	for _, act := range r.acts {
		if act.Do == Protect && !act.Over(at) {
			s.Areas = append(s.Areas, ShownArea{act.N, r.standing(act), act.Until, *act.Area})
		}
	}
	return s
}
