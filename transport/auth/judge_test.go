package auth

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"pixelplayground/actors/canvas"
	"pixelplayground/transport/auth/botkey"
	"pixelplayground/transport/auth/openid"
	"pixelplayground/transport/auth/openidtest"
)

// court is a Judge that has decided about some people, by their public ids.
type court struct {
	roles    map[canvas.Author]canvas.Role
	bans     map[canvas.Author]*Ban
	networks map[canvas.NetworkID]*Ban // of those below moderators
	pace     *canvas.Pace              // that was decided for all; nil: none was
}

func (c court) Bans() bool { return len(c.bans)+len(c.networks) > 0 }

func (c court) Role(p canvas.Person) canvas.Role {
	who := p.User
	if p.Kind == canvas.Bot {
		who = p.Owner()
	}
	if role, ok := c.roles[who]; ok && who != 0 {
		p.Role = role
	}
	return p.Rank()
}

func (c court) Pace(p canvas.Person) canvas.Pace {
	if c.pace != nil {
		return *c.pace
	}
	return p.Pace
}

func (c court) Banned(p canvas.Person) *Ban {
	if ban := c.bans[p.User]; ban != nil {
		return ban
	}
	if ban := c.networks[p.From]; ban != nil && p.Role < canvas.RoleModerator {
		return ban
	}
	return c.bans[p.Owner()]
}

// asksMe is what somebody is told who asks who they are.
func asksMe(t *testing.T, p *People, s Shown) (said me, body string) {
	t.Helper()
	r := httptest.NewRequest("GET", "/api/me", nil)
	r.RemoteAddr = s.From.String() + ":1"
	for _, cookie := range s.Cookies {
		r.Header.Add("Cookie", cookie)
	}
	for _, one := range s.Authorization {
		r.Header.Add("Authorization", one)
	}
	w := httptest.NewRecorder()
	p.getMe(w, r)
	if err := json.Unmarshal(w.Body.Bytes(), &said); err != nil || w.Code != http.StatusOK {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	return said, w.Body.String()
}

// TestJudge_Banned: who is banned is refused by every way in, with why and where to turn to, and is told of it.
func TestJudge_Banned(t *testing.T) {
	p, _, _ := keyed(t)
	cookie := guest(t, p)
	eve := identified(t, p, shown(cookie))
	account := canvas.Subject{1, 2, 3}
	text, _ := made(t, p, botkey.Key{Name: "Clock", Scopes: []botkey.Scope{botkey.ScopeDraw}, Owner: subjectText(account), Role: "member"})
	ban := &Ban{Act: 7, Why: "<script>", Until: 1777896000000, Appeal: "appeal@example.org"}
	c := court{bans: map[canvas.Author]*Ban{}}
	p.UseJudge(c)
	if refused := p.MayWatch(shown(cookie)); refused != nil {
		t.Errorf("before: %v", refused)
	}
	c.bans[eve.User], c.bans[account.User(canvas.Account)] = ban, ban
	const want = "You have been banned from this canvas until 2026-05-04 12:00 UTC: <script>. Appeal: appeal@example.org"
	for name, s := range map[string]Shown{"a guest": shown(cookie), "a key of the account": bearing(text)} {
		_, refused := p.Identify(s)
		if refused == nil || refused.Status != http.StatusForbidden || refused.Text != want || refused.Ban != ban {
			t.Errorf("%s: %+v", name, refused)
		}
		if watch := p.MayWatch(s); watch == nil || watch.Ban != ban {
			t.Errorf("%s looks: %+v", name, watch)
		}
		said, body := asksMe(t, p, s)
		if said.Ban == nil || *said.Ban != *ban || said.Draw || said.Watch || said.Moderates || said.Left != nil {
			t.Errorf("%s is told %s", name, body)
		}
		if strings.Contains(body, "192.0.2") || strings.Contains(body, eve.From.Text()) {
			t.Errorf("%s is told where they are: %s", name, body)
		}
	}
	w := httptest.NewRecorder()
	_, refused := p.Identify(shown(cookie))
	refused.Answer(w)
	if body := w.Body.String(); w.Code != 403 || strings.Contains(body, "<script>") || !strings.Contains(body, `"banned":{"act":7,`) {
		t.Errorf("%d %s", w.Code, body)
	}
	if person := identified(t, p, shown(guest(t, p))); person.User == eve.User {
		t.Error("another guest is the same")
	}
}

// TestJudge_BannedNetwork: moderators are let in whatever they show themselves by, and at the handshake nobody is refused who
// may still show a token. Everybody else there is refused, signed in or not.
func TestJudge_BannedNetwork(t *testing.T) {
	const secret = "a secret of a site's backend in tests"
	w := newTown(t, "")
	w.cfg.Tokens = openid.TokenConfig{Secret: secret, Issuer: "site", Audience: "canvas", Roles: openid.Roles{Claim: "groups", Moderators: []string{"moderators"}}}
	p := w.gateway().People
	token := func(group string) string {
		now := w.clock.Now()
		return openidtest.Signed(t, jose.HS256, []byte(secret), "", map[string]any{"iss": "site", "aud": "canvas", "sub": group, "groups": group, "iat": now.Unix(), "exp": now.Add(time.Hour).Unix()})
	}
	cookie := guest(t, p)
	from := identified(t, p, shown(cookie)).From
	p.UseJudge(court{networks: map[canvas.NetworkID]*Ban{from: {Act: 7}}})

	for name, s := range map[string]Shown{"a guest": shown(cookie), "a program": shown(), "a member": bearing(token("artists"))} {
		if _, refused := p.Identify(s); refused == nil || refused.Ban == nil {
			t.Errorf("%s over HTTP: %+v", name, refused)
		}
		s.Hello = true
		if person, refused := p.Identify(s); refused != nil || !person.Barred || !person.ReadOnly {
			t.Errorf("%s, who may still show a token: %+v, %v", name, person, refused)
		}
	}
	before := shown(cookie)
	if person, refused := p.Token(token("moderators"), canvas.Person{}, before.From); refused != nil || person.Barred || person.Role != canvas.RoleModerator {
		t.Errorf("a moderator's token in HELLO: %+v, %v", person, refused)
	}
	if _, refused := p.Token(token("artists"), canvas.Person{}, before.From); refused == nil || refused.Ban == nil {
		t.Errorf("a member's token in HELLO: %v", refused)
	}
	for _, hello := range []bool{false, true} {
		s := bearing(token("moderators"))
		s.Hello = hello
		if person, refused := p.Identify(s); refused != nil || person.Barred {
			t.Errorf("a moderator's token in a header, HELLO follows %t: %+v, %v", hello, person, refused)
		}
	}
	w.cfg.Tokens = openid.TokenConfig{}
	plain := w.gateway().People
	plain.UseJudge(court{networks: map[canvas.NetworkID]*Ban{from: {Act: 7}}})
	s := shown(cookie)
	s.Hello = true
	if _, refused := plain.Identify(s); refused == nil || refused.Ban == nil {
		t.Errorf("where nobody can show a token: %v", refused)
	}
}

// TestJudge_Role: a role that was decided counts in place of the sign-in's, for rights, pace and the keys of an account.
func TestJudge_Role(t *testing.T) {
	p, _, _ := keyed(t)
	member, moderator := canvas.Pace{Rate: 5, Burst: 50}, canvas.Pace{Rate: 9, Burst: 90}
	p.cfg.Paces = []canvas.Pace{pace, member, moderator, moderator}
	p.cfg.Rights.Draw = canvas.RoleMember
	cookie := guest(t, p)
	ada := identified(t, p, shown(cookie))
	if !ada.ReadOnly {
		t.Fatalf("%+v", ada)
	}
	account := canvas.Subject{1, 2, 3}
	text, _ := made(t, p, botkey.Key{Name: "Warden", Scopes: []botkey.Scope{botkey.ScopeModerate}, Owner: subjectText(account), Role: "moderator"})
	c := court{roles: map[canvas.Author]canvas.Role{ada.User: canvas.RoleModerator}}
	p.UseJudge(c)
	promoted := identified(t, p, shown(cookie))
	if promoted.ReadOnly || promoted.Pace != moderator {
		t.Errorf("%+v", promoted)
	}
	if promoted.Role != canvas.RoleGuest { // else it would stay while they are connected, when the act is taken back
		t.Errorf("what was decided is taken for what the cookie says: %+v", promoted)
	}
	if said, body := asksMe(t, p, shown(cookie)); !said.Moderates || said.Role != "moderator" {
		t.Errorf("%s", body)
	}
	c.pace = &canvas.Pace{Rate: 0.25, Burst: 3}
	p.UseJudge(c)
	if said, body := asksMe(t, p, shown(cookie)); said.Pace != (paceShown{0.25, 3}) {
		t.Errorf("the pace that was decided: %s", body)
	}
	if key := identified(t, p, bearing(text)); p.judge.Role(key) != canvas.RoleModerator {
		t.Errorf("the key, before: %+v", key)
	}
	c.roles[account.User(canvas.Account)] = canvas.RoleGuest
	if key := identified(t, p, bearing(text)); p.judge.Role(key) != canvas.RoleGuest || !key.ReadOnly {
		t.Errorf("the key of an account that was demoted: %+v", key)
	}
	if said, body := asksMe(t, p, bearing(text)); said.Moderates {
		t.Errorf("%s", body)
	}
}
