package rules

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"pixelplayground/actors/canvas"
)

func moot(format string, args ...any) error {
	return fmt.Errorf("%w: %w: "+format, append([]any{ErrInvalid, ErrMoot}, args...)...)
}

// fields refuses a field that has no meaning for this kind of act: whoever set it meant something by it.
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
		{"reports", len(a.Reports) > 0, []Kind{Resolve}},
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
	case len(a.Report) > maxID || strings.ContainsFunc(a.Report, unprintable):
		return invalid("report: must be the id of a report")
	case a.Target != nil && a.Target.User == canvas.ServerUser:
		return invalid("target: %s is the server itself", canvas.ServerUser.Text())
	}
	return a.content()
}

// content bounds what an act of its kind is about.
func (a *Act) content() error {
	switch a.Do {
	case SetPalette:
		return a.palette()
	case SetTimetable:
		return a.phases()
	case SetPace:
		return bounded(a.Pace, "pace")
	case SetRole:
		if a.Target.User.IsBot() && a.Role > canvas.RoleMember {
			return invalid("target: %s is a key's, and a key may do what its scopes and its account give: an act can only make that less", a.Target.User.Text())
		}
	case Protect:
		return a.Area.bounds()
	case Announce, Operate:
		if a.Text == "" {
			return invalid("text: is missing")
		}
	case Resolve:
		return a.resolved()
	}
	return nil
}

// clean removes from the texts that people will read what is removed from names, too: what is invisible, or
// changes how the text around it reads.
func (a *Act) clean() error {
	texts := []struct {
		name string
		text *string
		most int
	}{{"by", &a.By.Name, maxLabel}, {"via", &a.By.Via, maxLabel}, {"why", &a.Why, maxWhy}, {"text", &a.Text, maxText}}
	if a.Area != nil {
		area := *a.Area // which others may hold
		a.Area = &area
		texts = append(texts, struct {
			name string
			text *string
			most int
		}{"area: name", &area.Name, maxLabel})
	}
	for _, one := range texts {
		if err := line(one.name, *one.text, one.most); err != nil {
			return err
		}
		*one.text = canvas.CleanText(*one.text)
	}
	return nil
}

// resolved bounds which reports are dealt with.
func (a *Act) resolved() error {
	if a.Report == "" {
		return invalid("report: is missing")
	}
	if len(a.Reports) >= maxListed {
		return invalid("reports: are %d, at most %d", len(a.Reports)+1, maxListed)
	}
	for _, id := range a.Reports {
		if id == "" || len(id) > maxID || strings.ContainsFunc(id, unprintable) {
			return invalid("reports: must be the ids of reports")
		}
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
	case slices.Contains(a.Users, canvas.ServerUser):
		return invalid("area: users: %s is the server itself, which may draw everywhere", canvas.ServerUser.Text())
	}
	return nil
}

// Bounds of a pace that is decided. What is slower than a pixel in eleven days means a freeze.
const (
	minRate  = 1e-6
	maxRate  = 1e6 // pixels per second
	maxBurst = 1 << 20
)

func bounded(p *canvas.Pace, what string) error {
	switch {
	case p.Rate > 0 && p.Rate < minRate:
		return invalid("%s: the rate must be %.6f pixels per second or more, or 0 for no limit; to let nobody draw, freeze the canvas", what, minRate)
	case p.Rate > maxRate || p.Burst > maxBurst:
		return invalid("%s: must be at most %d pixels per second, and %d at once; a rate of 0 is no limit", what, int(maxRate), maxBurst)
	}
	return nil
}

func (a *Act) phases() error {
	if len(a.Phases) > maxPhases {
		return invalid("phases: are %d, at most %d", len(a.Phases), maxPhases)
	}
	for i, phase := range a.Phases {
		if phase.From > a.Time+longest.Milliseconds() {
			return invalid("phase %d: must begin within %d years", i+1, int(longest.Hours()/24/365))
		}
		if phase.Pace == nil {
			continue
		}
		if err := bounded(phase.Pace, fmt.Sprintf("phase %d: pace", i+1)); err != nil {
			return err
		}
	}
	return nil
}

// Check says what is wrong with a selection on a canvas at a time (Unix milliseconds), and what would do. A selection needs more
// than an end, which alone would mean the whole canvas. One that can't select anything is taken for a slip.
func (s *Selection) Check(g canvas.Geometry, now int64) error {
	where := s.Width != 0 || s.Height != 0
	switch {
	case len(s.Users) == 0 && len(s.Networks) == 0 && !where && s.From == 0 && s.Cause == "":
		return invalid("selection: say of whom, where, or since when")
	case len(s.Users) > maxListed || len(s.Networks) > maxListed:
		return invalid("selection: at most %d users and %d networks", maxListed, maxListed)
	case slices.Contains(s.Users, canvas.ServerUser):
		return invalid("selection: %s is the server itself; what it has taken back is given back by undoing the act", canvas.ServerUser.Text())
	case s.X < 0 || s.Y < 0 || s.Width < 0 || s.Height < 0 || where && (s.Width == 0 || s.Height == 0),
		max(s.X, s.Y, s.Width, s.Height) > canvas.MaxEdge, !where && (s.X != 0 || s.Y != 0):
		return invalid("selection: width and height must be 1 or more, and x and y on the canvas")
	case where && (s.X >= g.Width || s.Y >= g.Height):
		return invalid("selection: is beside the canvas, which has %dx%d pixels", g.Width, g.Height)
	case s.From < 0 || s.To < 0 || s.To != 0 && s.To <= s.From:
		return invalid("selection: to must be after from")
	case s.From >= now:
		return invalid("selection: from must be in the past: only what was drawn before the act is taken back")
	case len(s.Cause) > maxLabel || strings.ContainsFunc(s.Cause, func(r rune) bool { return r != ' ' && unprintable(r) }):
		return invalid("selection: cause: must be that of an act, like %q", Cause(Rollback, 12))
	}
	return nil
}
