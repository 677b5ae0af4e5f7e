package rules

import (
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
	Act uint64 `json:"act"`
	Area
}

// Shown is what everybody may know now. It stays the same until Next.
func (r *Rules) Shown(now time.Time) Shown { return Shown{Version: r.version, State: Open} }
