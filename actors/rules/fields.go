package rules

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"pixelplayground/actors/canvas"
)

// Bounds of one act. All of it must fit MaxAct as well.
const (
	maxID     = 64   // bytes of an id
	maxWhy    = 500  // bytes
	maxText   = 1024 // bytes: as much as an announcement may have in the protocol
	maxLabel  = 80   // bytes of a name
	maxColors = 256
	maxPhases = 50
	maxListed = 100 // users, or networks, in one list
)

func moot(format string, args ...any) error {
	return fmt.Errorf("%w: %w: "+format, append([]any{ErrInvalid, ErrMoot}, args...)...)
}

// fields says which field is not for this kind of act. Somebody meant something by it.
func (a *Act) fields() error {
	given := []struct {
		name string
		is   bool
		of   []Kind
	}{
		{"colors", len(a.Colors) > 0, []Kind{SetPalette}},
		{"until", a.Until != 0, []Kind{SetFrozen, Protect, Ban, Mute, Shadow}},
		{"phases", len(a.Phases) > 0, []Kind{SetTimetable}},
		{"area", a.Area != nil, []Kind{Protect}},
		{"target", a.Target != nil, []Kind{Ban, Mute, Shadow, SetRole}},
		{"role", a.Role != 0, []Kind{SetRole, SetPace}},
		{"pace", a.Pace != nil, []Kind{SetPace}},
		{"text", a.Text != "", []Kind{Announce, SetAppeal, Resolve, Operate}},
		{"of", a.Of != 0, []Kind{Undo}},
		{"selection", a.Selection != nil, []Kind{Rollback}},
	}
	for _, field := range given {
		if field.is && !slices.Contains(field.of, a.Do) {
			return invalid("%s: has no meaning for %s", field.name, a.Do)
		}
	}
	return nil
}

// bounds says what is too long, too large, missing or in the past.
func (a *Act) bounds() error {
	switch {
	case a.ID == "" || len(a.ID) > maxID || strings.ContainsFunc(a.ID, unprintable):
		return invalid("id: must be 1 to %d letters and digits, other ones for each act", maxID)
	case a.Time <= 0 || a.By.Via == "" || a.By.Role > canvas.RoleOwner:
		return invalid("it does not say when, who and how")
	case a.Until != 0 && a.Until <= a.Time:
		return invalid("until: must be in the future; leave it out for no end")
	case a.Until > a.Time+longest.Milliseconds():
		return invalid("until: must be within %d years; leave it out for no end", int(longest.Hours()/24/365))
	case a.Role > canvas.RoleOwner:
		return invalid("role: must be guest, member, moderator or owner")
	}
	for _, text := range []struct {
		name, text string
		most       int
	}{{"by", a.By.Name, maxLabel}, {"via", a.By.Via, maxLabel}, {"why", a.Why, maxWhy}, {"text", a.Text, maxText}, {"report", a.Report, maxID}} {
		if err := line(text.name, text.text, text.most); err != nil {
			return err
		}
	}
	return a.content()
}

// content bounds what an act of its kind is about.
func (a *Act) content() error {
	switch a.Do {
	case SetPalette:
		return a.palette()
	case SetTimetable:
		if len(a.Phases) > maxPhases {
			return invalid("phases: are %d, at most %d", len(a.Phases), maxPhases)
		}
	case Protect:
		return a.Area.bounds()
	case Announce, Operate:
		if a.Text == "" {
			return invalid("text: is missing")
		}
	case Resolve:
		if a.Report == "" {
			return invalid("report: is missing")
		}
	case Rollback:
		return a.Selection.Check()
	}
	return nil
}

func unprintable(r rune) bool { return r <= ' ' || r > '~' }

// line says what is wrong with a text that people will read.
func line(name, text string, most int) error {
	if len(text) > most || !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl) {
		return invalid("%s: must be one line of at most %d bytes", name, most)
	}
	return nil
}

func (a *Act) palette() error {
	if len(a.Colors) > maxColors {
		return invalid("colors: are %d, at most %d; none means any", len(a.Colors), maxColors)
	}
	for i, c := range a.Colors {
		if c > 0xFFFFFF || slices.Contains(a.Colors[:i], c) {
			return invalid("colors: %s is there twice", c)
		}
	}
	return nil
}

func (a *Area) bounds() error {
	switch {
	case a.Least < canvas.RoleMember || a.Least > canvas.RoleOwner:
		return invalid("area: least: must be member, moderator or owner, the least role that may draw there")
	case a.Mask != "" && (a.Width > MaxMaskSide || a.Height > MaxMaskSide):
		return invalid("area: with a mask, it has at most %dx%d pixels", MaxMaskSide, MaxMaskSide)
	case len(a.Users) > maxListed:
		return invalid("area: users: are %d, at most %d", len(a.Users), maxListed)
	}
	return line("area: name", a.Name, maxLabel)
}

// Check says what is wrong with a selection, and what would do. An end alone is none, since that would be the whole canvas.
func (s *Selection) Check() error {
	where := s.Width != 0 || s.Height != 0
	switch {
	case len(s.Users) == 0 && len(s.Networks) == 0 && !where && s.From == 0 && s.Cause == "":
		return invalid("selection: say of whom, where, or since when")
	case len(s.Users) > maxListed || len(s.Networks) > maxListed:
		return invalid("selection: at most %d users and %d networks", maxListed, maxListed)
	case s.X < 0 || s.Y < 0 || s.Width < 0 || s.Height < 0 || where && (s.Width == 0 || s.Height == 0),
		max(s.X, s.Y, s.Width, s.Height) > canvas.MaxEdge, !where && (s.X != 0 || s.Y != 0):
		return invalid("selection: width and height must be 1 or more, and x and y on the canvas")
	case s.From < 0 || s.To < 0 || s.To != 0 && s.To <= s.From:
		return invalid("selection: to must be after from")
	}
	return line("selection: cause", s.Cause, maxLabel)
}
