package auth

import (
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/transport/auth/botkey"
)

// rankOf is what a gateway remembers of somebody.
func rankOf(t *testing.T, p *People, user canvas.Author) canvas.Role {
	t.Helper()
	role, err := p.Rank(t.Context(), user)
	if err != nil {
		t.Fatal(err)
	}
	return role
}

// TestRank_OfSignIns: who signs in as a moderator or more is remembered as such, on every pod, until they sign in as less or have not
// been seen for long.
func TestRank_OfSignIns(t *testing.T) {
	f := newForger(t)
	w := newTown(t, f.URL)
	g, other := w.gateway(), w.gateway()
	b := f.groups(t, g, "moderators")
	user, err := canvas.ParseAuthor(whoIs(t, b, g).User)
	if err != nil {
		t.Fatal(err)
	}
	if role := rankOf(t, other.People, user); role != canvas.RoleModerator {
		t.Errorf("remembered as a %s", role)
	}
	if role := rankOf(t, other.People, user+1); role != canvas.RoleGuest {
		t.Errorf("somebody else as a %s", role)
	}
	w.clock.Pass(time.Second)
	f.groups(t, other, "nothing")
	if role := rankOf(t, g.People, user); role >= canvas.RoleModerator {
		t.Errorf("after signing in as nobody in particular as a %s", role)
	}
	w.clock.Pass(time.Second)
	f.groups(t, g, "moderators")
	if role := rankOf(t, other.People, user); role != canvas.RoleModerator {
		t.Errorf("again a moderator, remembered as a %s", role)
	}
	if kept, err := g.papers.Documents(t.Context(), kindRank); err != nil || len(kept) != 1 {
		t.Errorf("%d ranks are kept, %v", len(kept), err)
	}
	w.clock.Pass(rankLasts + time.Hour)
	if role := rankOf(t, other.People, user); role != canvas.RoleGuest {
		t.Errorf("after more than a year as a %s", role)
	}
}

// TestRank_NewestCounts: what a sign-in or token said that is older than another counts for nothing, and of who never had a rank
// nothing is kept.
func TestRank_NewestCounts(t *testing.T) {
	p, _, clock := keyed(t)
	note := func(role canvas.Role, at time.Time) canvas.Role {
		t.Helper()
		if err := p.noteRank(t.Context(), 0xADA, role, at); err != nil {
			t.Fatal(err)
		}
		return rankOf(t, p, 0xADA)
	}
	now := clock.Now()
	for i, step := range []struct {
		said, want canvas.Role
		at         time.Time
	}{
		{canvas.RoleMember, canvas.RoleGuest, now},
		{canvas.RoleOwner, canvas.RoleOwner, now},
		{canvas.RoleModerator, canvas.RoleOwner, now.Add(-time.Hour)},
		{canvas.RoleModerator, canvas.RoleModerator, now.Add(time.Hour)},
		{canvas.RoleGuest, canvas.RoleGuest, now.Add(2 * time.Hour)},
		{canvas.RoleOwner, canvas.RoleGuest, now.Add(time.Hour)},
		{canvas.RoleOwner, canvas.RoleOwner, now.Add(3 * time.Hour)},
	} {
		if step.said == canvas.RoleMember {
			if _, document, err := p.readRank(t.Context(), 0xADA); err != nil || document != nil {
				t.Errorf("a member has %s, %v", document, err)
			}
		}
		if got := note(step.said, step.at); got != step.want {
			t.Errorf("step %d: %s, want %s", i, got, step.want)
		}
	}
}

// TestRank_OfSessions: an account that has signed in before servers noted ranks is noted when it shows its session.
func TestRank_OfSessions(t *testing.T) {
	f := newForger(t)
	w := newTown(t, f.URL)
	g := w.gateway()
	b := f.groups(t, g, "moderators")
	user, err := canvas.ParseAuthor(whoIs(t, b, g).User)
	if err != nil {
		t.Fatal(err)
	}
	if err := g.papers.DeleteDocument(t.Context(), kindRank, user.Text()); err != nil {
		t.Fatal(err)
	}
	g.sessionRoles = newTokenRoles(w.clock.Now)
	whoIs(t, b, g)
	select {
	case news := <-g.sessionRoles.news: // as followRoles does
		g.noteRankOf(t.Context(), news)
	default:
		t.Fatal("nothing is noted")
	}
	if role := rankOf(t, g.People, user); role != canvas.RoleModerator {
		t.Errorf("remembered as a %s", role)
	}
}

// TestMaker_OfKeys: which account has made a key is known by the public id of its bot, also of keys that are revoked and of those of
// earlier versions; what operators made is nobody's.
func TestMaker_OfKeys(t *testing.T) {
	f := newForger(t)
	w := newTown(t, f.URL)
	g := w.gateway()
	b := f.groups(t, g, "artists")
	account, err := canvas.ParseAuthor(whoIs(t, b, g).User)
	if err != nil {
		t.Fatal(err)
	}
	key := makes(t, b, g, "watch")
	bot, err := canvas.ParseAuthor(key.User)
	if err != nil {
		t.Fatal(err)
	}
	maker := func(bot canvas.Author) canvas.Author {
		t.Helper()
		found, err := g.Maker(t.Context(), bot)
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	if got := maker(bot); got != account {
		t.Errorf("made by %s, want %s", got.Text(), account.Text())
	}
	if err := g.papers.DeleteDocument(t.Context(), kindMaker, bot.Text()); err != nil { // an earlier version has made it
		t.Fatal(err)
	}
	if got := maker(bot); got != account {
		t.Errorf("by its own document: made by %s, want %s", got.Text(), account.Text())
	}
	ask(t, b, "DELETE", g.URL+"/api/keys/"+key.ID, "")
	g.makers.known = nil
	if got := maker(bot); got != account {
		t.Errorf("of a key that was revoked: made by %s, want %s", got.Text(), account.Text())
	}
	_, operators := made(t, g.People, botkey.Key{Name: "Clock", Scopes: []botkey.Scope{botkey.ScopeDraw}})
	user, _ := g.botUser(operators.ID)
	if got := maker(user); got != 0 || maker(7) != 0 {
		t.Errorf("an operator's: made by %s", got.Text())
	}
}

// TestRank_OfSessionsOfOtherLengths: a session from before a later sign-in changes nothing, however long sessions last by now.
func TestRank_OfSessionsOfOtherLengths(t *testing.T) {
	f := newForger(t)
	w := newTown(t, f.URL)
	g := w.gateway()
	b := f.groups(t, g, "moderators")
	user, err := canvas.ParseAuthor(whoIs(t, b, g).User)
	if err != nil {
		t.Fatal(err)
	}
	w.clock.Pass(time.Second)
	f.groups(t, g, "nothing")
	g.cfg.SignIn.Lasts = time.Minute
	shows := func(want canvas.Role, show func()) {
		t.Helper()
		g.sessionRoles = newTokenRoles(w.clock.Now)
		show()
		g.noteRankOf(t.Context(), <-g.sessionRoles.news) // as followRoles does
		if role := rankOf(t, g.People, user); role != want {
			t.Errorf("remembered as a %s, want %s", role, want)
		}
	}
	shows(canvas.RoleMember, func() { whoIs(t, b, g) })

	account := session{ID: random(), Issuer: f.URL, Subject: "s1", Role: uint8(canvas.RoleOwner)} // of an earlier version
	value, err := g.seals().session(sessionCookie).close(account, w.clock.Now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	old := func() {
		if got := identified(t, g.People, shown(sessionCookie+"="+value)); got.User != user {
			t.Errorf("%+v", got)
		}
	}
	shows(canvas.RoleMember, old)
	if err := g.papers.DeleteDocument(t.Context(), kindRank, user.Text()); err != nil {
		t.Fatal(err)
	}
	shows(canvas.RoleOwner, old)
	if known, _, err := g.readRank(t.Context(), user); err != nil || known.At > w.clock.Now().UnixMilli() {
		t.Errorf("%+v, %v", known, err)
	}
}
