package rules_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/rules"
)

// TestAct_IsReadByPeople: so an act is stored, and so it was in every earlier version.
func TestAct_IsReadByPeople(t *testing.T) {
	for want, act := range map[string]rules.Act{
		`{"n":1,"before":"","id":"id-1","time":1796040000000,"by":{"user":"000000c0ffee","role":"moderator","name":"Grace","via":"page"},"why":"<bots> & more","do":"ban","until":1796043600000,"target":{"user":"b0000000000a"},"report":"r1"}`: {
			By: grace, Do: rules.Ban, Target: &rules.Target{User: 0xB0000000000A}, Until: at(time.Hour), Why: "<bots> & more", Report: "r1"},
		`{"n":1,"before":"","id":"id-1","time":1796040000000,"by":{"role":"owner","via":"pixelctl"},"do":"palette","colors":["#FF0000","#FFFFFF"]}`: {
			Do: rules.SetPalette, Colors: []canvas.Color{0xFF0000, canvas.Background}},
		`{"n":1,"before":"","id":"id-1","time":1796040000000,"by":{"role":"owner","via":"pixelctl"},"do":"pace","pace":{"rate":0.2,"burst":6},"role":"guest"}`: {
			Do: rules.SetPace, Pace: &canvas.Pace{Rate: 0.2, Burst: 6}},
		`{"n":1,"before":"","id":"id-1","time":1796040000000,"by":{"role":"owner","via":"pixelctl"},"do":"protect","area":{"name":"Flag","x":1,"y":2,"width":3,"height":4,"least":"owner","users":["00000000000a"]}}`: {
			Do: rules.Protect, Area: &rules.Area{Name: "Flag", X: 1, Y: 2, Width: 3, Height: 4, Least: canvas.RoleOwner, Users: []canvas.Author{10}}},
		`{"n":1,"before":"","id":"id-1","time":1796040000000,"by":{"role":"owner","via":"pixelctl"},"do":"rollback","selection":{"users":["00000000000a"],"networks":["00000000000b"],"from":5}}`: {
			Do: rules.Rollback, Selection: &rules.Selection{Users: []canvas.Author{10}, Networks: []canvas.NetworkID{11}, From: 5}},
	} {
		c := newCourt(t)
		drafted, err := c.draft(act)
		if err != nil {
			t.Errorf("%s: %v", act.Do, err)
			continue
		}
		if got := string(drafted.Encode()); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		back, err := c.Append(drafted.Encode())
		if err != nil || back.Ignored || string(back.Encode()) != want {
			t.Errorf("%s is read as %+v, error %v", want, back, err)
		}
	}
}

func TestDraft_Refused(t *testing.T) {
	user, list := &rules.Target{User: 7}, func(n int) (users []canvas.Author) {
		return slices.Repeat([]canvas.Author{9}, n)
	}
	area := func(change func(*rules.Area)) *rules.Area {
		a := &rules.Area{Width: 5, Height: 5, Least: canvas.RoleMember}
		change(a)
		return a
	}
	for says, act := range map[string]rules.Act{
		`there is no such act`:                   {Do: "dance"},
		`id: must be`:                            {Do: rules.SetFrozen, ID: "two words"},
		`until: must be in the future`:           {Do: rules.SetFrozen, Until: at(0)},
		`within 100 years`:                       {Do: rules.SetFrozen, Until: at(time.Hour * 24 * 36600)},
		`until: has no meaning for open`:         {Do: rules.SetOpen, Until: at(time.Hour)},
		`colors: has no meaning for freeze`:      {Do: rules.SetFrozen, Colors: []canvas.Color{1}},
		`why: must be one line of at most 500`:   {Do: rules.SetFrozen, Why: strings.Repeat("y", 501)},
		`text: must be one line`:                 {Do: rules.Announce, Text: "a\nb"},
		`text: is missing`:                       {Do: rules.Announce},
		`report: is missing`:                     {Do: rules.Resolve},
		`#000001 is there twice`:                 {Do: rules.SetPalette, Colors: []canvas.Color{1, 2, 1}},
		`colors: are 257`:                        {Do: rules.SetPalette, Colors: make([]canvas.Color, 257)},
		`phases: are missing`:                    {Do: rules.SetTimetable},
		`phase 2: must begin after`:              {Do: rules.SetTimetable, Phases: []rules.Phase{{From: 5, State: rules.Open}, {From: 5, State: rules.Frozen}}},
		`phase 1: state "shut"`:                  {Do: rules.SetTimetable, Phases: []rules.Phase{{From: 5, State: "shut"}}},
		`phase 1: pace`:                          {Do: rules.SetTimetable, Phases: []rules.Phase{{From: 5, State: rules.Open, Pace: &canvas.Pace{Rate: 1}}}},
		`phases: are 51`:                         {Do: rules.SetTimetable, Phases: phases(51)},
		`pace: must be a rate`:                   {Do: rules.SetPace},
		`target: must be one of user`:            {Do: rules.Ban},
		`must be one of user, network`:           {Do: rules.Ban, Target: &rules.Target{User: 1, Network: 2}},
		`must be like 203.0.113.0/24`:            {Do: rules.Ban, Target: &rules.Target{CIDR: "home"}},
		`this range is written 10.0.0.0/8`:       {Do: rules.Ban, Target: &rules.Target{CIDR: "10.1.2.3/8"}},
		`too many addresses`:                     {Do: rules.Ban, Target: &rules.Target{CIDR: "10.0.0.0/7"}},
		`cidr "::/0": write IPv4`:                {Do: rules.Ban, Target: &rules.Target{CIDR: "::/0"}},
		`cidr "2000::/3": too many`:              {Do: rules.Ban, Target: &rules.Target{CIDR: "2000::/3"}},
		`write IPv4 addresses as such`:           {Do: rules.Ban, Target: &rules.Target{CIDR: "::ffff:10.0.0.1"}},
		`must be a user`:                         {Do: rules.SetRole, Target: &rules.Target{Network: 7}},
		`area: is missing`:                       {Do: rules.Protect},
		`which has 100x60 pixels`:                {Do: rules.Protect, Area: area(func(a *rules.Area) { a.X = 96 })},
		`area: must be within`:                   {Do: rules.Protect, Area: area(func(a *rules.Area) { a.Width = 0 })},
		`area: least: must be`:                   {Do: rules.Protect, Area: area(func(a *rules.Area) { a.Least = canvas.RoleGuest })},
		`area: users: are 101`:                   {Do: rules.Protect, Area: area(func(a *rules.Area) { a.Users = list(101) })},
		`area: name: must be one line`:           {Do: rules.Protect, Area: area(func(a *rules.Area) { a.Name = "\xFF" })},
		`there is no such mask`:                  {Do: rules.Protect, Area: area(func(a *rules.Area) { a.Mask = "abc" })},
		`selection: is missing`:                  {Do: rules.Rollback},
		`say of whom, where, or since when`:      {Do: rules.Rollback, Selection: &rules.Selection{}},
		`to must be after from`:                  {Do: rules.Rollback, Selection: &rules.Selection{From: 5, To: 5}},
		`width and height must be`:               {Do: rules.Rollback, Selection: &rules.Selection{X: 5, From: 1}},
		`at most 100 users`:                      {Do: rules.Rollback, Selection: &rules.Selection{Users: list(101)}},
		`number of an act before this one`:       {Do: rules.Undo, Of: 1},
		`of: must be the number`:                 {Do: rules.Undo},
		`area: has no meaning for ban`:           {Do: rules.Ban, Target: user, Area: area(func(*rules.Area) {})},
		`000000000001 is the server itself`:      {Do: rules.Mute, Target: &rules.Target{User: canvas.ServerUser}},
		`users: 000000000001 is the server`:      {Do: rules.Protect, Area: area(func(a *rules.Area) { a.Users = []canvas.Author{canvas.ServerUser} })},
		`given back by undoing the act`:          {Do: rules.Rollback, Selection: &rules.Selection{Users: []canvas.Author{canvas.ServerUser}}},
		`selection: is beside the canvas`:        {Do: rules.Rollback, Selection: &rules.Selection{X: 100, Width: 5, Height: 5}},
		`selection: from must be in the past`:    {Do: rules.Rollback, Selection: &rules.Selection{From: at(0)}},
		`no act has taken anything back so`:      {Do: rules.Rollback, Selection: &rules.Selection{Cause: "rollback 1"}},
		`cause: must be that of an act`:          {Do: rules.Rollback, Selection: &rules.Selection{Cause: "rollback\u202e 1"}},
		`rate must be 0.000001 pixels`:           {Do: rules.SetPace, Pace: &canvas.Pace{Rate: 1e-300, Burst: 1}},
		`at most 1000000 pixels per second`:      {Do: rules.SetPace, Pace: &canvas.Pace{Rate: 1e300, Burst: 1}},
		`and 1048576 at once`:                    {Do: rules.SetPace, Pace: &canvas.Pace{Rate: 1, Burst: 1<<20 + 1}},
		`phase 2: pace: the rate must be`:        {Do: rules.SetTimetable, Phases: []rules.Phase{{From: 1, State: rules.Open}, {From: 2, State: rules.Open, Pace: &canvas.Pace{Rate: 1e-9, Burst: 1}}}},
		`phase 1: must begin within 100 years`:   {Do: rules.SetTimetable, Phases: []rules.Phase{{From: 9e18, State: rules.Open}}},
		`report: must be the id of a report`:     {Do: rules.Resolve, Report: "r 1"},
		`a user or a network without an id`:      {Do: rules.Protect, Area: area(func(a *rules.Area) { a.Users = []canvas.Author{9, 0} })},
		`without an id: nobody could obey it`:    {Do: rules.Rollback, Selection: &rules.Selection{Users: []canvas.Author{0}}},
		`a network without an id: nobody`:        {Do: rules.Rollback, Selection: &rules.Selection{Networks: []canvas.NetworkID{0}}},
		`selection: has no meaning for announce`: {Do: rules.Announce, Text: "t", Selection: &rules.Selection{From: 1}},
	} {
		newCourt(t).refused(act, rules.ErrInvalid, says)
	}
}

func phases(n int) (list []rules.Phase) {
	for i := range n {
		list = append(list, rules.Phase{From: int64(i + 1), State: rules.Open})
	}
	return list
}

// TestDraft_LongestFit: nothing that is within the bounds of its parts is too long as a whole.
func TestDraft_LongestFit(t *testing.T) {
	const longest = 99 * 365 * 24 * time.Hour
	why, by := strings.Repeat(`"`, 500), rules.By{User: 1, Role: canvas.RoleOwner, Name: strings.Repeat(`"`, 80), Via: strings.Repeat(`"`, 80)}
	back := rules.Act{Do: rules.Rollback, Why: why, By: by, Report: strings.Repeat("r", 64), Selection: &rules.Selection{X: 99, Y: 59, Width: canvas.MaxEdge, Height: canvas.MaxEdge, From: at(-time.Second), To: 1e18}}
	area := rules.Area{Name: strings.Repeat(`"`, 80), Width: 1, Height: 1, Least: canvas.RoleMember}
	for n := range 100 {
		back.Selection.Users = append(back.Selection.Users, canvas.Author(n+2))
		back.Selection.Networks = append(back.Selection.Networks, canvas.NetworkID(n+1))
		area.Users = append(area.Users, canvas.Author(n+2))
	}
	table, palette := rules.Act{Do: rules.SetTimetable, Why: why, By: by}, rules.Act{Do: rules.SetPalette, Why: why, By: by}
	for n := range 256 {
		palette.Colors = append(palette.Colors, canvas.Color(n))
	}
	for n := range 50 {
		table.Phases = append(table.Phases, rules.Phase{From: at(longest) + int64(n), State: rules.WhiteOut, Pace: &canvas.Pace{Rate: 1.0 / 3e5, Burst: 1 << 20}})
	}
	c := newCourt(t)
	c.decide(back)
	c.decide(table)
	c.decide(palette)
	c.decide(rules.Act{Do: rules.Protect, Why: why, By: by, Area: &area})
	c.decide(rules.Act{Do: rules.Announce, Why: why, By: by, Text: strings.Repeat(`"`, 1024)})
	for _, stored := range c.stored {
		t.Logf("%d bytes", len(stored))
	}
}

// TestDraft_Moot: what changes nothing is not decided, and says why.
func TestDraft_Moot(t *testing.T) {
	c := newCourt(t)
	c.refused(rules.Act{Do: rules.SetOpen}, rules.ErrMoot, "the canvas is open")
	for _, kind := range []rules.Kind{rules.Ban, rules.Mute, rules.Shadow} {
		for _, target := range []rules.Target{{User: 7}, {Network: 8}, {CIDR: "10.0.0.0/8"}} {
			n := c.decide(rules.Act{Do: kind, Target: &target, Until: at(time.Hour)})
			c.refused(rules.Act{Do: kind, Target: &target, Until: at(time.Minute)}, rules.ErrMoot, "ends no sooner: undo that first")
			c.decide(rules.Act{Do: kind, Target: &target, Until: at(2 * time.Hour), Time: at(time.Hour)})
			c.undo(n)
		}
	}
	c.decide(rules.Act{Do: rules.Ban, Target: &rules.Target{CIDR: "10.1.0.0/16"}}) // though 10.0.0.0/8 is
	freeze := c.decide(rules.Act{Do: rules.SetFrozen, Until: at(time.Hour)})
	c.refused(rules.Act{Do: rules.Undo, Of: freeze, Time: at(time.Hour)}, rules.ErrMoot, "has ended by itself")
	c.refused(rules.Act{Do: rules.SetOpen, Time: at(time.Hour)}, rules.ErrMoot, "the canvas is open")
	undo := c.undo(freeze)
	c.refused(rules.Act{Do: rules.Undo, Of: freeze}, rules.ErrMoot, "is taken back by act")
	c.undo(undo)
	said := c.decide(rules.Act{Do: rules.Announce, Text: "hello"})
	c.refused(rules.Act{Do: rules.Undo, Of: said}, rules.ErrInvalid, "is done and can't be taken back")
	resolved := c.decide(rules.Act{Do: rules.Resolve, Report: "r1"})
	c.refused(rules.Act{Do: rules.Undo, Of: resolved}, rules.ErrInvalid, "is done and can't be taken back")
	c.refused(rules.Act{Do: rules.SetFrozen, ID: "id-1"}, rules.ErrInvalid, "act 1 has it")
	if c.Done("id-1").N != 1 || c.Done("id-0") != nil {
		t.Error("it is not known what was asked for under an id")
	}
}

func TestDraft_Rights(t *testing.T) {
	c := newCourt(t)
	nobody := rules.By{User: 2, Role: canvas.RoleMember, Via: "page"}
	mods := []rules.Kind{rules.SetFrozen, rules.SetOpen, rules.Protect, rules.Ban, rules.Mute, rules.Shadow, rules.Announce, rules.Rollback, rules.Resolve}
	for _, kind := range rules.Kinds() {
		if kind == rules.Undo {
			continue
		}
		want := canvas.RoleOwner
		if slices.Contains(mods, kind) {
			want = canvas.RoleModerator
		}
		if got := c.Least(&rules.Act{Do: kind, Target: &rules.Target{User: 1}}); got != want {
			t.Errorf("%s takes %s, want %s", kind, got, want)
		}
		if kind != rules.SetRole && slices.Contains(mods, kind) && c.Least(&rules.Act{Do: kind, Target: &rules.Target{CIDR: "10.0.0.0/8"}}) != want &&
			!slices.Contains([]rules.Kind{rules.Ban, rules.Mute, rules.Shadow}, kind) {
			t.Errorf("%s takes more with a range", kind)
		}
	}
	ban := c.decide(rules.Act{Do: rules.Ban, By: grace, Target: &rules.Target{User: 9}})
	wide := c.decide(rules.Act{Do: rules.Ban, Target: &rules.Target{CIDR: "2001:db8::/32"}})
	above := c.decide(rules.Act{Do: rules.SetFrozen})
	own := c.decide(rules.Act{Do: rules.Mute, Target: &rules.Target{User: grace.User}})
	c.decide(rules.Act{Do: rules.SetRole, Role: canvas.RoleOwner, Target: &rules.Target{User: 5}})
	for says, act := range map[string]rules.Act{
		"takes the role moderator, and yours is member": {Do: rules.Undo, Of: ban, By: nobody},
		"takes the role owner, and yours is moderator":  {Do: rules.SetPalette, By: grace},
		"it takes the role owner":                       {Do: rules.Undo, Of: wide, By: grace},
		"was decided by somebody with the role owner":   {Do: rules.Undo, Of: above, By: grace},
		"it takes the role moderator":                   {Do: rules.SetFrozen, By: nobody},
		"000000000005 has the role owner":               {Do: rules.Ban, Target: &rules.Target{User: 5}, By: grace},
		"below your own role":                           {Do: rules.Protect, Area: &rules.Area{Width: 1, Height: 1, Least: canvas.RoleOwner}, By: grace},
		"another must take it back":                     {Do: rules.Undo, Of: own, By: rules.By{User: grace.User, Role: canvas.RoleOwner, Via: "page"}},
	} {
		c.refused(act, rules.ErrRights, says)
	}
	c.refused(rules.Act{Do: rules.Ban, Target: &rules.Target{User: grace.User}, By: grace}, rules.ErrInvalid, "that is you")
	undo := c.undo(ban)
	c.refused(rules.Act{Do: rules.Undo, Of: undo, By: nobody}, rules.ErrRights, "it takes the role moderator")
}

func TestDraft_Bounds(t *testing.T) {
	c := newCourt(t)
	for n := range rules.MaxAreas {
		appendTo(t, c.Chain, rules.Act{Do: rules.Protect, Area: &rules.Area{X: n % 90, Y: n / 90, Width: 2, Height: 2, Least: canvas.RoleMember}})
	}
	c.refused(rules.Act{Do: rules.Protect, Area: &rules.Area{Width: 1, Height: 1, Least: canvas.RoleMember}}, rules.ErrInvalid, "1000 areas are protected, at most 1000")
	c.undo(5)
	c.decide(rules.Act{Do: rules.Protect, Area: &rules.Area{Width: 1, Height: 1, Least: canvas.RoleMember}})
}

// TestDraft_Cleans: the texts that people read have nothing in them that can't be seen or that turns the text around, as names have not.
func TestDraft_Cleans(t *testing.T) {
	const dirty, clean = "\u202eelpmaxe\u2066 \u200b\U000E0041x\u00ad\u2028", "elpmaxe x"
	given := &rules.Area{Name: dirty, Width: 1, Height: 1, Least: canvas.RoleMember}
	act, err := newCourt(t).draft(rules.Act{Do: rules.Protect, Why: dirty, Area: given, By: rules.By{User: 2, Role: canvas.RoleOwner, Name: dirty, Via: "page"}})
	if err != nil || act.Why != clean || act.Area.Name != clean || act.By.Name != clean || given.Name != dirty {
		t.Errorf("%+v of %+v, error %v", act, given, err)
	}
	for _, kind := range []rules.Kind{rules.Announce, rules.SetAppeal, rules.Operate} {
		if act, err := newCourt(t).draft(rules.Act{Do: kind, Text: dirty + " می\u200cخواهم 👩‍🎨"}); err != nil || act.Text != clean+" می\u200cخواهم 👩‍🎨" {
			t.Errorf("%s: %+v, error %v", kind, act, err)
		}
	}
	newCourt(t).refused(rules.Act{Do: rules.Announce, Text: "\u202e\u200b "}, rules.ErrInvalid, "text: is missing")
}

// TestStates_FarAway: what earlier versions have let through does not overflow.
func TestStates_FarAway(t *testing.T) {
	c := newCourt(t)
	appendTo(t, c.Chain, rules.Act{Do: rules.SetTimetable, Phases: []rules.Phase{{From: 1, State: rules.Frozen}, {From: 9e18, State: rules.Open}}})
	if v := c.verdict(ada, 1, 1, 0, 0); v.Why != canvas.RefusedFrozen || v.Retry <= 0 {
		t.Errorf("%+v", v)
	}
}
