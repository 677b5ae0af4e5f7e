package rules_test

import (
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/rules"
)

var (
	ada     = rules.Who{User: 0xADA, Known: true, Network: 0x77, Address: ip(203, 0, 113, 9)}
	someone = rules.Who{User: 0x50, Known: true, Network: 0x88, Address: ip(198, 51, 100, 1)}
	mary    = rules.Who{User: 0x3A, Known: true, Network: 0x77, Address: ip(203, 0, 113, 10), Role: canvas.RoleModerator}
)

// ip is an IPv4 address as pods know it.
func ip(a, b, c, d byte) canvas.Address {
	return canvas.Address{10: 0xFF, 11: 0xFF, 12: a, 13: b, 14: c, 15: d}
}

// verdict asks by dots and by pixels, which must agree.
func (c *court) verdict(who rules.Who, x, y int, color canvas.Color, after time.Duration) rules.Verdict {
	c.t.Helper()
	region, pos := geometry.Locate(x, y)
	now := noon.Add(after)
	byDot := c.Rules().CheckDots(who, []canvas.Dot{{X: uint16(x), Y: uint16(y), Color: color}}, now)
	byPixel := c.Rules().CheckPixels(who, region, []canvas.Pixel{{Pos: pos, Color: color}}, now)
	if byDot != byPixel {
		c.t.Errorf("%+v at %d,%d: %+v as a dot, %+v as a pixel", who, x, y, byDot, byPixel)
	}
	return byDot
}

// expect compares what is said about black at 10,10.
func (c *court) expect(who rules.Who, after time.Duration, want rules.Verdict) {
	c.t.Helper()
	if got := c.verdict(who, 10, 10, 0, after); got != want {
		c.t.Errorf("%+v after %s: %+v, want %+v", who, after, got, want)
	}
}

func TestRules_None(t *testing.T) {
	c := newCourt(t)
	c.expect(ada, 0, rules.Verdict{})
	for _, r := range []*rules.Rules{rules.None(), c.Rules()} {
		_, paced := r.Pace(canvas.RoleGuest, noon)
		if r.Version() != 0 || r.Banned(ada, noon) != nil || r.Muted(ada, noon) || r.Shadowed(ada, noon) || paced || r.Role(mary) != mary.Role || !r.Next(noon).IsZero() ||
			r.CheckDots(ada, []canvas.Dot{{X: 9999}}, noon) != (rules.Verdict{}) || r.Shown(noon).State != rules.Open {
			t.Errorf("%+v is not nothing", r)
		}
	}
}

func TestRules_Bans(t *testing.T) {
	for name, target := range map[string]rules.Target{"user": {User: ada.User}, "network": {Network: ada.Network}, "range": {CIDR: "203.0.113.0/24"}, "address": {CIDR: "203.0.113.9"}} {
		t.Run(name, func(t *testing.T) {
			c := newCourt(t)
			n := c.decide(rules.Act{Do: rules.Ban, Target: &target, Until: at(time.Hour), Why: "bots"})
			c.expect(ada, 0, rules.Verdict{Why: canvas.RefusedBanned, Retry: time.Hour, Act: n})
			c.expect(ada, time.Hour-time.Millisecond, rules.Verdict{Why: canvas.RefusedBanned, Retry: time.Millisecond, Act: n})
			c.expect(ada, time.Hour, rules.Verdict{})
			c.expect(someone, 0, rules.Verdict{})
			c.expect(mary, 0, rules.Verdict{}) // of the same network
			if act := c.Rules().Banned(ada, noon); act == nil || act.Why != "bots" || c.Rules().Banned(someone, noon) != nil {
				t.Errorf("banned by %+v", act)
			}
			if next := c.Rules().Next(noon); !next.Equal(noon.Add(time.Hour)) || !c.Rules().Next(next).IsZero() {
				t.Errorf("next at %s", next)
			}
			longer := c.decide(rules.Act{Do: rules.Ban, Target: &target})
			c.expect(ada, 2*time.Hour, rules.Verdict{Why: canvas.RefusedBanned, Act: longer})
			undo := c.undo(longer)
			c.expect(ada, 0, rules.Verdict{Why: canvas.RefusedBanned, Retry: time.Hour, Act: n})
			c.undo(undo)
			c.expect(ada, 2*time.Hour, rules.Verdict{Why: canvas.RefusedBanned, Act: longer})
		})
	}
}

func TestRules_Areas(t *testing.T) {
	c := newCourt(t)
	n := c.decide(rules.Act{Do: rules.Protect, Area: &rules.Area{Name: "Flag", X: 10, Y: 10, Width: 50, Height: 2, Least: canvas.RoleMember, Users: []canvas.Author{someone.User, ada.User - 1}}})
	protected := rules.Verdict{Why: canvas.RefusedProtected, Act: n}
	for _, test := range []struct {
		who  rules.Who
		x, y int
		want rules.Verdict
	}{
		{ada, 10, 10, protected}, {ada, 59, 11, protected}, {ada, 31, 10, protected}, {ada, 32, 10, protected},
		{ada, 9, 10, rules.Verdict{}}, {ada, 60, 10, rules.Verdict{}}, {ada, 10, 9, rules.Verdict{}}, {ada, 10, 12, rules.Verdict{}}, {ada, 99, 59, rules.Verdict{}},
		{someone, 10, 10, rules.Verdict{}}, {mary, 10, 10, rules.Verdict{}},
	} {
		if got := c.verdict(test.who, test.x, test.y, 0, 0); got != test.want {
			t.Errorf("user %s at %d,%d: %+v, want %+v", test.who.User.Text(), test.x, test.y, got, test.want)
		}
	}
	c.undo(n)
	c.expect(ada, 0, rules.Verdict{})
}

func TestRules_PaletteAndStates(t *testing.T) {
	c := newCourt(t)
	palette := c.decide(rules.Act{Do: rules.SetPalette, Colors: []canvas.Color{0xFF0000, 0x00FF00, 0x0000FF}})
	wrong := rules.Verdict{Why: canvas.RefusedColor, Act: palette}
	c.expect(ada, 0, wrong)
	if v := c.verdict(ada, 1, 1, 0x00FF00, 0); v != (rules.Verdict{}) {
		t.Errorf("green: %+v", v)
	}
	table := c.decide(rules.Act{Do: rules.SetTimetable, Phases: []rules.Phase{
		{From: at(time.Hour), State: rules.Open, Pace: &canvas.Pace{Rate: 1, Burst: 2}}, {From: at(2 * time.Hour), State: rules.Frozen},
		{From: at(3 * time.Hour), State: rules.WhiteOut}, {From: at(4 * time.Hour), State: rules.Frozen},
	}})
	c.expect(ada, 0, wrong)
	c.expect(ada, 2*time.Hour, rules.Verdict{Why: canvas.RefusedFrozen, Retry: time.Hour, Act: table})
	c.expect(ada, 3*time.Hour, rules.Verdict{Why: canvas.RefusedColor, Act: table})
	if v := c.verdict(ada, 1, 1, canvas.Background, 3*time.Hour); v != (rules.Verdict{}) {
		t.Errorf("white, which is not in the palette, in a white-out: %+v", v)
	}
	c.expect(ada, 5*time.Hour, rules.Verdict{Why: canvas.RefusedFrozen, Act: table})
	if pace, ok := c.Rules().Pace(canvas.RoleMember, noon.Add(time.Hour)); !ok || pace.Rate != 1 {
		t.Errorf("pace %+v, %v", pace, ok)
	}
	if _, ok := c.Rules().Pace(canvas.RoleModerator, noon.Add(time.Hour)); ok {
		t.Error("a moderator has the pace of members")
	}
	frozen := c.decide(rules.Act{Do: rules.SetFrozen, Until: at(90 * time.Minute), By: grace})
	c.expect(mary, 0, rules.Verdict{Why: canvas.RefusedFrozen, Retry: 90 * time.Minute, Act: frozen})
	open := c.decide(rules.Act{Do: rules.SetOpen})
	c.expect(ada, 5*time.Hour, wrong)
	c.undo(open)
	c.expect(ada, 5*time.Hour, rules.Verdict{Why: canvas.RefusedFrozen, Act: table})
	c.undo(palette)
	c.expect(ada, 100*time.Minute, rules.Verdict{})
}
