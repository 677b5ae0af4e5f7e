package govern

import (
	"fmt"
	"strings"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/rules"
)

// describe says what an act does, in a few words.
func describe(act *rules.Act) string {
	parts := []string{string(act.Do)}
	say := func(format string, args ...any) { parts = append(parts, fmt.Sprintf(format, args...)) }
	switch {
	case act.Ignored:
		return "something that this version of pixelctl does not know"
	case act.Do == rules.SetPalette && len(act.Colors) == 0:
		say("any colour")
	case act.Do == rules.SetPalette:
		say("%d colours", len(act.Colors))
	case act.Do == rules.SetTimetable:
		say("of %d phases from %s on", len(act.Phases), clock(act.Phases[0].From))
	case act.Do == rules.SetRole, act.Do == rules.SetPace:
		say("%s", act.Role)
	case act.Do == rules.Undo:
		say("act %d", act.Of)
	}
	if act.Target != nil {
		say("of %s", who(*act.Target))
	}
	if act.Area != nil {
		say("%q", act.Area.Name)
		say("at %d,%d,%d,%d from those below %s", act.Area.X, act.Area.Y, act.Area.Width, act.Area.Height, act.Area.Least)
	}
	if act.Pace != nil {
		say("%s", pace(act.Pace))
	}
	if act.Text != "" {
		say("%q", act.Text)
	}
	if act.Selection != nil {
		say("%s", chosen(act.Selection))
	}
	if act.Until != 0 {
		say("until %s", clock(act.Until))
	}
	return strings.Join(parts, " ")
}

func pace(p *canvas.Pace) string {
	if p.Rate == 0 {
		return "without a limit"
	}
	return fmt.Sprintf("%g pixels/s, %d at once", p.Rate, p.Burst)
}

// chosen says which pixels a selection has.
func chosen(s *rules.Selection) string {
	var parts []string
	for _, user := range s.Users {
		parts = append(parts, "user "+user.Text())
	}
	for _, network := range s.Networks {
		parts = append(parts, "network "+network.Text())
	}
	if s.Width > 0 {
		parts = append(parts, fmt.Sprintf("at %d,%d,%d,%d", s.X, s.Y, s.Width, s.Height))
	}
	if s.From != 0 {
		parts = append(parts, "after "+clock(s.From))
	}
	if s.To != 0 {
		parts = append(parts, "up to "+clock(s.To))
	}
	if s.Cause != "" {
		parts = append(parts, "because of "+s.Cause)
	}
	return strings.Join(parts, ", ")
}

// by says who decided an act.
func by(b rules.By) string {
	switch {
	case b.Name != "" && b.User != 0:
		return fmt.Sprintf("%s (%s)", b.Name, b.User.Text())
	case b.User != 0:
		return b.User.Text()
	case b.Name != "":
		return b.Name
	}
	return "an operator"
}

func clock(ms int64) string {
	at := time.UnixMilli(ms).UTC()
	if ms%60_000 == 0 {
		return at.Format("2006-01-02 15:04")
	}
	return at.Format("2006-01-02 15:04:05")
}
