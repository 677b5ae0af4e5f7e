package rules_test

import (
	"testing"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/rules"
)

// TestWho_KeysAreKeptOutWithTheirAccount: who bans, mutes or shadows an account does so with what its keys do.
func TestWho_KeysAreKeptOutWithTheirAccount(t *testing.T) {
	account := canvas.Person{Kind: canvas.Account, Subject: canvas.Subject{3, 1, 4}}
	account.User = account.Subject.User(canvas.Account)
	key := canvas.Person{Kind: canvas.Bot, Subject: canvas.Subject{9}, User: 0xB0_0000000009, Network: account.Subject}
	operators := canvas.Person{Kind: canvas.Bot, Subject: canvas.Subject{8}, User: 0xB0_0000000008}
	guest := canvas.Person{Kind: canvas.Guest, Subject: canvas.Subject{7}, User: 7, Network: account.Subject} // which is a network's
	if owner := rules.WhoIs(key).Owner; owner != account.User {
		t.Fatalf("the key is %x's, not %x's", owner, account.User)
	}
	for _, other := range []canvas.Person{account, operators, guest} {
		if owner := rules.WhoIs(other).Owner; owner != 0 {
			t.Errorf("%+v is %x's", other, owner)
		}
	}
}

// TestRole_OfSessions: a session's id is one that clients choose. Who makes one that fits gets neither the role nor the leave to draw
// in an area that were given to the id; but what was decided against it holds.
func TestRole_OfSessions(t *testing.T) {
	c := newCourt(t)
	c.decide(rules.Act{Do: rules.SetRole, Target: &rules.Target{User: ada.User}, Role: canvas.RoleOwner})
	c.decide(rules.Act{Do: rules.Protect, Area: &rules.Area{X: 10, Y: 10, Width: 1, Height: 1, Least: canvas.RoleOwner, Users: []canvas.Author{someone.User}}})
	c.decide(rules.Act{Do: rules.Ban, Target: &rules.Target{Network: ada.Network}})
	for _, who := range []rules.Who{ada, someone} {
		if v := c.verdict(who, 10, 10, 0, 0); v.Why != 0 {
			t.Errorf("%s: %+v", who.User.Text(), v)
		}
		who.Known = false
		if role := c.Rules().Role(who); role != canvas.RoleGuest {
			t.Errorf("the session %s has the role %s", who.User.Text(), role)
		}
		if v := c.verdict(who, 10, 10, 0, 0); v.Why == 0 {
			t.Errorf("the session %s draws", who.User.Text())
		}
	}
	forged := ada
	forged.Known = false
	if c.Rules().Banned(forged, noon) == nil {
		t.Error("the role of somebody else lifts a ban of the network")
	}
	c.decide(rules.Act{Do: rules.Ban, Target: &rules.Target{User: someone.User}})
	forged = someone
	if forged.Known = false; c.Rules().Banned(forged, noon) == nil {
		t.Error("a session is not banned by its id")
	}
}

// TestRole_OfKeys: no act gives a key more than its scopes do, and it follows the role of its account, up and down.
func TestRole_OfKeys(t *testing.T) {
	const bot, account = canvas.Author(0xB0_0000000009), canvas.Author(0xACC)
	key := rules.Who{User: bot, Known: true, Owner: account, Role: canvas.RoleMember, Most: canvas.RoleModerator}
	draws := key
	draws.Most = canvas.RoleMember
	c := newCourt(t)
	role := func(what string, moderates, only canvas.Role) {
		t.Helper()
		if got := c.Rules().Role(key); got != moderates {
			t.Errorf("%s: a key that may moderate is a %s, want %s", what, got, moderates)
		}
		if got := c.Rules().Role(draws); got != only {
			t.Errorf("%s: a key that may draw is a %s, want %s", what, got, only)
		}
	}
	role("at first", canvas.RoleMember, canvas.RoleMember)
	raised := c.decide(rules.Act{Do: rules.SetRole, Target: &rules.Target{User: account}, Role: canvas.RoleOwner})
	role("the account is an owner", canvas.RoleModerator, canvas.RoleMember)
	c.undo(raised)
	role("no more", canvas.RoleMember, canvas.RoleMember)
	c.decide(rules.Act{Do: rules.SetRole, Target: &rules.Target{User: account}, Role: canvas.RoleGuest})
	role("the account is a guest", canvas.RoleGuest, canvas.RoleGuest)
	c.decide(rules.Act{Do: rules.SetRole, Target: &rules.Target{User: account}, Role: canvas.RoleModerator})
	c.refused(rules.Act{Do: rules.SetRole, Target: &rules.Target{User: bot}, Role: canvas.RoleModerator}, rules.ErrInvalid, "what its scopes and its account give")
	appendTo(t, c.Chain, rules.Act{Do: rules.SetRole, Target: &rules.Target{User: bot}, Role: canvas.RoleOwner}) // by an earlier version
	role("it was itself made an owner", canvas.RoleModerator, canvas.RoleMember)
	c.decide(rules.Act{Do: rules.SetRole, Target: &rules.Target{User: bot}, Role: canvas.RoleGuest})
	role("it was itself made a guest", canvas.RoleGuest, canvas.RoleGuest)
}
