package rules_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/rules"
)

// model works out by reading all acts again for each question what the rules say.
type model []*rules.Act

func (m model) inForce(act *rules.Act, now int64) bool {
	if act.Until != 0 && act.Until <= now {
		return false
	}
	for _, later := range m[act.N:] {
		if later.Do == rules.Undo && later.Of == act.N && m.inForce(later, now) {
			return false
		}
	}
	return true
}

// of lists the acts of some kinds that are in force.
func (m model) of(now int64, kinds ...rules.Kind) (acts []*rules.Act) {
	for _, act := range m {
		if slices.Contains(kinds, act.Do) && m.inForce(act, now) {
			acts = append(acts, act)
		}
	}
	return acts
}

func (m model) role(who rules.Who, now int64) canvas.Role {
	role := who.Role
	for _, act := range m.of(now, rules.SetRole) {
		if act.Target.User == who.User && who.Known {
			role = act.Role
		}
	}
	return role
}

// about reports whether an act of a kind is about somebody.
func (m model) about(kind rules.Kind, who rules.Who, now int64) bool {
	for _, act := range m.of(now, kind) {
		target := act.Target
		shared := target.Network == who.Network || target.CIDR != "" && netip.MustParsePrefix(target.CIDR).Contains(netip.AddrFrom16(who.Address).Unmap())
		if target.User != 0 && (target.User == who.User || target.User == who.Owner) || shared && m.role(who, now) < canvas.RoleModerator {
			return true
		}
	}
	return false
}

func (m model) state(now int64) (state rules.State, pace *canvas.Pace) {
	state = rules.Open
	frozen := false
	for _, act := range m.of(now, rules.SetTimetable, rules.SetFrozen, rules.SetOpen) {
		switch act.Do {
		case rules.SetOpen:
			state, frozen, pace = rules.Open, false, nil
		case rules.SetFrozen:
			frozen = true
		case rules.SetTimetable:
			state, pace = rules.Open, nil
			for _, phase := range act.Phases {
				if phase.From <= now {
					state, pace = phase.State, phase.Pace
				}
			}
		}
	}
	if frozen {
		state = rules.Frozen
	}
	return state, pace
}

func (m model) why(who rules.Who, x, y int, color canvas.Color, now int64) canvas.Refusal {
	state, _ := m.state(now)
	switch {
	case m.about(rules.Ban, who, now):
		return canvas.RefusedBanned
	case state == rules.Frozen:
		return canvas.RefusedFrozen
	case state == rules.WhiteOut && color != canvas.Background:
		return canvas.RefusedColor
	}
	if palettes := m.of(now, rules.SetPalette); len(palettes) > 0 && state != rules.WhiteOut {
		if colors := palettes[len(palettes)-1].Colors; len(colors) > 0 && !slices.Contains(colors, color) {
			return canvas.RefusedColor
		}
	}
	for _, act := range m.of(now, rules.Protect) {
		inside := x >= act.Area.X && x < act.Area.X+act.Area.Width && y >= act.Area.Y && y < act.Area.Y+act.Area.Height
		if inside && (act.Area.Mask == "" || ring(x-act.Area.X, y-act.Area.Y)) && m.role(who, now) < act.Area.Least && (!who.Known || !slices.Contains(act.Area.Users, who.User)) {
			return canvas.RefusedProtected
		}
	}
	return 0
}

func (m model) pace(role canvas.Role, now int64) string {
	if _, pace := m.state(now); pace != nil && role <= canvas.RoleMember {
		return fmt.Sprint(*pace)
	}
	said := "as ever"
	for _, act := range m.of(now, rules.SetPace) {
		if act.Role == role {
			said = fmt.Sprint(*act.Pace)
		}
	}
	return said
}

// ring is the pixels that the mask of the test has.
func ring(x, y int) bool { return (x+y)%3 == 0 }

// chance makes acts that concern each other.
type chance struct {
	*rand.Rand
	mask string
}

func (r chance) who() rules.Who {
	return rules.Who{
		User: canvas.Author(1 + r.IntN(4)), Known: r.IntN(4) > 0, Owner: canvas.Author(r.IntN(5)), Network: canvas.NetworkID(1 + r.IntN(4)), Role: canvas.Role(r.IntN(4)),
		Address: ip(10, byte(r.IntN(2)), byte(r.IntN(2)), byte(r.IntN(4))),
	}
}

func (r chance) after() time.Duration { return time.Duration(r.IntN(20)) * time.Minute }

func (r chance) target() *rules.Target {
	switch r.IntN(3) {
	case 0:
		return &rules.Target{User: canvas.Author(1 + r.IntN(4))}
	case 1:
		return &rules.Target{Network: canvas.NetworkID(1 + r.IntN(4))}
	}
	prefix := netip.PrefixFrom(netip.AddrFrom16(r.who().Address).Unmap(), 8+r.IntN(25))
	return &rules.Target{CIDR: prefix.Masked().String()}
}

func (r chance) act(acts int) rules.Act {
	act := rules.Act{Do: rules.Undo, Time: at(r.after() / 4)}
	if kinds := rules.Kinds(); acts == 0 || r.IntN(3) > 0 {
		act.Do = kinds[r.IntN(len(kinds))]
	}
	switch act.Do {
	case rules.Undo:
		act.Of = 1 + r.Uint64N(uint64(max(acts, 1)))
	case rules.SetPalette:
		act.Colors = [][]canvas.Color{nil, {1}, {1, canvas.Background}, {1, 2, 3}}[r.IntN(4)]
	case rules.SetTimetable:
		from := at(0)
		for range 1 + r.IntN(3) {
			phase := rules.Phase{From: from, State: []rules.State{rules.Open, rules.Frozen, rules.WhiteOut}[r.IntN(3)]}
			if r.IntN(2) == 0 {
				phase.Pace = &canvas.Pace{Rate: float64(r.IntN(3)), Burst: 1 + r.IntN(3)}
			}
			act.Phases, from = append(act.Phases, phase), from+1+r.Int64N(600_000)
		}
	case rules.Protect:
		act.Area = &rules.Area{X: r.IntN(40), Y: r.IntN(20), Width: 1 + r.IntN(60), Height: 1 + r.IntN(40), Least: canvas.Role(1 + r.IntN(3))}
		if r.IntN(2) == 0 {
			act.Area.Mask, act.Area.Width, act.Area.Height = r.mask, 50, 35
		}
		if r.IntN(2) == 0 {
			act.Area.Users = []canvas.Author{canvas.Author(1 + r.IntN(4))}
		}
	case rules.SetPace:
		act.Role, act.Pace = canvas.Role(r.IntN(4)), &canvas.Pace{Rate: float64(r.IntN(3)), Burst: 1 + r.IntN(3)}
	case rules.SetRole:
		act.Role, act.Target = canvas.Role(r.IntN(4)), &rules.Target{User: canvas.Author(1 + r.IntN(4))}
	case rules.Ban, rules.Mute, rules.Shadow:
		act.Target = r.target()
	case rules.Announce, rules.SetAppeal, rules.Operate:
		act.Text = "hello"
	}
	if slices.Contains([]rules.Kind{rules.SetFrozen, rules.Protect, rules.Ban, rules.Mute, rules.Shadow}, act.Do) && r.IntN(2) == 0 {
		act.Until = act.Time + int64(r.after()/time.Millisecond) + 1
	}
	return act
}

// TestRules_EqualTheModel: whatever is decided and taken back, the rules say what reading all acts says.
func TestRules_EqualTheModel(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	mask, err := rules.NewMask(50, 35, ring)
	if err != nil {
		t.Fatal(err)
	}
	name, _, err := mask.Encode()
	if err != nil {
		t.Fatal(err)
	}
	r := chance{rand.New(rand.NewPCG(seed, 0)), name}
	counted := make(map[canvas.Refusal]int)
	for range 20 {
		c, m := newCourt(t), model(nil)
		c.Masks(func(wanted string) *rules.Mask {
			if wanted == name {
				return mask
			}
			return nil
		})
		for range 40 {
			if drafted, err := c.draft(r.act(len(m))); err == nil {
				act, err := c.Append(drafted.Encode())
				if err != nil || act.Ignored {
					t.Fatalf("%+v was drafted, but: %v", drafted, err)
				}
				m = append(m, act)
			}
			for range 10 {
				counted[same(t, c, m, r)]++
			}
		}
		if missing := c.Rules().Missing(); missing != nil {
			t.Errorf("masks %v are missing", missing)
		}
	}
	t.Log(counted)
	for _, why := range []canvas.Refusal{0, canvas.RefusedBanned, canvas.RefusedFrozen, canvas.RefusedColor, canvas.RefusedProtected} {
		if counted[why] < 5 {
			t.Errorf("only %d of %s among %v: the test does not try it", counted[why], why, counted)
		}
	}
}

// same compares one random question.
func same(t *testing.T, c *court, m model, r chance) canvas.Refusal {
	t.Helper()
	who, x, y, color, after := r.who(), r.IntN(geometry.Width), r.IntN(geometry.Height), canvas.Color(r.IntN(4)), r.after()
	if r.IntN(3) == 0 {
		color = canvas.Background
	}
	now, rights := noon.Add(after), c.Rules()
	ms := now.UnixMilli()
	state, _ := m.state(ms)
	pace, ok := rights.Pace(rights.Role(who), now)
	paced := "as ever"
	if ok {
		paced = fmt.Sprint(pace)
	}
	got := fmt.Sprint(c.verdict(who, x, y, color, after).Why, rights.Role(who), rights.Banned(who, now) != nil, rights.Muted(who, now), rights.Shadowed(who, now), rights.Shown(now).State, paced)
	want := fmt.Sprint(m.why(who, x, y, color, ms), m.role(who, ms), m.about(rules.Ban, who, ms), m.about(rules.Mute, who, ms), m.about(rules.Shadow, who, ms), state, m.pace(m.role(who, ms), ms))
	if got != want {
		var acts []byte
		for _, act := range m {
			acts = append(append(acts, act.Encode()...), '\n')
		}
		t.Fatalf("%+v at %d,%d with %s after %s: %s, want %s, of\n%s", who, x, y, color, after, got, want, acts)
	}
	c.keepsItsWord(who, x, y, color, after)
	return m.why(who, x, y, color, ms)
}

// keepsItsWord: nothing changes before Next, and who is told when to come again is not refused for the same reason then.
func (c *court) keepsItsWord(who rules.Who, x, y int, color canvas.Color, after time.Duration) {
	c.t.Helper()
	verdict := c.verdict(who, x, y, color, after)
	if next := c.Rules().Next(noon.Add(after)); !next.IsZero() {
		last := next.Sub(noon) - time.Millisecond
		if then := c.verdict(who, x, y, color, last); then.Why != verdict.Why || then.Act != verdict.Act || c.Rules().Shown(noon.Add(after)).State != c.Rules().Shown(noon.Add(last)).State {
			c.t.Fatalf("after %s %+v, and though nothing should have changed, after %s %+v", after, verdict, last, then)
		}
	}
	if again := c.verdict(who, x, y, color, after+verdict.Retry); verdict.Retry > 0 && again.Act == verdict.Act && again.Why == verdict.Why {
		c.t.Fatalf("after %s %+v, and at that time %+v", after, verdict, again)
	}
}
