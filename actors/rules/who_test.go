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
