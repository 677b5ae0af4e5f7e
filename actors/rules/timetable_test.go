package rules_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/rules"
)

// TestStates_Retry: who may not draw is told when they may again, if that is known.
func TestStates_Retry(t *testing.T) {
	open, frozen, white := rules.Open, rules.Frozen, rules.WhiteOut
	for _, test := range []struct {
		freezes []time.Duration // until when; 0: no end
		phases  []rules.State   // one an hour, the first at 1 h
		after   time.Duration
		state   rules.State
		retry   time.Duration // of white, if it is refused
		until   time.Duration // 0: not known
	}{
		{nil, nil, 0, open, 0, 0},
		{[]time.Duration{0}, nil, 0, frozen, 0, 0},
		{[]time.Duration{time.Hour}, nil, 0, frozen, time.Hour, time.Hour},
		{[]time.Duration{time.Hour}, nil, time.Hour, open, 0, 0},
		{[]time.Duration{2 * time.Hour, time.Hour}, nil, time.Hour, frozen, time.Hour, 2 * time.Hour},
		{[]time.Duration{time.Hour, 0}, nil, time.Hour, frozen, 0, 0},
		{nil, []rules.State{frozen, open}, 0, open, 0, time.Hour},
		{nil, []rules.State{frozen, frozen, white, open}, time.Hour, frozen, 2 * time.Hour, 3 * time.Hour},
		{nil, []rules.State{frozen, white}, 2 * time.Hour, white, 0, 0},
		{nil, []rules.State{frozen, frozen}, 2 * time.Hour, frozen, 0, 0},
		{[]time.Duration{90 * time.Minute}, []rules.State{frozen, open}, 0, frozen, 2 * time.Hour, 2 * time.Hour},
		{[]time.Duration{90 * time.Minute}, []rules.State{white}, 0, frozen, 90 * time.Minute, 90 * time.Minute},
		{[]time.Duration{0}, []rules.State{open, white}, 0, frozen, 0, 0},
	} {
		c, table := newCourt(t), rules.Act{Do: rules.SetTimetable}
		for n, state := range test.phases {
			table.Phases = append(table.Phases, rules.Phase{From: at(time.Duration(n+1) * time.Hour), State: state})
		}
		if len(table.Phases) > 0 {
			c.decide(table)
		}
		for _, until := range test.freezes {
			act := rules.Act{Do: rules.SetFrozen}
			if until != 0 {
				act.Until = at(until)
			}
			c.decide(act)
		}
		until := int64(0)
		if test.until != 0 {
			until = at(test.until)
		}
		shown := c.Rules().Shown(noon.Add(test.after))
		verdict := c.verdict(ada, 10, 10, canvas.Background, test.after)
		if shown.State != test.state || shown.Until != until || verdict.Retry != test.retry || (verdict.Why != 0) != (test.state == frozen) {
			t.Errorf("%+v: %s until %d, %+v", test, shown.State, shown.Until, verdict)
		}
	}
}

// TestRules_Next: between one moment at which something changes and the next, everything stays as it is.
func TestRules_Next(t *testing.T) {
	c := newCourt(t)
	c.decide(rules.Act{Do: rules.SetTimetable, Phases: []rules.Phase{{From: at(time.Hour), State: rules.Frozen}, {From: at(3 * time.Hour), State: rules.Open}}})
	c.decide(rules.Act{Do: rules.SetFrozen, Until: at(3 * time.Hour)})
	c.decide(rules.Act{Do: rules.Ban, Target: &rules.Target{User: ada.User}, Until: at(2 * time.Hour)})
	c.undo(c.decide(rules.Act{Do: rules.Ban, Target: &rules.Target{User: 9}, Until: at(30 * time.Minute)}))
	now := noon
	for _, want := range []time.Duration{time.Hour, 2 * time.Hour, 3 * time.Hour} {
		next := c.Rules().Next(now)
		if !next.Equal(noon.Add(want)) {
			t.Fatalf("after %s comes %s, want %s", now, next, noon.Add(want))
		}
		now = next
	}
	if next := c.Rules().Next(now); !next.IsZero() {
		t.Errorf("and then %s", next)
	}
}

func TestRules_Shown(t *testing.T) {
	c := newCourt(t)
	c.decide(rules.Act{Do: rules.Ban, Target: &rules.Target{User: ada.User}})
	text, err := json.Marshal(c.Rules().Shown(noon))
	if err != nil || string(text) != `{"version":1,"state":"open","until":0,"palette":[],"phases":[],"areas":[],"appeal":""}` {
		t.Errorf("%s, error %v", text, err)
	}
	c.decide(rules.Act{Do: rules.SetPalette, Colors: []canvas.Color{0xFF0000}})
	c.decide(rules.Act{Do: rules.SetAppeal, Text: "mods@example.org"})
	c.decide(rules.Act{Do: rules.SetTimetable, Phases: []rules.Phase{{From: 5, State: rules.WhiteOut, Pace: &canvas.Pace{Rate: 0.5, Burst: 3}}}})
	c.decide(rules.Act{Do: rules.Protect, Area: &rules.Area{Name: "Flag", X: 1, Y: 2, Width: 3, Height: 4, Least: canvas.RoleMember, Users: []canvas.Author{ada.User}}})
	c.decide(rules.Act{Do: rules.Protect, Until: at(time.Hour), Area: &rules.Area{Width: 1, Height: 1, Least: canvas.RoleOwner}})
	text, err = json.Marshal(c.Rules().Shown(noon.Add(time.Hour)))
	want := `{"version":6,"state":"white-out","until":0,"palette":["#FF0000"],"phases":[{"from":5,"state":"white-out","pace":{"rate":0.5,"burst":3}}],` +
		`"areas":[{"act":5,"by":"owner","name":"Flag","x":1,"y":2,"width":3,"height":4,"least":"member","users":["000000000ada"]}],"appeal":"mods@example.org"}`
	if err != nil || string(text) != want {
		t.Errorf("got  %s, error %v\nwant %s", text, err, want)
	}
	if until := c.Rules().Shown(noon).Areas[1].Until; until != at(time.Hour) {
		t.Errorf("the other area ends at %d", until)
	}
	var back rules.Shown
	if err := json.Unmarshal(text, &back); err != nil || back.Areas[0].Act != 5 || back.Areas[0].Users[0] != ada.User || back.Areas[0].Name != "Flag" {
		t.Errorf("read as %+v, error %v", back, err)
	}
}

func TestRules_InForce(t *testing.T) {
	c := newCourt(t)
	c.decide(rules.Act{Do: rules.SetFrozen, Until: at(time.Hour)})
	c.decide(rules.Act{Do: rules.Announce, Text: "hello"})
	ban := c.decide(rules.Act{Do: rules.Ban, Target: &rules.Target{User: 9}})
	c.decide(rules.Act{Do: rules.Mute, Target: &rules.Target{User: 9}})
	c.undo(ban)
	numbers := func(after time.Duration) (list []uint64) {
		for _, act := range c.Rules().InForce(noon.Add(after)) {
			list = append(list, act.N)
		}
		return list
	}
	if soon, late := numbers(0), numbers(time.Hour); fmt.Sprint(soon, late) != "[1 4] [4]" {
		t.Errorf("in force: %v, in an hour %v", soon, late)
	}
	c.decide(rules.Act{Do: rules.SetPalette})
	c.decide(rules.Act{Do: rules.SetPalette, Colors: []canvas.Color{1}})
	c.decide(rules.Act{Do: rules.SetOpen})
	c.decide(rules.Act{Do: rules.SetFrozen})
	for _, user := range []canvas.Author{9, 2, 9} {
		c.decide(rules.Act{Do: rules.SetRole, Target: &rules.Target{User: user}, Role: canvas.RoleMember})
	}
	if list := fmt.Sprint(numbers(0)); list != "[4 7 9 11 12]" {
		t.Errorf("in force: %s", list)
	}
	if by := c.Rules().UndoneBy(ban); by != 5 || c.Rules().UndoneBy(5) != 0 {
		t.Errorf("undone by %d", by)
	}
}
