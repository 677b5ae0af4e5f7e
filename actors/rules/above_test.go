package rules_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/rules"
)

// wanted are acts of each kind: all that one may try against those that there are.
func wanted(kind rules.Kind, by rules.By, acts uint64) (list []rules.Act) {
	one := func(act rules.Act) {
		act.Do, act.By = kind, by
		list = append(list, act)
	}
	area := func(least canvas.Role) *rules.Area {
		return &rules.Area{Name: "Flag", X: 1, Y: 1, Width: 9, Height: 9, Least: least, Users: []canvas.Author{by.User + 1}}
	}
	switch kind {
	case rules.SetPalette:
		one(rules.Act{})
		one(rules.Act{Colors: []canvas.Color{canvas.Color(by.Role)}})
	case rules.SetFrozen:
		one(rules.Act{})
		one(rules.Act{Until: at(time.Minute)})
	case rules.SetTimetable:
		one(rules.Act{Phases: []rules.Phase{{From: 1, State: rules.WhiteOut}}})
	case rules.Protect:
		one(rules.Act{Area: area(canvas.RoleMember)})
		one(rules.Act{Area: area(by.Role)})
	case rules.SetPace:
		for role := range canvas.RoleOwner + 1 {
			one(rules.Act{Role: role, Pace: &canvas.Pace{}})
		}
	case rules.Ban, rules.Mute, rules.Shadow:
		one(rules.Act{Target: &rules.Target{User: 0xE1}})
		one(rules.Act{Target: &rules.Target{User: 0xE1}, Until: at(time.Minute)})
		one(rules.Act{Target: &rules.Target{Network: 0xF1}})
		one(rules.Act{Target: &rules.Target{CIDR: "10.0.0.0/8"}})
	case rules.Announce, rules.SetAppeal, rules.Operate:
		one(rules.Act{Text: "by " + by.Role.String()})
	case rules.SetRole:
		for role := range canvas.RoleOwner + 1 {
			one(rules.Act{Target: &rules.Target{User: 0xE1}, Role: role})
		}
	case rules.Rollback:
		one(rules.Act{Selection: &rules.Selection{From: 1}})
		for n := uint64(1); n <= acts; n++ {
			one(rules.Act{Selection: &rules.Selection{Cause: rules.Cause(rules.Rollback, n)}})
			one(rules.Act{Selection: &rules.Selection{Cause: rules.Cause(rules.Undo, n)}})
		}
	case rules.Resolve:
		one(rules.Act{Report: "r1"})
	case rules.Undo:
		for n := uint64(1); n <= acts; n++ {
			one(rules.Act{Of: n})
		}
	default:
		one(rules.Act{})
	}
	return list
}

// inForce names what is in force, of a role or a higher one.
func (c *court) inForce(least canvas.Role) map[uint64]bool {
	found := make(map[uint64]bool)
	for _, act := range c.Rules().InForce(noon) {
		if act.By.Role >= least {
			found[act.N] = true
		}
	}
	return found
}

// TestDraft_NothingAboveIsLifted: whatever somebody has decided, and another on it, nobody with a lower role can decide anything after
// which an act of theirs that was in force is not, or is taken back. All pairs of kinds and all three roles that decide, and each of
// these with an act of the lower role's own before it that is taken back and brought back.
func TestDraft_NothingAboveIsLifted(t *testing.T) {
	by := func(role canvas.Role) rules.By {
		return rules.By{User: canvas.Author(0xA0 + int(role)), Role: role, Via: "page"}
	}
	tried, refused := 0, 0
	try := func(c *court, role canvas.Role, act rules.Act, theirs uint64) {
		tried++
		drafted, err := c.draft(act)
		switch {
		case err != nil:
			refused++
			return
		case role < canvas.RoleModerator:
			t.Errorf("a %s may %s", role, act.Do)
		case act.Do == rules.Undo && act.Of == theirs, act.Do == rules.Rollback && act.Selection.Cause == rules.Cause(rules.Rollback, theirs):
			t.Errorf("a %s takes back act %d of an owner by %s", role, theirs, drafted.Encode())
		}
		after := court{Chain: c.copied(t), t: t}
		if _, err := after.Append(drafted.Encode()); err != nil {
			t.Fatal(err)
		}
		left := after.inForce(role + 1)
		for n := range c.inForce(role + 1) {
			if !left[n] {
				t.Errorf("a %s ends act %d: %s", role, n, drafted.Encode())
			}
		}
	}
	for _, first := range rules.Kinds() {
		starts := wanted(first, by(canvas.RoleOwner), 0)
		for _, start := range starts[:min(len(starts), 2)] { // whom it is about makes no difference to others
			for _, before := range [][]rules.Act{nil, {{Do: rules.SetFrozen, By: by(canvas.RoleModerator)}}, {{Do: rules.SetOpen, By: by(canvas.RoleModerator)}, {Do: rules.Undo, Of: 1, By: by(canvas.RoleModerator)}}} {
				c := newCourt(t)
				for i, act := range before { // by earlier versions, which asked for less
					act.N, act.Before, act.Time, act.ID = c.Len()+1, c.Head(), noon.UnixMilli(), fmt.Sprint("before ", i)
					if _, err := c.Append(act.Encode()); err != nil {
						t.Fatal(err)
					}
				}
				if _, err := c.draft(start); err != nil {
					if first != rules.SetOpen || !errors.Is(err, rules.ErrMoot) {
						t.Fatalf("%s: %v", first, err)
					}
					continue
				}
				theirs := c.decide(start)
				for _, kind := range rules.Kinds() {
					for role := canvas.RoleMember; role <= canvas.RoleModerator; role++ {
						for _, act := range wanted(kind, by(role), c.Len()) {
							try(c, role, act, theirs)
						}
					}
				}
			}
		}
	}
	t.Logf("%d tried, %d refused", tried, refused)
	if tried < 3_000 || tried-refused < 500 {
		t.Errorf("%d were tried and %d refused: that is not all", tried, refused)
	}
}

// TestDraft_NothingPutBackIsLifted: what an owner has put back in force, by taking back an undo of it, is as if an owner had decided it.
// Of all kinds that moderators decide, with one undo of theirs before and with several; where the number is odd, an undo is put back.
func TestDraft_NothingPutBackIsLifted(t *testing.T) {
	moderator, owner := rules.By{User: 0xA2, Role: canvas.RoleModerator, Via: "page"}, rules.By{User: 0xA3, Role: canvas.RoleOwner, Via: "page"}
	tried, refused := 0, 0
	for _, first := range rules.Kinds() {
		for undos := range 5 {
			if first == rules.Undo || first == rules.Announce || first == rules.Resolve { // which are done
				break
			}
			c := newCourt(t)
			c.decide(rules.Act{Do: rules.SetFrozen, By: moderator})            // for open to end
			if _, err := c.draft(wanted(first, moderator, 0)[0]); err != nil { // an owner's
				break
			}
			last := c.decide(wanted(first, moderator, 0)[0])
			if first == rules.SetFrozen { // which this would end if it came back
				c.decide(rules.Act{Do: rules.Undo, Of: c.decide(rules.Act{Do: rules.SetOpen, By: moderator}), By: moderator})
			}
			begun := map[uint64]bool{last: true} // every other one is in force
			kept := map[uint64]bool{}
			for range undos + 1 {
				last = c.decide(rules.Act{Do: rules.Undo, Of: last, By: moderator})
				begun[last] = true
			}
			last = c.decide(rules.Act{Do: rules.Undo, Of: last, By: owner})
			begun[last] = true
			for n := range begun {
				kept[n] = c.Rules().UndoneBy(n) == 0
			}
			before := c.inForce(canvas.RoleGuest)
			for _, kind := range rules.Kinds() {
				for _, act := range wanted(kind, moderator, c.Len()) {
					tried++
					drafted, err := c.draft(act)
					if err != nil {
						refused++
						continue
					}
					for n := range begun {
						if act.Do == rules.Rollback && kept[n] && (act.Selection.Cause == rules.Cause(rules.Rollback, n) || act.Selection.Cause == rules.Cause(rules.Undo, n)) {
							t.Errorf("%s, %d undos: act %d is taken back by %s", first, undos+1, n, drafted.Encode())
						}
					}
					after := court{Chain: c.copied(t), t: t}
					if _, err := after.Append(drafted.Encode()); err != nil {
						t.Fatal(err)
					}
					left := after.inForce(canvas.RoleGuest)
					for n := range begun {
						if kept[n] && (after.Rules().UndoneBy(n) != 0 || before[n] && !left[n]) {
							t.Errorf("%s, %d undos: act %d is ended by %s", first, undos+1, n, drafted.Encode())
						}
					}
				}
			}
		}
	}
	t.Logf("%d tried, %d refused", tried, refused)
	if tried < 1_000 || tried-refused < 300 {
		t.Errorf("%d were tried and %d refused: that is not all", tried, refused)
	}
	c := newCourt(t)
	ban := c.decide(rules.Act{Do: rules.Ban, Target: &rules.Target{User: 0xE1}, By: moderator})
	c.undo(c.decide(rules.Act{Do: rules.Undo, Of: ban, By: moderator}))
	c.refused(rules.Act{Do: rules.Undo, Of: ban, By: moderator}, rules.ErrRights, "act 1 was put back in force by somebody with the role owner")
	c.undo(ban)
}

// copied is another chain with the same acts.
func (c *court) copied(t *testing.T) *rules.Chain {
	other := rules.NewChain(geometry)
	for n := uint64(1); n <= c.Len(); n++ {
		if _, err := other.Append(c.Act(n).Encode()); err != nil {
			t.Fatal(err)
		}
	}
	return other
}

// TestDraft_Opens: what ends a freeze of one's own must not end the freeze and the timetable of somebody above.
func TestDraft_Opens(t *testing.T) {
	for _, above := range []rules.Act{{Do: rules.SetFrozen}, {Do: rules.SetTimetable, Phases: []rules.Phase{{From: 1, State: rules.WhiteOut}}}} {
		c := newCourt(t)
		theirs := c.decide(above)
		own := c.decide(rules.Act{Do: rules.SetFrozen, By: grace})
		c.refused(rules.Act{Do: rules.SetOpen, By: grace}, rules.ErrRights, fmt.Sprintf("act %d was decided by somebody with the role owner, and opening would end it; freezes of your own can be undone", theirs))
		c.refused(rules.Act{Do: rules.Undo, Of: theirs, By: grace}, rules.ErrRights, "role owner")
		c.decide(rules.Act{Do: rules.Undo, Of: own, By: grace})
		if state := c.Rules().Shown(noon).State; state == rules.Open {
			t.Errorf("after a moderator has undone a freeze of theirs, the canvas is %s", state)
		}
		c.decide(rules.Act{Do: rules.SetOpen})
		if state := c.Rules().Shown(noon).State; state != rules.Open {
			t.Errorf("an owner opens: it is %s", state)
		}
	}
	c := newCourt(t)
	c.decide(rules.Act{Do: rules.SetFrozen, By: grace})
	c.decide(rules.Act{Do: rules.SetOpen, By: grace})
	c.decide(rules.Act{Do: rules.SetFrozen, Until: at(time.Minute)})
	c.decide(rules.Act{Do: rules.SetFrozen, By: grace, Time: at(time.Hour)})
	c.decide(rules.Act{Do: rules.SetOpen, By: grace, Time: at(time.Hour)}) // that of above has ended
}

// TestRules_Undoable says of each act what Draft would.
func TestRules_Undoable(t *testing.T) {
	c := newCourt(t)
	owners := c.decide(rules.Act{Do: rules.SetFrozen})
	own := c.decide(rules.Act{Do: rules.SetFrozen, By: grace})
	said := c.decide(rules.Act{Do: rules.Announce, Text: "hello", By: grace})
	back := c.undo(own)
	for n, by := range map[uint64]rules.By{owners: grace, own: grace, said: grace, back: grace} {
		_, err := c.draft(rules.Act{Do: rules.Undo, Of: n, By: by})
		if got := c.Rules().Undoable(n, by, noon); fmt.Sprint(got) != fmt.Sprint(err) || err == nil {
			t.Errorf("act %d: %v, and Draft says %v", n, got, err)
		}
	}
	if err := c.Rules().Undoable(back, operator, noon); err != nil {
		t.Error(err)
	}
	if err := rules.None().Undoable(1, operator, noon); !errors.Is(err, rules.ErrInvalid) {
		t.Error(err)
	}
}

// TestChain_Fault: a fault in working out the rules leaves them as they were, and is told.
func TestChain_Fault(t *testing.T) {
	c := newCourt(t)
	c.decide(rules.Act{Do: rules.SetFrozen})
	if c.Rules().Version() != 1 || c.Fault() != nil {
		t.Fatal(c.Fault())
	}
	broken := true
	c.Masks(func(string) *rules.Mask {
		if broken {
			panic("poison")
		}
		return nil
	})
	act := rules.Act{Do: rules.Protect, Area: &rules.Area{Width: 1, Height: 1, Mask: "m", Least: canvas.RoleMember}}
	act.N, act.Before, act.By, act.Time, act.ID = 2, c.Head(), operator, noon.UnixMilli(), "id-2"
	if _, err := c.Append(act.Encode()); err != nil {
		t.Fatal(err)
	}
	if c.Rules().Version() != 1 || c.Fault() == nil || c.verdict(ada, 1, 1, 0, 0).Why != canvas.RefusedFrozen {
		t.Errorf("version %d, fault %v", c.Rules().Version(), c.Fault())
	}
	broken = false
	c.decide(rules.Act{Do: rules.SetAppeal, Text: "x"})
	if c.Rules().Version() != 3 || c.Fault() != nil {
		t.Errorf("version %d, fault %v", c.Rules().Version(), c.Fault())
	}
}
