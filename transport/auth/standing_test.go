package auth

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/store"
	"pixelplayground/transport/auth/botkey"
	"pixelplayground/transport/auth/openid"
	"pixelplayground/transport/auth/openidtest"
)

// groups is a sign-in of the forger's one account, in groups.
func (f *forger) groups(t *testing.T, g *gateway, groups string) *http.Client {
	t.Helper()
	b, done := f.try(t, g, func(claims map[string]any) string {
		claims["groups"] = groups
		return openidtest.Signed(t, jose.RS256, f.key, "f", claims)
	})
	if done.StatusCode != http.StatusSeeOther {
		t.Fatalf("sign-in: %s: %s", done.Status, done.body)
	}
	return b
}

// makes makes a key on the page.
func makes(t *testing.T, b *http.Client, g *gateway, scope string) KeyShown {
	t.Helper()
	var key KeyShown
	answer := ask(t, b, "POST", g.URL+"/api/keys", `{"name":"Mod","scopes":["`+scope+`"]}`, "Content-Type", "application/json")
	if err := json.Unmarshal([]byte(answer.body), &key); err != nil || answer.StatusCode != http.StatusCreated {
		t.Fatalf("make a key: %s: %s", answer.Status, answer.body)
	}
	return key
}

// TestKey_FollowsItsOwner: a key may what the last sign-in of its account says, on the pod of that sign-in, on one that is
// told, and on one that is not; its connections end with the role before.
func TestKey_FollowsItsOwner(t *testing.T) {
	f := newForger(t)
	w := newTown(t, f.URL)
	w.cfg.SignIn.Roles.Members = []string{"artists", "moderators"}
	w.cfg.Rights.Draw = canvas.RoleMember
	w.cfg.Paces = []canvas.Pace{{Rate: 1, Burst: 1}, {Rate: 2, Burst: 2}, {Rate: 3, Burst: 3}}
	g, told, deaf := w.gateway(), w.gateway(), w.gateway()
	g.ends.Others = func(_ context.Context, text string) {
		if err := told.End(text); err != nil {
			t.Error(err)
		}
	}
	pods := map[string]*gateway{"here": g, "told": told, "deaf": deaf}
	b := f.groups(t, g, "moderators")
	key := makes(t, b, g, "moderate")
	is := func(where string, role canvas.Role, draws bool) (login string) {
		t.Helper()
		got := identified(t, pods[where].People, bearing(key.Secret))
		if got.Role != role || got.ReadOnly == draws || got.Pace != w.cfg.Paces[role] || got.NetworkPace != w.cfg.Paces[role] || !pods[where].Stands(got.Login) {
			t.Errorf("%s: %+v, want %s, draws %v", where, got, role, draws)
		}
		return got.Login
	}
	var before string
	for where := range pods {
		before = is(where, canvas.RoleModerator, true)
	}
	// The same role again changes nothing.
	f.groups(t, g, "moderators")
	if login := is("here", canvas.RoleModerator, true); login != before || len(g.ended) != 0 {
		t.Errorf("known as %s and before as %s; ended %v", login, before, g.ended)
	}

	w.clock.Pass(time.Second)
	f.groups(t, g, "artists")
	is("here", canvas.RoleMember, true)
	is("told", canvas.RoleMember, true)
	if err := deaf.Learn(t.Context()); err != nil { // as Run does
		t.Fatal(err)
	}
	is("deaf", canvas.RoleMember, true)
	for where, pod := range pods {
		if len(pod.ended) != 1 || pod.ended[0] != before || pod.Stands(before) {
			t.Errorf("%s: ended %v, want %s", where, pod.ended, before)
		}
	}

	// The session from before is still a moderator's, its new keys are not.
	if whoIs(t, b, g).Role != "moderator" {
		t.Error("the session from before has changed")
	}
	old := key
	key = makes(t, b, g, "moderate")
	is("here", canvas.RoleMember, true)
	key = old

	w.clock.Pass(time.Second)
	f.groups(t, g, "nothing")
	is("here", canvas.RoleGuest, false)
	w.clock.Pass(time.Second)
	f.groups(t, told, "moderators") // on another pod, which tells nobody
	if err := g.Learn(t.Context()); err != nil {
		t.Fatal(err)
	}
	is("here", canvas.RoleModerator, true)

	// A pod that starts anew knows it from the store; revoking ends it whatever its version.
	pods["new"] = w.gateway()
	login := is("new", canvas.RoleModerator, true)
	if _, err := pods["new"].bots.revoke(t.Context(), key.ID, ""); err != nil {
		t.Fatal(err)
	}
	if pods["new"].Stands(login) {
		t.Errorf("%s stands after its key was revoked", login)
	}
	if _, refused := pods["new"].Identify(bearing(key.Secret)); refused == nil || refused.Status != http.StatusUnauthorized {
		t.Errorf("revoked: %v", refused)
	}
}

// TestKey_OfAnEarlierVersion: as long as nobody has signed in as its owner, it may what it might when it was made.
func TestKey_OfAnEarlierVersion(t *testing.T) {
	f := newForger(t)
	w := newTown(t, f.URL)
	g := w.gateway()
	key := makes(t, f.groups(t, g, "moderators"), g, "moderate")
	if err := w.papers.DeleteDocument(t.Context(), kindAccount, key.Owner); err != nil {
		t.Fatal(err)
	}
	g = w.gateway()
	if got := identified(t, g.People, bearing(key.Secret)); got.Role != canvas.RoleModerator || got.Login != "key/"+key.ID {
		t.Errorf("before: %+v", got)
	}
	f.groups(t, g, "artists")
	if len(g.ended) != 1 || g.ended[0] != "key/"+key.ID {
		t.Errorf("ended %v", g.ended)
	}
	w.clock.Pass(botkey.Fresh)
	if got := identified(t, g.People, bearing(key.Secret)); got.Role != canvas.RoleMember {
		t.Errorf("after: %+v", got)
	}
}

// TestKey_OwnersTokens: the role that the latest token says counts; one from before does not.
func TestKey_OwnersTokens(t *testing.T) {
	const secret = "a secret of a site's backend in tests"
	w := newTown(t, "")
	w.cfg.Tokens = openid.TokenConfig{Secret: secret, Issuer: "site", Audience: "canvas", Roles: openid.Roles{Claim: "groups", Moderators: []string{"moderators"}}}
	g := w.gateway()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); g.followRoles(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	token := func(groups string, age time.Duration) Shown {
		now := w.clock.Now()
		return bearing(openidtest.Signed(t, jose.HS256, []byte(secret), "", map[string]any{
			"iss": "site", "aud": "canvas", "sub": "ada", "groups": groups, "iat": now.Add(-age).Unix(), "exp": now.Add(time.Hour).Unix(),
		}))
	}
	owner := identified(t, g.People, token("moderators", 0))
	text, _ := made(t, g.People, botkey.Key{Name: "Mod", Scopes: []botkey.Scope{botkey.ScopeModerate}, Owner: subjectText(owner.Subject), Role: owner.Role.String()})
	becomes := func(role canvas.Role) {
		t.Helper()
		for until := time.Now().Add(10 * time.Second); ; {
			person, refused := g.Identify(bearing(text))
			if refused == nil && person.Role == role {
				return
			}
			if time.Now().After(until) {
				t.Fatalf("the key is %+v, %v; want %s", person, refused, role)
			}
			time.Sleep(time.Millisecond)
		}
	}
	becomes(canvas.RoleModerator)
	w.clock.Pass(2 * rolesAgain)
	identified(t, g.People, token("artists", 0))
	becomes(canvas.RoleMember)
	identified(t, g.People, token("moderators", rolesAgain)) // valid, but from before
	w.clock.Pass(rolesAgain)
	identified(t, g.People, token("artists", 0)) // is handled after it
	for len(g.tokenRoles.news) > 0 {
		time.Sleep(time.Millisecond)
	}
	becomes(canvas.RoleMember)
	w.clock.Pass(rolesAgain)
	identified(t, g.People, token("moderators", 0))
	becomes(canvas.RoleModerator)
}

// TestTokenRoles_AreBounded: what is remembered, and what waits.
func TestTokenRoles_AreBounded(t *testing.T) {
	roles := newTokenRoles(time.Now)
	for i := range 3 * rememberedRoles {
		roles.saw(strings.Repeat("x", i%7)+string(rune('a'+i)), canvas.RoleMember, time.Now())
		if len(roles.news) == roleNews && i%2 == 0 {
			<-roles.news
		}
	}
	if n := len(roles.young) + len(roles.old); n > 2*rememberedRoles || len(roles.news) > roleNews {
		t.Errorf("%d are remembered, %d wait", n, len(roles.news))
	}
}

// swaps is a store that refuses to swap documents of accounts, or notes until when it keeps them.
type swaps struct {
	*counting
	refuses bool
	until   atomic.Pointer[time.Time]
}

func (s *swaps) SwapDocument(ctx context.Context, kind store.Kind, id string, old, value []byte, until time.Time) ([]byte, error) {
	if kind == kindAccount {
		if s.refuses {
			return nil, store.ErrUnavailable
		}
		s.until.Store(&until)
	}
	return s.counting.SwapDocument(ctx, kind, id, old, value, until)
}

// TestKey_OwnersRoleHalfChanged: if the server dies between ending what a key was known by and noting the new role, nobody is
// let in by the old one, and the next sign-in, with whatever role, mends it.
func TestKey_OwnersRoleHalfChanged(t *testing.T) {
	for _, again := range []canvas.Role{canvas.RoleMember, canvas.RoleModerator} {
		p, papers, clock := keyed(t)
		owner := subjectText(canvas.Subject{7})
		text, _ := made(t, p, botkey.Key{Name: "Mod", Scopes: []botkey.Scope{botkey.ScopeModerate}, Owner: owner, Role: "moderator"})
		identified(t, p, bearing(text))
		clock.Pass(time.Second)
		p.bots.docs = &swaps{counting: papers, refuses: true}
		if err := p.bots.stand(t.Context(), owner, canvas.RoleMember, clock.Now(), time.Hour); !errors.Is(err, store.ErrUnavailable) {
			t.Fatalf("the store takes it: %v", err)
		}
		if _, refused := p.Identify(bearing(text)); refused == nil || refused.Status != http.StatusServiceUnavailable {
			t.Errorf("meanwhile: %v", refused)
		}
		p.bots.docs = papers
		clock.Pass(time.Second)
		if err := p.bots.stand(t.Context(), owner, again, clock.Now(), time.Hour); err != nil {
			t.Fatal(err)
		}
		if got := identified(t, p, bearing(text)); got.Role != again {
			t.Errorf("then: %+v, want %s", got, again)
		}
	}
}

// TestStanding_AtOnce: of two sign-ins at once the later counts, and nothing is noted for good of who has no key.
func TestStanding_AtOnce(t *testing.T) {
	p, papers, clock := keyed(t)
	kept := &swaps{counting: papers}
	p.bots.docs = kept
	owner := subjectText(canvas.Subject{7})
	errs := make(chan error)
	roles := []canvas.Role{canvas.RoleModerator, canvas.RoleMember, canvas.RoleOwner, canvas.RoleGuest}
	for i, role := range roles {
		go func() {
			errs <- p.bots.stand(t.Context(), owner, role, clock.Now().Add(time.Duration(i)*time.Second), time.Hour)
		}()
	}
	for range roles {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	if known, _, err := p.bots.standingOf(t.Context(), owner); err != nil || known.Role != roles[len(roles)-1].String() {
		t.Errorf("noted: %+v, %v", known, err)
	}
	if kept.until.Load().IsZero() {
		t.Error("noted for good without a key")
	}
	made(t, p, botkey.Key{Name: "Clock", Scopes: []botkey.Scope{botkey.ScopeDraw}, Owner: owner, Role: "member"})
	if !kept.until.Load().IsZero() {
		t.Error("with a key it would be forgotten")
	}
}

// Whether there is a record to ask depends on the server, and on who asks.
func TestMe_Record(t *testing.T) {
	w := newTown(t, "")
	for _, test := range []struct {
		record bool
		watch  canvas.Role
		want   bool
	}{{false, canvas.RoleGuest, false}, {true, canvas.RoleGuest, true}, {true, canvas.RoleMember, false}} {
		w.cfg.Record, w.cfg.Rights.Watch = test.record, test.watch
		g := w.gateway()
		if got := whoIs(t, browser(t), g).Record; got != test.want {
			t.Errorf("record %v, watching needs %v: %v", test.record, test.watch, got)
		}
	}
}

// TestKey_MadeInADecidedRole: a key that is made while an act gives its account a role has only the sign-in's when the act is taken back.
func TestKey_MadeInADecidedRole(t *testing.T) {
	f := newForger(t)
	w := newTown(t, f.URL)
	g := w.gateway()
	b := f.groups(t, g, "nothing")
	me := whoIs(t, b, g)
	user, err := canvas.ParseAuthor(me.User)
	if err != nil {
		t.Fatalf("%+v: %v", me, err)
	}
	noted, err := w.papers.Documents(t.Context(), kindAccount)
	if err != nil || len(noted) != 1 {
		t.Fatal(noted, err)
	}
	for id := range noted { // as of an account that shows tokens, or has signed in long ago
		if err := w.papers.DeleteDocument(t.Context(), kindAccount, id); err != nil {
			t.Fatal(err)
		}
	}
	g.UseJudge(court{roles: map[canvas.Author]canvas.Role{user: canvas.RoleModerator}})
	key := makes(t, b, g, "moderate")
	if got := identified(t, g.People, bearing(key.Secret)); g.judge.Role(got) != canvas.RoleModerator {
		t.Errorf("while the act counts: %+v", got)
	}
	g.UseJudge(noJudge{})
	if got := identified(t, g.People, bearing(key.Secret)); g.judge.Role(got) != canvas.RoleMember {
		t.Errorf("after the act: %+v", got)
	}
	w.clock.Pass(botkey.Fresh)
	if got := identified(t, g.People, bearing(key.Secret)); g.judge.Role(got) != canvas.RoleMember {
		t.Errorf("read anew: %+v", got)
	}
}
