package moderation

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/rules"
	"pixelplayground/actors/store"
)

// roleOf is what somebody who asks may do; refused: what they are refused with where it takes more.
func roleOf(who string) (role canvas.Role, refused int) {
	switch who {
	case "operator", "operator's token", "owner":
		return canvas.RoleOwner, 0
	case "moderator", "other", "key moderate":
		return canvas.RoleModerator, http.StatusForbidden
	case "member", "key watch", "key draw":
		return canvas.RoleMember, http.StatusForbidden
	}
	return canvas.RoleGuest, http.StatusUnauthorized
}

// TestRights_EveryRoute: whoever adds a route says here who may use it.
func TestRights_EveryRoute(t *testing.T) {
	const anybody, moderators = canvas.RoleGuest, canvas.RoleModerator
	table := map[string]struct {
		least canvas.Role
		body  string
	}{
		"GET rules":                 {anybody, ""},
		"GET rules/mask/{name}":     {anybody, ""},
		"POST reports":              {anybody, `{"x":1,"y":2,"words":"look"}`},
		"POST acts":                 {moderators, `{"do":"announce","text":"hello"}`},
		"GET acts":                  {moderators, ""},
		"POST masks":                {moderators, "no picture"},
		"GET reports":               {moderators, ""},
		"POST reports/{id}/claim":   {moderators, "{}"},
		"POST reports/resolve":      {moderators, `{"ids":["a"],"text":"done"}`},
		"POST reports/{id}/resolve": {moderators, `{"text":"done"}`},
		"GET people/{user}":         {moderators, ""},
		"POST rollbacks/preview":    {moderators, `{"selection":{"users":["0000000000aa"]}}`},
	}
	fill := strings.NewReplacer("{name}", "00000000000000000000000000000000.png", "{id}", "nobodys", "{user}", "0000000000aa")
	seen := 0
	for _, one := range newOffice(t).routes() {
		entry, ok := table[one.method+" "+one.path]
		if !ok {
			t.Errorf("%s %s: nobody has said here who may use it", one.method, one.path)
			continue
		}
		seen++
		for _, who := range askers() {
			w := newOffice(t).ask(who, one.method, fill.Replace(one.path), entry.body)
			role, refused := roleOf(who)
			open := entry.least == anybody && one.method == "GET" // nobody is asked who they are
			switch {
			case open:
				refused = 0
			case who == "banned":
				refused = http.StatusForbidden
			case who == "unsure":
				refused = http.StatusServiceUnavailable
			case who == "wrong token":
				refused = http.StatusUnauthorized
			case role >= entry.least:
				refused = 0
			}
			passed := w.Code != http.StatusUnauthorized && w.Code != http.StatusForbidden && w.Code != http.StatusServiceUnavailable && w.Code != http.StatusMethodNotAllowed
			if (refused == 0) != passed || refused != 0 && w.Code != refused {
				t.Errorf("%s %s as %s: %d %s, want %d", one.method, one.path, who, w.Code, w.Body, refused)
			}
			if refused != 0 && who != "banned" && who != "unsure" && who != "wrong token" && !strings.Contains(w.Body.String(), "Only a moderator or an owner") {
				t.Errorf("%s %s as %s: %s does not say what it takes", one.method, one.path, who, w.Body)
			}
		}
	}
	if seen != len(table) {
		t.Errorf("%d of the %d routes in the table exist", seen, len(table))
	}
}

// trial is an act that makes sense, after others that an owner decides.
type trial struct {
	least  canvas.Role
	before []string
	body   string
}

// serverOnly is who may decide what nobody may.
const serverOnly = canvas.RoleOwner + 1

func trials() map[rules.Kind][]trial {
	const moderators, owners = canvas.RoleModerator, canvas.RoleOwner
	area := `"area":{"name":"flag","x":1,"y":2,"width":3,"height":4,"least":%q}`
	of := func(least canvas.Role, before, body string) trial { return trial{least, []string{before}, body} }
	return map[rules.Kind][]trial{
		rules.SetPalette:   {{owners, nil, `{"do":"palette","colors":["#FF0000","#00FF00"]}`}},
		rules.SetFrozen:    {{moderators, nil, `{"do":"freeze"}`}},
		rules.SetOpen:      {of(owners, `{"do":"freeze"}`, `{"do":"open"}`)}, // since an owner froze it
		rules.SetTimetable: {{owners, nil, `{"do":"timetable","phases":[{"from":1999999999000,"state":"open","pace":{"rate":1,"burst":5}},{"from":2000000000000,"state":"white-out"}]}`}},
		rules.Protect: {
			{moderators, nil, fmt.Sprintf(`{"do":"protect",`+area+`}`, "member")},
			{moderators, nil, fmt.Sprintf(`{"do":"protect",`+area+`}`, "moderator")},
			{owners, nil, fmt.Sprintf(`{"do":"protect",`+area+`}`, "owner")},
		},
		rules.SetPace: {{owners, nil, `{"do":"pace","role":"guest","pace":{"rate":0.2,"burst":6}}`}},
		rules.Ban: {
			{moderators, nil, `{"do":"ban","target":{"user":"0000000000aa"},"why":"spam"}`},
			{moderators, nil, `{"do":"ban","target":{"network":"0000000000ab"},"until":1999999999000}`},
			{owners, nil, `{"do":"ban","target":{"cidr":"192.0.2.0/24"}}`},
		},
		rules.Mute: {
			{moderators, nil, `{"do":"mute","target":{"user":"0000000000aa"}}`},
			{owners, nil, `{"do":"mute","target":{"cidr":"2001:db8::/48"}}`},
		},
		rules.Shadow: {
			{moderators, nil, `{"do":"shadow","target":{"network":"0000000000aa"}}`},
			{owners, nil, `{"do":"shadow","target":{"cidr":"192.0.2.1/32"}}`},
		},
		rules.Announce:  {{moderators, nil, `{"do":"announce","text":"Tea at five"}`}},
		rules.SetAppeal: {{owners, nil, `{"do":"appeal","text":"appeal@example.org"}`}},
		rules.SetRole: {
			{owners, nil, `{"do":"role","target":{"user":"0000000000aa"},"role":"moderator"}`},
			{owners, nil, `{"do":"role","target":{"user":"0000000000aa"},"role":"guest"}`},
		},
		rules.Rollback: {{moderators, nil, `{"do":"rollback","selection":{"users":["0000000000aa"]}}`}},
		rules.Resolve:  {{serverOnly, nil, `{"do":"resolve","report":"x","text":"done"}`}},
		rules.Operate:  {{serverOnly, nil, `{"do":"operate","text":"drain"}`}},
		rules.Undo: {
			of(owners, `{"do":"ban","target":{"user":"0000000000aa"}}`, `{"do":"undo","of":1}`), // since an owner decided it
			of(owners, `{"do":"ban","target":{"cidr":"192.0.2.0/24"}}`, `{"do":"undo","of":1}`),
			of(owners, `{"do":"palette","colors":["#FF0000"]}`, `{"do":"undo","of":1}`),
		},
	}
}

// TestRights_EveryAct: whoever adds a kind of act says here who may decide it.
func TestRights_EveryAct(t *testing.T) {
	table := trials()
	for _, kind := range rules.Kinds() {
		if len(table[kind]) == 0 {
			t.Errorf("%s: nobody has said here who may decide it", kind)
		}
		for _, one := range table[kind] {
			for _, who := range askers() {
				o := newOffice(t)
				for _, before := range one.before {
					o.act("owner", before)
				}
				w := o.ask(who, "POST", "acts", one.body)
				role, _ := roleOf(who)
				may := role >= one.least && who != "unsure" && who != "banned"
				switch {
				case may && w.Code == http.StatusOK:
					if by := told[decided](t, w).Act.By; by.Role != role || (by.User == 0) != strings.HasPrefix(who, "operator") || by.Via == "" {
						t.Errorf("%s: %s is by %+v", who, one.body, by)
					}
				case may && one.least <= canvas.RoleOwner:
					t.Errorf("%s may not: %s: %d %s", who, one.body, w.Code, w.Body)
				case !may && one.least == serverOnly && role >= canvas.RoleModerator && w.Code == http.StatusBadRequest:
				case !may && (w.Code == http.StatusForbidden || w.Code == http.StatusUnauthorized || w.Code == http.StatusServiceUnavailable):
				default:
					t.Errorf("%s may: %s: %d %s", who, one.body, w.Code, w.Body)
				}
				if n := int(o.Rules().Version()); n != len(one.before) && !may {
					t.Errorf("%s: %s was decided", who, one.body)
				}
			}
		}
	}
	if len(table) != len(rules.Kinds()) {
		t.Errorf("the table has %d kinds, there are %d", len(table), len(rules.Kinds()))
	}
}

// TestRights_Opens: a moderator opens what moderators closed.
func TestRights_Opens(t *testing.T) {
	o := newOffice(t)
	o.act("moderator", `{"do":"freeze"}`)
	o.act("key moderate", `{"do":"open"}`)
	o.act("owner", `{"do":"freeze"}`)
	if w := o.ask("moderator", "POST", "acts", `{"do":"open"}`); w.Code != http.StatusForbidden || !strings.Contains(w.Body.String(), "opening would end it") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// TestRights_Undo: moderators take back what moderators decided, each other's too, and nothing else.
func TestRights_Undo(t *testing.T) {
	o := newOffice(t)
	o.act("moderator", `{"do":"ban","target":{"user":"0000000000aa"}}`)
	o.act("other", `{"do":"undo","of":1}`)
	o.act("owner", `{"do":"freeze"}`)
	w := o.ask("moderator", "POST", "acts", `{"do":"undo","of":3}`)
	if w.Code != http.StatusForbidden || !strings.Contains(w.Body.String(), "role owner") {
		t.Errorf("what an owner decided: %d %s", w.Code, w.Body)
	}
	if w := o.ask("moderator", "POST", "acts", `{"do":"undo","of":9}`); w.Code != http.StatusBadRequest && w.Code != http.StatusForbidden {
		t.Errorf("what nobody decided: %d %s", w.Code, w.Body)
	}
	if w := o.ask("moderator", "POST", "acts", `{"do":"undo","of":1}`); w.Code != http.StatusConflict {
		t.Errorf("what was taken back: %d %s", w.Code, w.Body)
	}
	// Nobody takes back what is about them, by a key or by way of another's undo neither.
	them := everybody()["other"].User.Text()
	o.act("moderator", fmt.Sprintf(`{"do":"mute","target":{"user":%q}}`, them))
	o.act("moderator", `{"do":"undo","of":4}`)
	o.act("moderator", `{"do":"undo","of":5}`)
	if w := o.ask("other", "POST", "acts", `{"do":"undo","of":6}`); w.Code != http.StatusForbidden || !strings.Contains(w.Body.String(), "about you") {
		t.Errorf("what mutes oneself again: %d %s", w.Code, w.Body)
	}
	o.act("other", fmt.Sprintf(`{"do":"mute","target":{"user":%q}}`, everybody()["moderator"].User.Text()))
	if w := o.ask("key moderate", "POST", "acts", `{"do":"undo","of":7}`); w.Code != http.StatusForbidden || !strings.Contains(w.Body.String(), "about you") {
		t.Errorf("what mutes whose key it is: %d %s", w.Code, w.Body)
	}
	// Who is demoted by an act may no more, whatever their sign-in says.
	grace := everybody()["moderator"].User.Text()
	o.act("owner", fmt.Sprintf(`{"do":"role","target":{"user":%q},"role":"guest"}`, grace))
	if w := o.ask("moderator", "GET", "acts", ""); w.Code != http.StatusForbidden {
		t.Errorf("demoted: %d %s", w.Code, w.Body)
	}
	ada := everybody()["member"].User.Text()
	o.act("operator", fmt.Sprintf(`{"do":"role","target":{"user":%q},"role":"moderator"}`, ada))
	if w := o.ask("member", "GET", "acts", ""); w.Code != http.StatusOK {
		t.Errorf("promoted: %d %s", w.Code, w.Body)
	}
}

// TestRights_Outranked: nobody bans who has a higher role, whether by an act or by their sign-in.
func TestRights_Outranked(t *testing.T) {
	o := newOffice(t)
	edsger, alan := everybody()["owner"], everybody()["other"]
	ban := func(who string, user canvas.Author) int {
		return o.ask(who, "POST", "acts", fmt.Sprintf(`{"do":"ban","target":{"user":%q}}`, user.Text())).Code
	}
	o.connected = connectedAs(edsger, alan)
	if code := ban("moderator", edsger.User); code != http.StatusForbidden {
		t.Errorf("a moderator bans an owner: %d", code)
	}
	if code := ban("key moderate", edsger.User); code != http.StatusForbidden {
		t.Errorf("a key bans an owner: %d", code)
	}
	if code := ban("moderator", alan.User); code != http.StatusOK {
		t.Errorf("a moderator bans another: %d", code)
	}
	if code := ban("operator", edsger.User); code != http.StatusOK {
		t.Errorf("an operator bans an owner: %d", code)
	}
	// Who is away is known by what they last signed in as, and by what was decided since.
	ranks := map[canvas.Author]canvas.Role{0xA0: canvas.RoleOwner, 0xA1: canvas.RoleModerator}
	o.Rank = func(_ context.Context, user canvas.Author) (canvas.Role, error) { return ranks[user], nil }
	if code := ban("moderator", 0xA0); code != http.StatusForbidden {
		t.Errorf("a moderator bans an owner who is away: %d", code)
	}
	if w := o.ask("moderator", "POST", "acts", `{"do":"mute","target":{"user":"0000000000a0"}}`); w.Code != http.StatusForbidden || !strings.Contains(w.Body.String(), "0000000000a0 has the role owner") {
		t.Errorf("a moderator mutes an owner who is away: %d %s", w.Code, w.Body)
	}
	if p := told[person](t, o.ask("moderator", "GET", "people/0000000000a0", "")); p.Role != "owner" || p.Connections != 0 {
		t.Errorf("%+v", p)
	}
	if code := ban("moderator", 0xA1); code != http.StatusOK {
		t.Errorf("a moderator bans another who is away: %d", code)
	}
	o.act("operator", `{"do":"role","target":{"user":"0000000000a0"},"role":"guest"}`)
	if code := ban("moderator", 0xA0); code != http.StatusOK {
		t.Errorf("a moderator bans somebody who was an owner: %d", code)
	}
	o.Rank = func(context.Context, canvas.Author) (canvas.Role, error) { return 0, store.ErrUnavailable }
	if code := ban("moderator", 0xA2); code != http.StatusServiceUnavailable {
		t.Errorf("a moderator bans somebody, and who that is can't be found out: %d", code)
	}
	o.Rank = nil
	if !slices.Contains([]int{400, 403}, ban("moderator", everybody()["moderator"].User)) {
		t.Error("a moderator bans themselves")
	}
}
