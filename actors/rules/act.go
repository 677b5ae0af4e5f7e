// Package rules is what a canvas allows: which colours, where, when and to whom. Whatever moderators and
// operators decide is an act. Acts are numbered, each has the hash of the one before, and the rules are
// what all of them lead to, so that one chain is both the rules and the account of how they came about.
//
// The package is pure: it keeps nothing, sends nothing and reads no clock. The rules actor of a pod
// holds the chain; gateways and regions check by it.
package rules

import (
	"strconv"

	"pixelplayground/actors/canvas"
)

// Kind is what an act does.
type Kind string

// The kinds of act. Undo takes another act back, whatever it is: so it unbans, unprotects and unmutes,
// brings back the palette of before, and gives back what a rollback took.
const (
	SetPalette   Kind = "palette"   // Colors: these alone; none: any
	SetFrozen    Kind = "freeze"    // nothing is placed, until Until
	SetOpen      Kind = "open"      // ends freezing and the timetable
	SetTimetable Kind = "timetable" // Phases
	Protect      Kind = "protect"   // Area
	SetPace      Kind = "pace"      // Pace for those of Role
	Ban          Kind = "ban"       // Target, until Until
	Mute         Kind = "mute"      // Target's names are not shown, until Until
	Shadow       Kind = "shadow"    // what Target draws nobody else sees, until Until
	Announce     Kind = "announce"  // Text is shown to everybody once
	SetAppeal    Kind = "appeal"    // Text is where the banned turn to
	SetRole      Kind = "role"      // Target has Role
	Rollback     Kind = "rollback"  // Selection
	Resolve      Kind = "resolve"   // a report, Report, is dealt with: Text says how
	Operate      Kind = "operate"   // something about servers, connections or keys, which no rule follows from: Text says what
	Undo         Kind = "undo"      // Of
)

// Kinds lists all of them.
func Kinds() []Kind {
	return []Kind{
		SetPalette, SetFrozen, SetOpen, SetTimetable, Protect, SetPace, Ban, Mute, Shadow, Announce, SetAppeal, SetRole, Rollback, Resolve, Operate, Undo,
	}
}

// Act is one decision. It is never changed. Which fields it has depends on Do.
type Act struct {
	N      uint64 `json:"n"`      // 1, 2, … in the order of the canvas
	Before string `json:"before"` // the hash of the act before, in hexadecimal digits; "": it is the first
	ID     string `json:"id"`     // chosen by whoever asks for it: asked for twice, it is done once
	Time   int64  `json:"time"`   // Unix milliseconds
	By     By     `json:"by"`
	Why    string `json:"why,omitempty"` // for people; of a ban, the banned see it

	Do        Kind           `json:"do"`
	Colors    []canvas.Color `json:"colors,omitempty"`
	Until     int64          `json:"until,omitempty"` // Unix milliseconds; 0: until it is undone
	Phases    []Phase        `json:"phases,omitempty"`
	Area      *Area          `json:"area,omitempty"`
	Target    *Target        `json:"target,omitempty"`
	Role      canvas.Role    `json:"role,omitempty"`
	Pace      *canvas.Pace   `json:"pace,omitempty"`
	Text      string         `json:"text,omitempty"`
	Of        uint64         `json:"of,omitempty"`      // the act that is taken back
	Report    string         `json:"report,omitempty"`  // what gave the occasion
	Reports   []string       `json:"reports,omitempty"` // others that are dealt with by it
	Selection *Selection     `json:"selection,omitempty"`

	// Ignored: a later version decided this, and this one can't tell what it means. It has its number
	// in the chain, and no effect.
	Ignored bool `json:"-"`
}

// By is who decides.
type By struct {
	User canvas.Author `json:"user,omitempty"` // 0: an operator, who is nobody on the canvas
	Role canvas.Role   `json:"role"`
	Name string        `json:"name,omitempty"` // of the account or key
	Via  string        `json:"via"`            // page, dashboard, program (such as pixelctl) or server
}

// Target is whom an act is about: exactly one of these.
type Target struct {
	User    canvas.Author    `json:"user,omitempty"`
	Network canvas.NetworkID `json:"network,omitempty"`
	CIDR    string           `json:"cidr,omitempty"` // only operators give these, and see them
}

// Area is a part of the canvas in which only some may draw.
type Area struct {
	Name   string          `json:"name"`
	X      int             `json:"x"` // its upper left corner
	Y      int             `json:"y"`
	Width  int             `json:"width"`
	Height int             `json:"height"`
	Mask   string          `json:"mask,omitempty"`  // the name of the mask that says which of these pixels count; "": all
	Least  canvas.Role     `json:"least"`           // who has this role, or a higher one, may draw there
	Users  []canvas.Author `json:"users,omitempty"` // and these may
}

// Phase is from when on the canvas is in some state, up to the next phase.
type Phase struct {
	From  int64        `json:"from"` // Unix milliseconds
	State State        `json:"state"`
	Pace  *canvas.Pace `json:"pace,omitempty"` // of guests and members meanwhile; nil: as ever
}

// State is whether one may draw.
type State string

// The states of a canvas.
const (
	Open     State = "open"
	Frozen   State = "frozen"
	WhiteOut State = "white-out" // white may be placed, and nothing else
)

// Selection chooses recorded pixels: those that match everything that is given.
type Selection struct {
	Users    []canvas.Author    `json:"users,omitempty"`
	Networks []canvas.NetworkID `json:"networks,omitempty"`
	X        int                `json:"x,omitempty"` // with Width zero: everywhere
	Y        int                `json:"y,omitempty"`
	Width    int                `json:"width,omitempty"`
	Height   int                `json:"height,omitempty"`
	From     int64              `json:"from,omitempty"`  // Unix milliseconds, not included; 0: no bound
	To       int64              `json:"to,omitempty"`    // included; 0: no bound
	Cause    string             `json:"cause,omitempty"` // what was placed because of an act: see Cause
}

// Cause is the cause of the pixels that are placed because of an act.
func Cause(do Kind, n uint64) string { return string(do) + " " + strconv.FormatUint(n, 10) }
